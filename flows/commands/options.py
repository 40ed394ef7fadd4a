"""What commands share, declared once: their options, the home that they work in, and how an answer is shown."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, wraps
from inspect import Parameter, Signature, signature
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

if TYPE_CHECKING:
    from datetime import date, datetime

    from flows.home.homes import Home
    from pipeline.retrieving.fact_filter import FactFilter
    from schema.records import Tally

OntologyName = Annotated[str | None, typer.Option("--ontology", help="biomedical (default), general or a YAML file; kept in the home.")]
Json = Annotated[bool, typer.Option("--json", help="Answer in JSON, for machines.")]
Dates = Annotated[Path | None, typer.Option("--dates", help="A table (tab or comma separated, also packed) of document id and date.")]
Patience = Annotated[float, typer.Option("--patience", min=0, help="Seconds for which servers that are away are waited for.")]
Published = Annotated[str | None, typer.Option("--published", help="The publication date of documents that bring none.")]
By = Annotated[str, typer.Option("--by", help="Who says so.")]
End = Annotated[str, typer.Argument(help="Key or name.")]

_Home = Annotated[Path, typer.Option("--home", help="Where log, caches and the embedded graph live.", envvar="CHRONOKG_HOME")]
_Log = Annotated[str | None, typer.Option("--log", help="Where the evidence log lies, if not in the home: a folder or s3://BUCKET/PREFIX.")]
_Graph = Annotated[str | None, typer.Option("--graph", help="embedded (default), memory:, bolt://… or neo4j+s://…")]
_AsOf = Annotated[str | None, typer.Option("--as-of", help="Only what was published up to this day, such as 2005-03-01.")]
_KnownAt = Annotated[str | None, typer.Option("--known-at", help="Only what was recorded up to this moment (a date: its end, UTC).")]
_Model = Annotated[
    str | None, typer.Option("--model", help="embedded, a URL of an OpenAI-compatible server (several: commas between), or scripted:FILE.")
]
_Reading = Annotated[str | None, typer.Option("--reading", help="labels (default), votes, or linear: the adapter's linear part alone.")]

_Several = list[str] | None
_Ids = Annotated[_Several, typer.Argument(help="Ids, or how they begin.", show_default=False)]
_Unit = Annotated[_Several, typer.Option("--unit", help="document, file, line, claim, event or conflict (repeatable).")]
_Stage = Annotated[_Several, typer.Option("--stage", help="Where it failed: reading, dating, model, grounding, ruling, … (repeatable).")]
_Error = Annotated[_Several, typer.Option("--error", help="The class of the error, such as ModelRefused (repeatable).")]
_OfDocument = Annotated[_Several, typer.Option("--document", help="The document's id, such as PMID:1 (repeatable).")]
_File = Annotated[_Several, typer.Option("--file", help="The file's name or path; * stands for anything (repeatable).")]
_Text = Annotated[str | None, typer.Option("--text", help="Stands in reason, reply, what it said, or place.")]
_AsideSince = Annotated[str | None, typer.Option("--since", help="Set aside on this day, at this moment, or later.")]
_AsideUntil = Annotated[str | None, typer.Option("--until", help="Or earlier.")]
_OlderThan = Annotated[str | None, typer.Option("--older-than", help="Set aside so long ago, or longer: 90d, 12h, 2w.")]

_Statuses = Annotated[_Several, typer.Option("--status", help="current (default), superseded, contested, withdrawn or all (repeatable).")]
_Relations = Annotated[_Several, typer.Option("--relation", help="Only facts of this relation (repeatable).")]
_EntityTypes = Annotated[_Several, typer.Option("--type", help="Only facts with an entity of this type at the other end (repeatable).")]
_LeastBelief = Annotated[float, typer.Option("--least-belief", min=0.0, max=1.0, help="Only facts that are believed so much, 0 to 1.")]
_FromSources = Annotated[_Several, typer.Option("--source", help="Only facts that a document of this source asserts (repeatable).")]
_Journals = Annotated[_Several, typer.Option("--journal", help="Only facts that a document of this journal asserts (repeatable).")]
_PublicationTypes = Annotated[
    _Several,
    typer.Option("--publication-type", help="Only facts that a document of this type asserts, such as 'Meta-Analysis' (repeatable)."),
]

EVERY = ("home", "log", "graph", "as_json")
"""The options of every command; the others are named by those that have them."""

_OPTIONS: Mapping[str, tuple[Any, Any]] = {
    "home": (_Home, Path("~/.chronokg")),
    "log": (_Log, None),
    "graph": (_Graph, None),
    "as_json": (Json, False),
    "ontology": (OntologyName, None),
    "as_of": (_AsOf, None),
    "known_at": (_KnownAt, None),
    "model": (_Model, None),
    "reading": (_Reading, None),
    "ids": (_Ids, None),
    "unit": (_Unit, None),
    "stage": (_Stage, None),
    "error": (_Error, None),
    "document": (_OfDocument, None),
    "file": (_File, None),
    "text": (_Text, None),
    "since": (_AsideSince, None),
    "until": (_AsideUntil, None),
    "older_than": (_OlderThan, None),
    "statuses": (_Statuses, None),
    "relations": (_Relations, None),
    "types": (_EntityTypes, None),
    "least_belief": (_LeastBelief, 0.0),
    "sources": (_FromSources, None),
    "journals": (_Journals, None),
    "publication_types": (_PublicationTypes, None),
}
SELECTION = ("ids", "unit", "stage", "error", "document", "file", "text", "since", "until", "older_than")
"""The options by which a person says which of what is set aside."""

FILTER = ("statuses", "relations", "types", "least_belief", "sources", "journals", "publication_types")
"""The options by which a person says which facts are wanted."""

_SETTINGS = ("log", "graph", "model", "reading")


@dataclass(frozen=True)
class Call:
    """One call of a command: what its common options say, and so the home that it works in and how its answer is shown."""

    given: Mapping[str, Any]
    makes: bool = False  # a home where there is none
    reads_only: bool = False  # and so changes nothing in the home

    @cached_property
    def home(self) -> "Home":
        """The home, opened when it is first asked for."""
        return self.opened()

    def opened(self, *, keep: bool = True, **flags: object) -> "Home":
        """The home with other settings besides (None: not given), and another ontology from now on (`keep`) or once."""
        make = self.makes or self.given.get("ontology") is not None  # who chooses an ontology sets a home up
        return self._home_at(self.given["home"], flags, keep=keep, make=make)

    def opened_or_empty(self, **flags: object) -> "Home":
        """The same, once; where there is no home, an empty one that goes with the process: what only looks leaves nothing behind."""
        from flows.home.homes import passing_folder
        from flows.home.log_places import is_home

        home = self.given["home"]
        return self._home_at(home, flags) if is_home(home) else self._home_at(passing_folder(), flags, make=True)

    def _home_at(self, path: Path, flags: Mapping[str, object], *, keep: bool = False, make: bool = False) -> "Home":
        from flows.home.homes import open_home
        from flows.home.watched import log_as_set

        named = {name: self.given.get(name) for name in _SETTINGS}
        home = open_home(path, {**named, **flags}, self.given.get("ontology"), keep=keep, make=make, reads_only=self.reads_only)
        log_as_set(home.settings)
        return home

    @property
    def limits(self) -> "tuple[date | None, datetime | None]":
        """Day and moment up to which is answered; None: no limit."""
        from schema.dates import parse_day, parse_instant

        as_of, known_at = self.given.get("as_of"), self.given["known_at"]
        return (parse_day(as_of) if as_of else None), (parse_instant(known_at) if known_at else None)

    @property
    def wanted(self) -> "FactFilter | None":
        """The facts that the options of FILTER ask for; None where none of them is given."""
        from pipeline.retrieving.fact_filter import filter_of

        given = {name: self.given[name] for name in FILTER if self.given.get(name)}
        return filter_of(self.home.rules.ontology, **given) if given else None

    @property
    def as_json(self) -> bool:
        """Whether a machine is to read the answer."""
        return bool(self.given["as_json"])

    def show(self, answer: Any, in_words: Callable[[Any], str]) -> None:
        """The answer in words, or as it is."""
        from flows.home.showing import show_json
        from flows.home.terminal import say

        if self.as_json:
            show_json(answer)
        else:
            say(in_words(answer))

    def show_table(self, rows: Sequence[Mapping[str, Any]], *, none: str = "no rows", data: object = None) -> None:
        """Rows as a table, or what is said where there are none; for machines the data, by default a line for each row."""
        from flows.home.showing import show_json, show_rows

        if self.as_json and data is not None:
            show_json(data)
        else:
            show_rows(rows, as_json=self.as_json, none=none)

    def show_tallies(self, tallies: "Sequence[Tally]", data: Mapping[str, object] | None = None, *words: str) -> NoReturn:
        """What became of everything, with more data for machines or more words, and the exit code that says whether that is all."""
        from flows.home.showing import show_tallies

        raise typer.Exit(show_tallies(tallies, as_json=self.as_json, data=data or {}, words=words))

    @contextmanager
    def finding(self) -> Iterator[None]:
        """Where a name is no entity's, or that of several, tell the candidates and end with exit code 1: nothing is guessed."""
        from flows.home.showing import show_json
        from flows.home.terminal import show_note
        from pipeline.finding.found_entities import NotOneEntity

        try:
            yield
        except NotOneEntity as error:
            if self.as_json:
                show_json(error.as_data())
            show_note(f"chronokg: {error}")
            self.end(short=True)

    def end(self, *, short: bool) -> NoReturn:
        """End with exit code 1 where something was left `short`, 0 else."""
        raise typer.Exit(int(short))

    def show_change(self, change: Mapping[str, object]) -> None:
        """What a command changed, which brings its own words."""
        self.show(change, lambda told: str(told["text"]))


