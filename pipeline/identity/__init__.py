"""Which entity a name is: judgements by programs and persons, and the names that a person is to look through."""
