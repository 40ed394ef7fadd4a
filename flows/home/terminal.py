"""The one way of text to the terminal: what others wrote cannot act on it."""

import sys

from flows.watching.logs import log_event, logs_are_for_machines, logs_are_on
from pipeline.shown_text import visible


def say(text: str) -> None:
    """An answer in words."""
    print(visible(text))


def show_note(text: str) -> None:
    """Say something to the person without mixing it into the answer; to a machine that reads the logs as an event among them."""
    if logs_are_for_machines():
        log_event("note", "warning", text=text)
    else:
        print(visible(text), file=sys.stderr, flush=True)


def note(text: str) -> None:
    """Say what was found besides what was asked for."""
    show_note(f"note: {text}")


def is_terminal() -> bool:
    """Whether a person watches, and no log is written there: only then are there progress bars."""
    return _watched and sys.stderr.isatty() and not logs_are_on()


def nobody_watches() -> None:
    """From now on there are none: the process works for another one, which shows how far it is."""
    global _watched  # noqa: PLW0603
    _watched = False


_watched = True
