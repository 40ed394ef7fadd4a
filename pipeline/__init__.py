"""From documents to facts to answers: pure functions, no clock, network, file or environment."""
