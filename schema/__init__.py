"""The ground every other package stands on: words, dates, ontology, errors and ports."""
