"""Vocabularies of a home: loading files, listing, removing, finding; and the linking of names by them."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from typing import Any

from flows.home.homes import Home, now
from flows.home.showing import Progress
from graph_store.vocabularies.vocabulary_store import SqliteVocabularies
from pipeline.files.opened_file import OpenedFile
from pipeline.identity.judgements import judgements_in_force
from pipeline.intake.batches import Intake
from pipeline.linking.entity_candidates import EntityCandidate
from pipeline.linking.linker import VocabularyLinker, judged_again, names_to_link
from pipeline.linking.mention_linking import VocabularyMentionLinker
from pipeline.linking.name_forms import VERSION, forms_of
from pipeline.vocabulary_files.recognising import VocabularyFormat, vocabulary_format
from pipeline.vocabulary_files.term_rows import BadRow, Passed, Rows, TermOptions
from schema.entity_names import NameInText, Term
from schema.errors import UnreadableRecord, WrongUse
from schema.ids import BatchId, stable_id
from schema.records import Judgement, Recorded, Sameness, Tally

_SHOWN = 10
_CHUNK = 1 << 20


Group = list[tuple[Path, VocabularyFormat | UnreadableRecord]]
"""The files of one vocabulary, each with its format or why it has none."""


@dataclass(frozen=True)
class Loading:
    """What a user says of the files of one command."""

    type: str | None = None
    name: str | None = None
    key_prefix: str = ""


@dataclass
class LoadingOutcome:
    """What became of a vocabulary's files; `error` says why they were not loaded."""

    name: str
    files: tuple[str, ...]
    version: str = ""
    terms: int = 0
    passed: Counter[str] = field(default_factory=Counter)
    aside: int = 0
    examples: list[BadRow] = field(default_factory=list)
    error: str = ""


def has_vocabularies(home: Home) -> bool:
    """Whether any was ever loaded."""
    return vocabularies_file(home).exists()


def vocabularies_file(home: Home) -> Path:
    """Where they lie."""
    return home.path / "vocabularies.sqlite"


@contextmanager
def vocabularies_of(home: Home) -> Iterator[SqliteVocabularies]:
    """The home's vocabularies, let go of at the end."""
    store = SqliteVocabularies(vocabularies_file(home), forms_of, VERSION)
    try:
        yield store
    finally:
        store.close()


@contextmanager
def linking_in(home: Home) -> Iterator[VocabularyMentionLinker]:
    """How names in texts are known and linked in this home."""
    with vocabularies_of(home) as store:
        yield VocabularyMentionLinker(store, home.rules.ontology.entity_types)


def load_vocabularies(home: Home, files: Sequence[Path], told: Loading) -> list[LoadingOutcome]:
    """Load files, each as a vocabulary of its own unless one name is given for all; what cannot be read leaves all as it was."""
    types = home.rules.ontology.entity_types
    if told.type is not None:
        home.rules.ontology.check_type(told.type)
    missing = [str(path) for path in files if not path.is_file()]
    if missing:
        raise WrongUse(f"{', '.join(missing)}: no such file")
    named = _named(files, told.name)
    with vocabularies_of(home) as store:
        before = store.loaded()
        loaded = [_load(store, name, group, TermOptions(types, told.type, told.key_prefix)) for name, group in _in_order(named)]
        store.arrange([name for name in named if name in store.loaded() and name not in before])
    return sorted(loaded, key=lambda outcome: list(named).index(outcome.name))


def list_vocabularies(home: Home) -> list[dict[str, Any]]:
    """Name, version and number of terms of each, those that count first first."""
    with vocabularies_of(home) as store:
        return [{"name": name, "version": version, "terms": terms} for name, (version, terms) in store.loaded().items()]


def remove_vocabulary(home: Home, name: str) -> dict[str, object]:
    """Forget a vocabulary; judgements that were made by it stay in the log."""
    with vocabularies_of(home) as store:
        loaded = store.loaded()
        if name not in loaded:
            raise WrongUse(f"no vocabulary is called {name!r}; loaded are: {', '.join(loaded) or 'none'}")
        store.remove(name)
    return {"text": f"{name} is removed ({loaded[name][1]} terms)", "name": name, "terms": loaded[name][1]}


def find_name(home: Home, name: str, kind: str | None) -> list[dict[str, Any]]:
    """What a name may stand for, of one type or of each, best first, and what a text that has it is linked to."""
    types = home.rules.ontology.entity_types
    if kind is not None:
        home.rules.ontology.check_type(kind)
    asked = [NameInText(name, each) for each in ([kind] if kind else types)]
    with vocabularies_of(home) as store:
        linker = VocabularyLinker(store)
        links = linker.link(asked)
        found = linker.candidates(asked)
    return [
        {"type": each.type, "sameness": link.sameness.value, "candidates": [_told(one) for one in found[each]]}
        for each, link in zip(asked, links, strict=True)
        if found[each] or kind
    ]


def _told(one: EntityCandidate) -> dict[str, Any]:
    return {"key": one.name.key, "name": one.name.label, "score": one.score, "reason": one.reason, "vocabulary": one.name.vocabulary}


