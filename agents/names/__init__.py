"""Finding names in plain text: by label probabilities, and by sampled votes."""
