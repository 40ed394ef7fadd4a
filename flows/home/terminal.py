"""The one way of text to the terminal: what others wrote cannot act on it."""

import sys

from pipeline.shown_text import visible


def say(text: str) -> None:
    """An answer in words."""
    print(visible(text))


def show_note(text: str) -> None:
    """Say something to the person without mixing it into the answer."""
    print(visible(text), file=sys.stderr, flush=True)


def note(text: str) -> None:
    """Say what was found besides what was asked for."""
    show_note(f"note: {text}")


def is_terminal() -> bool:
    """Whether a person watches: only then are there progress bars."""
    return _watched and sys.stderr.isatty()


def nobody_watches() -> None:
    """From now on there are none: the process works for another one, which shows how far it is."""
    global _watched  # noqa: PLW0603
    _watched = False


_watched = True
