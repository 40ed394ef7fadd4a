"""What can go wrong, one class for each thing a caller would do differently.

ChronoKGError
├── InvalidInput          the record is bad: set it aside, go on with the rest
│   ├── InvalidDate       text that is no date, or a date that ends before it starts
│   ├── UnreadableRecord  a file or a record in it that no reader understands
│   ├── UngroundedClaim   a claim whose ends, relation or quote do not stand up
│   └── UndatedDocument   no publication date: needs --dates or --published
├── ModelFailed           the language model gave no usable answer: set the document aside, replay later
│   └── ModelUnavailable  the server did not answer at all
├── StoreFailed           the graph or the log could not be read or written: stop, run again
│   ├── StoreBusy         another process holds it: wait, or stop that one
│   └── LogTooNew         the log was written by a newer version
├── QueryRefused          a query that would write, or reach outside the graph
└── WrongUse              a setting, an option or an ontology that cannot be right: stop, tell the user
    └── InvalidOntology   an ontology file that contradicts itself
"""

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
    """The model server did not answer."""


class StoreFailed(ChronoKGError):
    """The graph or the log could not be read or written."""


class StoreBusy(StoreFailed):
    """Another process holds the store; the message names it."""


class LogTooNew(StoreFailed):
    """The evidence log was written by a newer version of ChronoKG."""


class QueryRefused(ChronoKGError):
    """A query that would write, change the database or reach outside the graph."""


class WrongUse(ChronoKGError):
    """A setting, an option or a file that cannot be right."""


class InvalidOntology(WrongUse):
    """An ontology file that breaks a rule; the message names file, key and rule."""
