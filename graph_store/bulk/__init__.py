"""Whole graphs into Neo4j by its own bulk import."""
