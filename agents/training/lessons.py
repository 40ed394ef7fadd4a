"""From annotated documents to examples of the very questions that a reader asks."""

import copy
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Literal

from agents.adapters.linear_part import Row, row
from agents.adapters.skills import Skills
from agents.asking.pairs import Pairing, PairQuery, nearest_pairs, pair_queries
from agents.asking.prompting import NONE, label_document, name_query, prompt
from agents.asking.surface import Surface
from agents.asking.tagging import TaggedDocument, defused
from agents.names.candidate_spans import VERSION, candidate_spans
from agents.relations.relations_by_labels import pair_line
from agents.training.recipe import Recipe
from schema.document import Document, Span
from schema.ontology import Ontology

WINDOW = 6000
"""Characters of a text that are read at once, as when reading."""

MOST_PAIRS = 1000
"""Pairs of one document that are looked at; a reader asks about fewer."""

Triple = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Lesson:
    """A document and what it relates.

    `said` is what annotators say, None where nobody annotated it. `covered` names the relations whose absence they tell as well, None
    for all: where they wrote down causes alone, a pair that they left out may still be treated or associated. `scores` is what a
    teacher thinks of triples, from 0 to 1 and 0 for those it does not mention, None without a teacher; of the pairs of `doubted`
    triples, which a critic does not believe, the teacher's word is not heard.
    """

    document: Document
    said: frozenset[Triple] | None = frozenset()
    directed: bool = False  # whether annotators tell head from tail
    covered: frozenset[str] | None = None
    scores: Mapping[Triple, float] | None = None
    doubted: frozenset[Triple] = frozenset()

    @property
    def is_whole(self) -> bool:
        """Whether annotators tell every relation, and so mark every name."""
        return self.said is not None and self.covered is None


@dataclass(frozen=True, slots=True)
class TrainingQuestion:
    """One line, the labels that may answer it, and which are right: any of them, or, if `soft`, each to its share.

    `prior` is what a linear model that did not learn from this document thinks: the network learns what that leaves open.
    """

    line: str
    labels: tuple[str, ...]
    right: Mapping[str, float]
    soft: bool = False
    weight: float = 1.0
    prior: Mapping[str, float] | None = None

    @property
    def is_positive(self) -> bool:
        """Whether something is said at all."""
        return self.right.get(NONE, 0.0) < 0.5


@dataclass(frozen=True, slots=True)
class AskedPair:
    """A question about a pair, and what can be counted about it."""

    question: TrainingQuestion
    features: Row


Prior = Callable[[str, AskedPair], Mapping[str, float]]
"""Of a document's identifier and a question about it, the distribution over the question's labels."""


@dataclass(frozen=True, slots=True)
class Example:
    """A text, read once, and all questions about it."""

    prefix: str
    questions: tuple[TrainingQuestion, ...]


