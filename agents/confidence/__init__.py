"""Confidence: from a reader's raw score to the share of such claims that is right."""
