"""What can go wrong, one class for each thing a caller would do differently; and how it is said.

ChronoKGError
├── InvalidInput          the record is bad: set it aside, go on with the rest
│   ├── InvalidDate       text that is no date, or a date that ends before it starts
│   ├── UnreadableRecord  a file or a record in it that no reader understands
│   ├── UngroundedClaim   a claim whose ends, relation or quote do not stand up
│   └── UndatedDocument   no publication date: needs --dates or --published
├── ModelFailed           the language model gave no usable answer: set the document aside, replay later
│   └── ModelUnavailable  the server is away for now, or has too much to do: wait and ask again
│       └── ModelLost     it went away while it was asked this, which may have ended it: ask this alone
├── ModelRefused          the server will never do what is asked of it, whichever document it is: stop, tell the user
├── StoreFailed           the graph or the log could not be read or written: stop, run again
│   ├── StoreBusy         another process holds it: wait, or stop that one
│   ├── StoreUnavailable  the database is away for now: wait and try again
│   ├── LogDamaged        files of the log are missing or torn: restore them from a backup
│   └── LogTooNew         the log was written by a newer version
├── SourceFailed          what a source of documents delivers cannot be used: set the file aside, go on with the rest
│   └── SourceUnavailable it did not answer, or not yet: try again later
│       └── FileUnfinished one file of it is still on its way, or gone for now: go on with what does not wait for it
├── QueryRefused          a query that would write, or reach outside the graph
└── WrongUse              a setting, an option or an ontology that cannot be right: stop, tell the user
    ├── ForeignGraph      the graph belongs to another home
    └── InvalidOntology   an ontology file that contradicts itself
"""

import errno
import re
from collections.abc import Iterable
from difflib import get_close_matches

from schema.usage import Usage


class ChronoKGError(Exception):
    """The root: catching it catches everything ChronoKG raises on purpose."""


class InvalidInput(ChronoKGError):
    """A record that cannot be used; the rest of its batch goes on."""


class InvalidDate(InvalidInput):
    """Text that is no date, or a date that ends before it starts."""


class UnreadableRecord(InvalidInput):
    """A file, or a record in it, that no reader understands."""


class UngroundedClaim(InvalidInput):
    """A claim whose ends, relation, polarity or quote do not stand up."""


class UndatedDocument(InvalidInput):
    """A document without a publication date."""


class ModelFailed(ChronoKGError):
    """The language model gave no usable answer within its bounds; `reply` is the last one, where a caller keeps it.

    `usage` is what was paid all the same, None where nobody counted.
    """

    def __init__(self, message: str = "", reply: str = "", usage: Usage | None = None) -> None:
        super().__init__(message)
        self.reply = reply
        self.usage = usage


class ModelUnavailable(ModelFailed):
    """The model server does not answer for now: it is away, loads its model, or has more to do than it can."""


class ModelLost(ModelUnavailable):
    """The model server was there before it was asked, and was gone when it should have answered: by what it was asked, or by chance."""


class ModelRefused(ChronoKGError):
    """A model server that will never do what is asked: another model, no right to ask, no probabilities, nothing but nonsense."""


class StoreFailed(ChronoKGError):
    """The graph or the log could not be read or written."""


class StoreBusy(StoreFailed):
    """Another process holds the store; the message names it."""


class StoreUnavailable(StoreFailed):
    """The database does not answer for now; what was written stays, and the same can be tried again later."""


class LogDamaged(StoreFailed):
    """Files of the evidence log are missing or torn; the message names them."""


class LogTooNew(StoreFailed):
    """The evidence log was written by a newer version of ChronoKG."""


class SourceFailed(ChronoKGError):
    """What a source of documents says or delivers cannot be used; the message names source, file and reason, and no secret."""


class SourceUnavailable(SourceFailed):
    """A source did not answer within its bounds, or a file of it is not whole yet: worth trying again later."""


class FileUnfinished(SourceUnavailable):
    """A file that is listed is not whole yet, or gone for now: the source answers, and waiting for *it* would help nothing."""


class QueryRefused(ChronoKGError):
    """A query that would write, change the database or reach outside the graph."""


class WrongUse(ChronoKGError):
    """A setting, an option or a file that cannot be right."""


class ForeignGraph(WrongUse):
    """The graph belongs to another home, or to nobody that is known; the message names it."""


class InvalidOntology(WrongUse):
    """An ontology file that breaks a rule; the message names file, key and rule."""


FULL = "no space is left on the disk: free some and run the same command again, what was committed stays"
READ_ONLY = "the disk can only be read: mount it for writing, or copy the home to another"
FORBIDDEN = "permission denied: the user who runs this may not read or write it"

_BY_NUMBER = {
    errno.ENOSPC: FULL,
    errno.EDQUOT: FULL,
    errno.EROFS: READ_ONLY,
    errno.EACCES: FORBIDDEN,
    errno.EPERM: FORBIDDEN,
}
_BY_WORDS = {
    "no space left": FULL,
    "disk is full": FULL,
    "quota exceeded": FULL,
    "read-only file system": READ_ONLY,
    "readonly database": READ_ONLY,
    "permission denied": FORBIDDEN,
    "unable to open database file": "the file can be neither opened nor made: look whether its disk is full, or may only be read",
    "disk i/o error": "the disk is full or fails: look at it and run the same command again, what was committed stays",
}


def machine_refusal(cause: BaseException) -> str | None:
    """Why the machine refused and what helps, also where a library hands it on in words of its own; None where it was not the machine."""
    if isinstance(cause, OSError) and cause.errno in _BY_NUMBER:
        return _BY_NUMBER[cause.errno]
    said = str(cause).casefold()
    return next((words for known, words in _BY_WORDS.items() if known in said), None)


def plain_reason(cause: BaseException) -> str:
    """The same, or the first line of what was said."""
    return machine_refusal(cause) or (str(cause).strip().splitlines() or [type(cause).__name__])[0]


def os_error_in_words(cause: OSError, place: object = None) -> str:
    """One sentence on a file that could not be opened, read or written; `place` is where that was, if the error does not say it."""
    where = cause.filename if isinstance(cause.filename, str) else place
    said = machine_refusal(cause) or cause.strerror or str(cause) or type(cause).__name__
    return f"{where}: {said}" if where else said


MASK = "**********"
"""What stands in the place of a secret."""

_USERS = re.compile(r"(?<=://)\S+(?=@)")  # up to the last @: a password that somebody wrote as it is may hold one, and a slash


def users_masked(text: str) -> str:
    """A text with a mask in the place of user and password of each address in it."""
    return _USERS.sub(MASK, text)


ALIKE = 0.6
"""How much of two names must agree, 0 to 1, for the one to be offered for the other."""


def nearest(written: str, known: Iterable[str]) -> list[str]:
    """At most three known names that are spelled like it whatever the case, the nearest first."""
    folded = {name.casefold(): name for name in sorted(known, reverse=True)}
    return [folded[name] for name in get_close_matches(written.casefold(), folded, n=3, cutoff=ALIKE)]


def did_you_mean(written: str, known: Iterable[str]) -> str:
    """The end of a sentence that offers them; empty where none is near."""
    near = nearest(written, known)
    return f"; did you mean {' or '.join(near)}?" if near else ""
