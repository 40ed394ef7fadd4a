"""Choosing among options by the probabilities of a model, so that none of its text goes anywhere."""
