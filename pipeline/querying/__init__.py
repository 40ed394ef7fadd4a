"""Questions as Cypher: a few shapes, filled in by choices among what there is, never by text."""
