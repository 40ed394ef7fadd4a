"""Vocabularies in one SQLite file, and how names are found in them."""
