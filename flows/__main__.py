"""`python -m flows` is `chronokg`."""

from flows.commands.chronokg import main

main()
