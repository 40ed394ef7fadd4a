"""Vocabulary files: terms with their names, read from open binary streams."""