def command(
    app: typer.Typer, *options: str, group: bool = False, makes: bool = False, reads_only: bool = False, passes_on: bool = False
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Make a command (or a group's own) of a function that takes a Call before its own parameters.

    It is called as the function, and has the options of every command and those named here, which the Call holds. One that `makes`
    a home does so where there is none; to the others a home that is not there is wrong use. One that `reads_only` changes nothing in
    the home: neither log, nor index, nor graph. One that `passes_on` takes options that it does not know as arguments.
    """
    named = ((name, *_OPTIONS[name]) for name in (*EVERY, *options))
    common = [Parameter(name, Parameter.KEYWORD_ONLY, annotation=kind, default=default) for name, kind, default in named]

    def declare(function: Callable[..., None]) -> Callable[..., None]:
        own = [each.replace(kind=Parameter.KEYWORD_ONLY) for each in list(signature(function, eval_str=True).parameters.values())[1:]]

        @wraps(function)
        def run(**given: Any) -> None:
            function(Call({each.name: given.pop(each.name) for each in common}, makes, reads_only), **given)

        # What must be given comes first in the help, then what all commands have.
        parameters = sorted([*own, *common], key=lambda each: (each.default is not Parameter.empty, each not in common))
        run.__signature__ = Signature(parameters)  # type: ignore[attr-defined]
        run.__annotations__ = {}
        name, context = function.__name__.removesuffix("_command").replace("_", "-"), {"ignore_unknown_options": passes_on}
        register = app.callback() if group else app.command(name, context_settings=context)
        register(run)
        return function

    return declare
