"""Retrieval: which facts answer a question, filtered before they are ranked; paths, pages and changes; told within a budget."""
