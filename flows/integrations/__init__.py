"""Retrievers for other libraries, each of a few lines, needing the extra of its name: graphrag, langchain, llamaindex."""
