"""`python -m flows` is `chronokg`."""

from flows.commands.chronokg import main

if __name__ == "__main__":  # a worker of `serve` imports this module, and is not to begin anew
    main()
