"""Times that a text states, and which of them belongs to a claim."""
