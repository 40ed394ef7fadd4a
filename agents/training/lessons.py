"""From annotated documents to examples of the very questions that a reader asks."""

import copy
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from random import Random

from agents.labels import pair_line
from agents.pair_queries import PairQuery, pair_queries
from agents.pairs import Pairing, nearest_pairs
from agents.prompting import NONE, label_document, name_query
from agents.served_model import FILLER
from agents.skills import Skills
from agents.spans import candidates
from agents.tagging import TaggedDocument
from schema.document import Document
from schema.ontology import Ontology

WINDOW = 6000
"""Characters of a text that are read at once, as when reading."""

MOST_PAIRS = 1000
"""Pairs of one document that are looked at; a reader asks about fewer."""

MOST_FILLERS = 31
"""A block of a server's cache, less one."""

Triple = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Lesson:
    """A document and what it relates.

    `covered` names the relations whose absence is told as well, None for all: where annotators wrote down causes alone, a pair that
    they left out may still be treated or associated. `scores` is what a teacher thinks of triples, from 0 to 1.
    """

    document: Document
    said: frozenset[Triple] = frozenset()
    covered: frozenset[str] | None = None
    names_all: bool = False
    scores: Mapping[Triple, float] = field(default_factory=dict)

    @property
    def is_whole(self) -> bool:
        """Whether every relation is told."""
        return self.covered is None


@dataclass(frozen=True, slots=True)
class Question:
    """One line, the labels that may answer it, and which are right: any of them, or, if `soft`, each to its share."""

    line: str
    labels: tuple[str, ...]
    right: Mapping[str, float]
    soft: bool = False
    weight: float = 1.0

    @property
    def is_positive(self) -> bool:
        """Whether something is said at all."""
        return self.right.get(NONE, 0.0) < 0.5


@dataclass(frozen=True, slots=True)
class Example:
    """A text, read once, and all questions about it."""

    prefix: str
    questions: tuple[Question, ...]


class Teaching:
    """Makes examples for one set of skills."""

    def __init__(self, skills: Skills, ontology: Ontology, *, most: int, heaviest: float, shuffled: bool, filled: bool) -> None:
        self._skills = skills
        self._ontology = ontology
        self._pairing = Pairing(ontology, taught=skills.allows)
        self._most = most
        self._heaviest = heaviest
        self._shuffled = shuffled
        self._filled = filled

    def relations(self, lesson: Lesson, random: Random) -> Iterator[Example]:
        """The questions about a lesson's pairs, window by window; a pair of which the annotators would say nothing is left out."""
        tagged = TaggedDocument(lesson.document)
        if self._shuffled:
            tagged = renumbered(tagged, random)
        windows = tagged.windows(WINDOW)
        pairs, _ = nearest_pairs(tagged, windows, self._pairing, MOST_PAIRS)
        for number, window in enumerate(windows):
            queries = pair_queries(tagged, [pair for pair in pairs if pair.window == number], self._pairing)
            asked = [question for query in queries if (question := self._about(tagged, query, lesson)) is not None]
            if asked:
                prefix = label_document(self._skills.prompt, tagged.render(window))
                yield Example(self._front(random) + prefix, self._chosen(asked, random))

    def names(self, lesson: Lesson, random: Random) -> Iterator[Example]:
        """The questions about what in a lesson's text is a name, and of what type."""
        if self._skills.names is None:
            return
        plain = TaggedDocument(replace(lesson.document, mentions=()))
        kinds = _kinds(lesson.document)
        for window in plain.windows(WINDOW):
            text = plain.render(window)
            given = [name for name in kinds if name in text]
            asked = [self._name(name, kinds) for name in dict.fromkeys([*given, *candidates(text)])]
            if asked:
                prefix = label_document(self._skills.names, text)
                yield Example(self._front(random) + prefix, self._chosen(asked, random))

    def _about(self, tagged: TaggedDocument, query: PairQuery, lesson: Lesson) -> Question | None:
        head, tail = tagged.entities[query.head.entity].key, tagged.entities[query.tail.entity].key
        line = pair_line(self._skills.prompt, tagged, query)
        labels = (NONE, *query.relations)
        found = {relation: score for (one, relation, other), score in lesson.scores.items() if {one, other} == {head, tail}}
        if found:
            shares = {relation: score for relation, score in found.items() if relation in query.relations}
            total = max(1.0, sum(shares.values()))
            told = {relation: score / total for relation, score in shares.items()}
            return Question(line, labels, {NONE: max(0.0, 1.0 - sum(told.values())), **told}, soft=True)
        said = {relation for one, relation, other in lesson.said if {one, other} == {head, tail} and relation in query.relations}
        if said:
            return Question(line, labels, dict.fromkeys(sorted(said), 1.0))
        open_ = [name for name in query.relations if lesson.covered is not None and name not in lesson.covered]
        return None if len(open_) == len(query.relations) else Question(line, labels, dict.fromkeys((NONE, *open_), 1.0))

    def _name(self, name: str, kinds: Mapping[str, str]) -> Question:
        assert self._skills.names is not None
        return Question(name_query(self._skills.names, name), tuple(self._skills.kinds), {kinds.get(name, NONE): 1.0})

    def _chosen(self, asked: Sequence[Question], random: Random) -> tuple[Question, ...]:
        """At most so many, positives first; the negatives among them weigh as much as all together, within bounds."""
        positive = [question for question in asked if question.is_positive]
        negative = [question for question in asked if not question.is_positive]
        random.shuffle(positive)
        random.shuffle(negative)
        positive = positive[: self._most]
        kept = negative[: max(self._most // 5, self._most - len(positive))]
        weight = min(self._heaviest, len(negative) / len(kept)) if kept else 1.0
        return (*positive, *(replace(question, weight=weight) for question in kept))

    def _front(self, random: Random) -> str:
        return FILLER * random.randint(1, MOST_FILLERS) if self._filled and random.random() < 0.3 else ""


def renumbered(tagged: TaggedDocument, random: Random) -> TaggedDocument:
    """The document with its tags' numbers in another order, so that nothing is learned from them."""
    numbers: dict[str, list[int]] = {}
    for entity in tagged.entities:
        numbers.setdefault(entity.tag[0], []).append(len(numbers.get(entity.tag[0], ())) + 1)
    for each in numbers.values():
        random.shuffle(each)
    taken = {letter: iter(each) for letter, each in numbers.items()}
    turned = copy.copy(tagged)
    turned.entities = tuple(replace(entity, tag=f"{entity.tag[0]}{next(taken[entity.tag[0]])}") for entity in tagged.entities)
    return turned


def _kinds(document: Document) -> dict[str, str]:
    """The type of each distinct name as it is written."""
    counts: dict[str, Counter[str]] = {}
    for mention in document.mentions:
        counts.setdefault(document.text[mention.start : mention.end], Counter())[mention.type] += 1
    return {name: found.most_common(1)[0][0] for name, found in counts.items() if name.strip() == name and "\n" not in name}
