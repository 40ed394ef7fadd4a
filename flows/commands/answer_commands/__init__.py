"""Commands that answer questions, and servers that answer for others."""
