"""A home: its settings, its ontology, its log and its graph, and how processes share it."""
