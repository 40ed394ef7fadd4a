"""Answers from the graph: dated, cited, as of any day and as known at any moment."""
