"""Finding the entity that a name, or a question in words, means: candidates with score and reason, close ones told and not guessed."""
