"""`python -m flows` is `chronokg`."""

from flows.cli import main

main()
