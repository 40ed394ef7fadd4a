"""Names of a plain text: spotted where a vocabulary has them, and linked, so that each mention gets an identifier."""

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace

from pipeline.linking.linker import VocabularyLinker
from pipeline.linking.name_forms import first_form
from pipeline.linking.word_lists import EMPTY, LEADING
from schema.document import Mention
from schema.entity_names import Link, NameInText, abbreviations, normal_name, provisional_key
from schema.ports import Linker, LoadedNames
from schema.records import Judgement, Sameness

LONGEST = 6
"""Words of a name that is looked up."""

MOST = 20_000
"""Runs of words that are looked up in one text, the first ones."""

REACH = 150_000
"""Characters of a text that are looked at."""

_LONGEST_WORD = 60
_WORD = re.compile(r"\S+|\n")
_AROUND = "\n\"'“”‘’()[]{}<>,.;:!?"
_END = frozenset(".;:!?")
_JOINING = EMPTY | LEADING

Known = Callable[[Collection[int]], Collection[int]]
"""Of forms those that some name has."""


def spotted(text: str, types: Collection[str], known: Known) -> tuple[str, ...]:
    """Runs of at most six words that are a name of one of the types, as they are written, in the order of the text.

    Names are the same here but for what writing alone changes (case, hyphens, plural, spelling); a run neither crosses the end of
    a sentence or a line nor begins or ends with a word that only joins others.
    """
    forms = {run: {first_form(kind, run) for kind in types} for run in _runs(text)}
    found = frozenset(known(frozenset().union(*forms.values()))) if forms else frozenset()
    return tuple(run for run, numbers in forms.items() if not found.isdisjoint(numbers))


def _runs(text: str) -> list[str]:
    runs: dict[str, None] = {}
    begun: list[int] = []  # where the last words begin, -1 for one that only joins
    for match in _WORD.finditer(text, 0, REACH):
        start, end = _trimmed(text, *match.span())
        if start == end or end - start > _LONGEST_WORD:
            begun = []
            continue
        joins = text[start:end].lower() in _JOINING
        begun = [*begun[1 - LONGEST :], -1 if joins else start]
        if not joins:
            runs.update(dict.fromkeys(text[at:end] for at in begun if at >= 0))
        if len(runs) >= MOST:
            break
        if not _END.isdisjoint(text[end : match.end()]):
            begun = []
    return list(runs)[:MOST]


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start] in _AROUND:
        start += 1
    while start < end and text[end - 1] in _AROUND:
        end -= 1
    return start, end


Linked = tuple[tuple[Mention, ...], tuple[Judgement, ...]]


class VocabularyMentionLinker:
    """A MentionLinker by loaded vocabularies, for names of an ontology's types."""

    def __init__(self, vocabularies: LoadedNames, types: Collection[str]) -> None:
        self._vocabularies, self._types = vocabularies, types
        self._linker = VocabularyLinker(vocabularies)

    def known_in(self, text: str) -> tuple[str, ...]:
        """See the protocol."""
        return spotted(text, self._types, self._vocabularies.having_names) if self._vocabularies.loaded() else ()

    def link(self, text: str, mentions: Sequence[Mention]) -> Linked:
        """See the protocol."""
        return link_mentions(text, mentions, self._linker, self._types)


def link_mentions(text: str, mentions: Sequence[Mention], linker: Linker, ontology_types: Collection[str]) -> Linked:
    """Mentions with identifiers, and one judgement for each distinct name of a type that is, or may be, an entity's.

    A name that is surely an entity's gets its key, every other one the provisional key of its type and name; mentions that have
    identifiers, or a type that the ontology lacks, stay as they are. A short form that the text defines stands for its long form
    and has the same identifier, whether or not that is known. What is judged is the long form: elsewhere the short one may stand
    for something else, so it is judged only where a vocabulary has it, by itself, as a name of the same entity.
    """
    defined = abbreviations(text)
    short_of = {normal_name(long): short for short, long in defined.items()}
    asked = {
        (mention.type, normal_name(mention.text)): _in_text(mention, defined, short_of)
        for mention in mentions
        if not mention.identifiers and mention.type in ontology_types
    }
    alone = {name: NameInText(name.name, name.type) for name in asked.values()}
    names = list(dict.fromkeys([*asked.values(), *alone.values()]))
    links = dict(zip(names, linker.link(names), strict=True))
    linked = tuple(_with_identifier(mention, asked, links) for mention in mentions)
    return linked, tuple(_judgements(alone, links))


def _in_text(mention: Mention, defined: dict[str, str], short_of: dict[str, str]) -> NameInText:
    """What is asked of a mention: the same for a short form and its long form."""
    short = mention.text if mention.text in defined else mention.text.removesuffix("s")
    if short not in defined:
        short = short_of.get(normal_name(mention.text), "")
    return NameInText(short, mention.type, defined[short]) if short else NameInText(mention.text, mention.type)


def _with_identifier(mention: Mention, asked: dict[tuple[str, str], NameInText], links: dict[NameInText, Link]) -> Mention:
    name = asked.get((mention.type, normal_name(mention.text)))
    if mention.identifiers or name is None:
        return mention
    link = links[name]
    if link.sameness is Sameness.SAME and link.entity is not None:
        return replace(mention, identifiers=(link.entity.key,))
    return replace(mention, identifiers=(provisional_key(name.type, name.long_form or name.name),))


def _judgements(alone: dict[NameInText, NameInText], links: dict[NameInText, Link]) -> Iterable[Judgement]:
    told = set()
    for name, short in alone.items():
        subjects = [(name.long_form or name.name, links[name])]
        if name.long_form and links[name].sameness is Sameness.SAME and _same_entity(links[name], links[short]):
            subjects.append((name.name, links[short]))
        for subject, link in subjects:
            if link.entity is not None and (of_name := (name.type, normal_name(subject))) not in told:
                told.add(of_name)
                said = (link.sameness, link.by, link.score, link.reason)
                yield Judgement(subject, name.type, link.entity.key, *said, label=link.entity.name)


def _same_entity(one: Link, other: Link) -> bool:
    return other.sameness is Sameness.SAME and one.entity is not None and other.entity is not None and one.entity.key == other.entity.key