class Teaching:
    """Makes examples for one set of skills."""

    def __init__(self, skills: Skills, ontology: Ontology, recipe: Recipe, prior: Prior | None = None) -> None:
        self._skills = skills
        self._ontology = ontology
        self._recipe = recipe
        self._prior = prior
        self._pairing = Pairing(ontology, taught=skills.allows)

    @property
    def asks(self) -> tuple[str, ...]:
        """All that questions depend on besides the lessons: base weights, skills, prompts, what could be a name."""
        used = [prompt(version) for version in (self._skills.prompt, self._skills.names) if version is not None]
        return (self._skills.model_dump_json(exclude={"name"}), VERSION, *(text for each in used for _, text in each.sections))

    def relations(self, lesson: Lesson, random: Random) -> Iterator[Example]:
        """The questions about a lesson's pairs, window by window; a pair of which the annotators would say nothing is left out.

        With a prior, a question is left out that a reader would not put to the network.
        """
        tagged = TaggedDocument(lesson.document)
        if self._recipe.shuffled:
            tagged = renumbered(tagged, random)
        for window, found in self._windows(tagged, lesson):
            asked = [question for each in found if (question := self._open(lesson.document.id, each)) is not None]
            if asked:
                prefix = label_document(self._skills.prompt, tagged.render(window))
                yield Example(prefix, self._chosen(asked, random))

    def all(self, lesson: Lesson) -> list[AskedPair]:
        """Every question about a lesson's pairs of which something is said, tags as a reader has them."""
        return [asked for _, found in self._windows(TaggedDocument(lesson.document), lesson) for asked in found]

    def _windows(self, tagged: TaggedDocument, lesson: Lesson) -> Iterator[tuple[Span, list[AskedPair]]]:
        windows, surface = tagged.windows(WINDOW), Surface(tagged)
        pairs, _ = nearest_pairs(tagged, windows, self._pairing, MOST_PAIRS)
        for number, window in enumerate(windows):
            found = []
            for query in pair_queries(tagged, [pair for pair in pairs if pair.window == number], self._pairing):
                question = self._about(tagged, query, lesson)
                if question is not None:
                    found.append(AskedPair(question, row(surface.features(query.head.entity, query.tail.entity))))
            yield window, found

    def _open(self, document: str, asked: AskedPair) -> TrainingQuestion | None:
        """The question with its prior; None where a linear model alone answers it."""
        if self._prior is None:
            return asked.question
        prior = self._prior(document, asked)
        return replace(asked.question, prior=prior) if 1.0 - prior[NONE] >= self._recipe.asked_from else None

    def names(self, lesson: Lesson, random: Random) -> Iterator[Example]:
        """The questions about what in a lesson's text is a name, and of what type."""
        if self._skills.names is None:
            return
        plain = TaggedDocument(replace(lesson.document, mentions=()))
        kinds = _kinds(lesson.document)
        for window in plain.windows(WINDOW):
            text = plain.render(window)
            given = [name for name in kinds if name in text]
            asked = [self._name(name, kinds) for name in dict.fromkeys([*given, *candidate_spans(text)])]
            if asked:
                prefix = label_document(self._skills.names, text)
                yield Example(prefix, self._chosen(asked, random))

    def _about(self, tagged: TaggedDocument, query: PairQuery, lesson: Lesson) -> TrainingQuestion | None:
        ends = tagged.entities[query.head.entity].key, tagged.entities[query.tail.entity].key
        line, labels = pair_line(self._skills.prompt, tagged, query), (NONE, *query.relations)
        told, thought = self._told(lesson, ends, query.relations), self._thought(lesson, ends, query.relations)
        if told is None:
            return None if thought is None else TrainingQuestion(line, labels, thought, soft=True)
        if thought is None:
            return TrainingQuestion(line, labels, told)
        if len(told) > 1:  # annotators leave open which: the teacher's word alone
            return TrainingQuestion(line, labels, thought, soft=True)
        mine, theirs = 1.0 - self._recipe.teacher, self._recipe.teacher
        mixed = {label: mine * told.get(label, 0.0) + theirs * thought.get(label, 0.0) for label in labels}
        return TrainingQuestion(line, labels, mixed, soft=True)

    def _told(self, lesson: Lesson, ends: tuple[str, str], relations: Sequence[str]) -> dict[str, float] | None:
        """What annotators say of a pair, any of several where they leave it open; None where they say nothing at all."""
        if lesson.said is None:
            return None
        said = sorted(
            {triple[1] for triple in lesson.said if triple[1] in relations and self._is_of(triple, ends, directed=lesson.directed)}
        )
        if said:
            return dict.fromkeys(said, 1.0)
        left_open = [name for name in relations if lesson.covered is not None and name not in lesson.covered]
        return None if len(left_open) == len(relations) else dict.fromkeys((NONE, *left_open), 1.0)

    def _thought(self, lesson: Lesson, ends: tuple[str, str], relations: Sequence[str]) -> dict[str, float] | None:
        """The teacher's shares of a pair's relations and of none; None without a teacher, and where the critic doubts it."""
        if lesson.scores is None or any(self._is_of(triple, ends, directed=True) for triple in lesson.doubted):
            return None
        found = {triple[1]: score for triple, score in lesson.scores.items() if self._is_of(triple, ends, directed=True)}
        total = max(1.0, sum(score for relation, score in found.items() if relation in relations))
        shares = {relation: score / total for relation, score in found.items() if relation in relations}
        return {NONE: max(0.0, 1.0 - sum(shares.values())), **shares}

    def _is_of(self, triple: Triple, ends: tuple[str, str], *, directed: bool) -> bool:
        """Whether a triple is about a head and a tail: about this head where that is told and matters."""
        one, relation, other = triple
        known = self._ontology.relations.get(relation)
        if directed and known is not None and not known.symmetric:
            return (one, other) == ends
        return {one, other} == set(ends)

    def _name(self, name: str, kinds: Mapping[str, str]) -> TrainingQuestion:
        assert self._skills.names is not None
        kind = kinds.get(name, NONE)
        right = kind if kind in self._skills.kinds else NONE  # a type without a word of its own is none that can be said
        return TrainingQuestion(name_query(self._skills.names, name), tuple(self._skills.kinds), {right: 1.0})

    def _chosen(self, asked: Sequence[TrainingQuestion], random: Random) -> tuple[TrainingQuestion, ...]:
        """At most so many, positives first; the negatives among them weigh as much as all together, within bounds."""
        positive = [question for question in asked if question.is_positive]
        negative = [question for question in asked if not question.is_positive]
        random.shuffle(positive)
        random.shuffle(negative)
        positive = positive[: self._recipe.most]
        kept = negative[: max(self._recipe.most // 5, self._recipe.most - len(positive))]
        weight = min(self._recipe.heaviest, len(negative) / len(kept)) if kept else 1.0
        return (*positive, *(replace(question, weight=weight) for question in kept))


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
    """The type of each distinct name as the rendered text has it."""
    counts: dict[str, Counter[str]] = {}
    for mention in document.mentions:
        counts.setdefault(defused(document.text[mention.start : mention.end]), Counter())[mention.type] += 1
    return {name: found.most_common(1)[0][0] for name, found in counts.items() if name.strip() == name}


Kind = Literal["relations", "names"]


@dataclass(frozen=True, slots=True)
class Showing:
    """A lesson is shown once, and everything drawn for it comes from its own seed: a run that goes on draws the same."""

    lesson: Lesson
    kind: Kind
    seed: str


def schedule(lessons: Sequence[Lesson], recipe: Recipe) -> list[Showing]:
    """Every showing, in order."""
    whole = [lesson for lesson in lessons if lesson.is_whole]
    taught = [lesson for lesson in lessons if lesson.said is None]
    partial = [lesson for lesson in lessons if lesson.said is not None and not lesson.is_whole]
    placed: list[tuple[float, str, Showing]] = []
    kinds: tuple[tuple[str, Kind, Sequence[Lesson], int], ...] = (
        ("whole", "relations", whole, recipe.passes),
        ("partial", "relations", partial, recipe.partial_passes),
        ("taught", "relations", taught, recipe.taught_passes),
        ("names", "names", whole, recipe.name_passes),
    )
    for title, kind, shown, passes in kinds:
        placed += _spread(title, kind, shown, passes, recipe.seed)
    return [showing for _, _, showing in sorted(placed, key=lambda each: each[:2])]


def _spread(title: str, kind: Kind, lessons: Sequence[Lesson], passes: int, seed: int) -> list[tuple[float, str, Showing]]:
    found = []
    for number in range(passes):
        for lesson in lessons:
            own = f"{seed} {title} {number} {lesson.document.id}"
            found.append(((number + Random(own).random()) / passes, own, Showing(lesson, kind, own)))  # noqa: S311  an order, not a secret
    return found
