"""The formats of documents, observations and dates, each read in one place."""
