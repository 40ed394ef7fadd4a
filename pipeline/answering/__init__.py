"""Answers from the fold: the history of a fact or an entity, and the context for a question; dated and cited."""
