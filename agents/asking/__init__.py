"""A document as a model sees it: tagged entities, windows, pairs, prompts."""
