"""Reading relations between a document's entities: by label probabilities, and by sampled votes."""
