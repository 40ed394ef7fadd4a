"""The command line: what each command takes and how its answer looks."""
