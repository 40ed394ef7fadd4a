"""What a home's settings name, put together: readers and vocabularies."""