def _named(files: Sequence[Path], name: str | None) -> Mapping[str, list[Path]]:
    named: dict[str, list[Path]] = {}
    for path in dict.fromkeys(files):
        stem = path.name.removesuffix(".gz").removesuffix(".zst")
        own = name or stem.rpartition(".")[0] or stem
        if name is None and own in named:
            raise WrongUse(f"{named[own][0]} and {path} would both be the vocabulary {own!r}: load them one by one, or with --name as one")
        named.setdefault(own, []).append(path)
    return named


def _in_order(named: Mapping[str, list[Path]]) -> list[tuple[str, Group]]:
    """Files with their forms; within a vocabulary and among them those last that need what others say."""
    groups = [(name, sorted(((path, _form(path)) for path in paths), key=_needs)) for name, paths in named.items()]
    return sorted(groups, key=lambda group: all(_needs(file) for file in group[1]))


def _needs(file: tuple[Path, VocabularyFormat | UnreadableRecord]) -> bool:
    return isinstance(file[1], VocabularyFormat) and file[1].needs_headings


def _form(path: Path) -> VocabularyFormat | UnreadableRecord:
    try:
        with path.open("rb") as raw:
            return vocabulary_format(OpenedFile(raw), path.name)
    except (UnreadableRecord, OSError) as error:
        return error if isinstance(error, UnreadableRecord) else UnreadableRecord(f"{path}: {error}")


def _load(store: SqliteVocabularies, name: str, group: Group, wanted: TermOptions) -> LoadingOutcome:
    outcome = LoadingOutcome(name, tuple(str(path) for path, _ in group), _version(group, wanted))
    headings: dict[str, str] = {str(key): kind for key, kind in store.types("MESH:D").items()}
    told = TermOptions(wanted.types, wanted.type, wanted.key_prefix, headings)
    if not any(_needs(file) for file in group) and store.loaded().get(name, ("",))[0] == outcome.version:
        outcome.terms = store.loaded()[name][1]
        outcome.passed["loaded already"] = 1
        return outcome
    with Progress(f"loading {name}", sum(path.stat().st_size for path, _ in group)) as progress:
        try:
            outcome.terms = store.load(name, outcome.version, _terms(group, told, headings, outcome, progress))
        except UnreadableRecord as error:
            outcome.error = str(error)
    return outcome


def _terms(group: Group, wanted: TermOptions, headings: dict[str, str], outcome: LoadingOutcome, progress: Progress) -> Iterator[Term]:
    """The terms of a vocabulary's files; the rest is counted. Raises UnreadableRecord where there are none."""
    count = 0
    for path, form in group:
        if isinstance(form, UnreadableRecord):
            raise form
        for row in _rows(path, form, wanted, progress):
            if isinstance(row, Term):
                count += 1
                if row.key.startswith("MESH:D"):
                    headings.setdefault(row.key, row.type)
                yield row
            elif isinstance(row, Passed):
                outcome.passed[row.reason] += 1
            else:
                outcome.aside += 1
                if len(outcome.examples) < _SHOWN:
                    outcome.examples.append(row)
    if not count:
        why = [reason for reason, _ in outcome.passed.most_common(1)] or [row.reason for row in outcome.examples[:1]] or ["it is empty"]
        raise UnreadableRecord(f"{outcome.name} has no term to load: {why[0]}")


def _rows(path: Path, form: VocabularyFormat, wanted: TermOptions, progress: Progress) -> Rows:
    done = 0
    with path.open("rb") as raw:
        for at, row in enumerate(form.read(OpenedFile(raw), path.name, wanted)):
            if at % 1000 == 0 and not raw.closed:
                progress.advance(raw.tell() - done)
                done = raw.tell()
            yield row


def _version(group: Group, wanted: TermOptions) -> str:
    """The hash of the files' content and of what was said about them."""
    content = blake2b(repr((VERSION, wanted.types, wanted.type, wanted.key_prefix)).encode(), digest_size=8)
    for path, _ in group:
        with path.open("rb") as raw:
            while chunk := raw.read(_CHUNK):
                content.update(chunk)
    return content.hexdigest()


NAMES_AT_ONCE = 5_000


def link_again(home: Home) -> dict[str, Any]:
    """Judge every name in the log anew; no document is read again: the graph follows the judgements."""
    counts, total = Counter[Sameness](), 0
    with home.writing("vocab link"), vocabularies_of(home) as store:
        linker = VocabularyLinker(store)
        before = judgements_in_force(home.log.judgements()).select("name", "sameness", "key", "by_person")
        stands = {name: (sameness, key, by_person) for name, sameness, key, by_person in before.iter_rows()}
        names = names_to_link(home.log.votes())
        while some := list(islice(names, NAMES_AT_ONCE)):
            total += len(some)
            fresh = judged_again(some, linker, stands, now())
            _record(home, fresh)
            counts.update(judged.sameness for judged in fresh)
        home.bring_graph_along()
    linked, unsure = counts[Sameness.SAME], counts[Sameness.UNSURE]
    text = f"{total} names: {linked} linked, {unsure} unsure, the rest as before"
    return {"text": text, "names": total, "linked": linked, "unsure": unsure}


def _record(home: Home, judgements: list[Judgement]) -> None:
    if judgements:
        at = now()
        records, batch = tuple(Recorded(judged, at) for judged in judgements), stable_id("linked", [judged.id for judged in judgements])
        home.record(Intake(records, (Tally("event", len(judgements)),), known_as=BatchId(batch)), "vocab link", at)
