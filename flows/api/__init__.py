"""The HTTP interface: a home's answers as resources, for programs; with keys, limits and one kind of error."""
