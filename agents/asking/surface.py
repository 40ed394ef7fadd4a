"""What can be counted about a pair without understanding it: where its ends stand, and which words stand around them."""

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from agents.asking.tagging import Place, TaggedDocument

VERSION = "surface-1"
"""Changes whenever a pair gets other features: a linear model knows those that it was fitted with."""

POSITION, WORDS, TYPED = 0.2, 4.0, 0.7
"""Weights of a feature of position, of all words of a pair together, and of a word together with the pair's types.

These and the choice of features are from four-fold cross-validation on BioRED's Train. What they are worth: benchmarks/reader.md."""

STEM = 6
"""Letters that stand for a word's stem."""

_TOKEN = re.compile(r"[A-Za-z]+|[0-9]|[%<>=+/-]")

Token = tuple[str, frozenset[int]]
"""A word in small letters, or an entity type in capitals with the entities that are named there."""


class Surface:
    """The surface features of one document's pairs; names of entities are never among them, only their types.

    Position: title, sentences shared, mentions, ranks, distance. Words: n-grams between the two ends (up to three, stems up to two),
    words and stems of the sentences that name both, words of the nearest two sentences where none does.
    """

    def __init__(self, tagged: TaggedDocument) -> None:
        self._entities = tagged.entities
        self._sentences_of = tagged.sentences_of
        self._sentences = _tokens(tagged)
        self._mentions = [len(entity.spans) for entity in tagged.entities]
        self._ranks, self._of_type = self._ranked()

    def features(self, head: int, tail: int) -> dict[str, float]:
        """Features of a pair of entities (numbers in the document), by name."""
        kinds = f"{self._entities[head].type}>{self._entities[tail].type}"
        together = sorted(self._sentences_of[head] & self._sentences_of[tail])
        places = Counter([*self._standing(head, tail, together), *self._apart(head, tail, together)])
        words: Counter[str] = Counter()
        for number in together:
            sentence = _Sentence(self._sentences[number], head, tail)
            if sentence.is_about_both:
                places.update(sentence.places(kinds, _whereabouts(number, len(self._sentences))))
                words.update(sentence.words(in_title=number == 0))
        if not together:
            words.update(self._far_words(head, tail))
        found = {kinds: POSITION}
        for name, count in places.items():
            found[f"~{name}"] = found[f"{kinds}~{name}"] = POSITION * count
        weights = {name: 1.0 + math.log(count) for name, count in words.items()}
        length = math.sqrt(sum(weight * weight for weight in weights.values())) or 1.0
        for name, weight in weights.items():
            found[name] = WORDS * weight / length
            found[kinds + name] = TYPED * found[name]
        return found

    def _ranked(self) -> tuple[dict[int, int], Counter[str]]:
        """For each entity how many of its type are named more often, and how many there are of each type."""
        ranks: dict[int, int] = {}
        seen: Counter[str] = Counter()
        for number in sorted(range(len(self._mentions)), key=lambda number: -self._mentions[number]):
            ranks[number] = seen[self._entities[number].type]
            seen[self._entities[number].type] += 1
        return ranks, seen

    def _standing(self, head: int, tail: int, together: Sequence[int]) -> Iterator[str]:
        last = len(self._sentences) - 1
        title, end = (self._named_in(number, head, tail) for number in (0, last))
        shared = min(5, len(together))
        one, other = (_few(self._mentions[number]) for number in (head, tail))
        yield from (f"title{title}", f"shared{shared}", f"head{one}", f"tail{other}", f"end{end}", f"title{title}end{end}")
        yield from (f"title{title}shared{shared}", f"shared{shared}head{one}tail{other}", f"title{title}shared{shared}head{one}tail{other}")
        yield f"less{min(one, other)}more{max(one, other)}"
        first, second = (min(4, self._ranks[number]) for number in (head, tail))
        yield from (f"rank{first}rank{second}", f"headrank{first}", f"tailrank{second}")
        yield from (f"{end_}s{min(6, self._of_type[self._entities[number].type])}" for end_, number in (("head", head), ("tail", tail)))
        yield f"title{0 in together}end{last in together}shared{shared}"
        yield f"entities{min(6, len(self._entities) // 3)}shared{shared}"

    def _named_in(self, sentence: int, head: int, tail: int) -> int:
        return (sentence in self._sentences_of[head]) + 2 * (sentence in self._sentences_of[tail])

    def _apart(self, head: int, tail: int, together: Sequence[int]) -> Iterator[str]:
        if not together:
            one, other = self._nearest(head, tail)
            yield f"apart{min(4, abs(one - other))}"

    def _far_words(self, head: int, tail: int) -> Iterator[str]:
        one, other = self._nearest(head, tail)
        yield from (f"far-head {word}" for word, _ in self._sentences[one])
        yield from (f"far-tail {word}" for word, _ in self._sentences[other])

    def _nearest(self, head: int, tail: int) -> tuple[int, int]:
        return min(
            ((one, other) for one in self._sentences_of[head] for other in self._sentences_of[tail]),
            key=lambda both: (abs(both[0] - both[1]), both),
        )


class _Sentence:
    """A sentence that names both ends, seen from where they are nearest to each other."""

    def __init__(self, tokens: Sequence[Token], head: int, tail: int) -> None:
        self._tokens = tokens
        heads = [at for at, (_, entities) in enumerate(tokens) if head in entities]
        tails = [at for at, (_, entities) in enumerate(tokens) if tail in entities]
        self.is_about_both = bool(heads and tails)
        if self.is_about_both:
            self._head, self._tail = min(((one, other) for one in heads for other in tails), key=lambda both: abs(both[0] - both[1]))
            self._low, self._high = sorted((self._head, self._tail))
            self._names = [_seen(token, head, tail) for token in tokens]

    def places(self, kinds: str, whereabouts: str) -> Iterator[str]:
        yield f"gap{min(6, (self._high - self._low) // 4)}"
        yield f"others{min(4, sum(bool(entities) for _, entities in self._tokens[self._low + 1 : self._high]))}"
        yield f"headfirst{self._head < self._tail}{kinds}"
        yield whereabouts

    def words(self, *, in_title: bool) -> Iterator[str]:
        between = self._names[self._low : self._high + 1]
        yield from _grams("between", between, 3)
        yield from _grams("stems", _stems(between), 2)
        yield from _grams("sentence", self._names, 1)
        yield from _grams("sentence-stem", _stems(self._names), 1)
        if in_title:
            yield from _grams("title", between, 2)


def _tokens(tagged: TaggedDocument) -> list[list[Token]]:
    """The tokens of each sentence; a mention is one, and one that overlaps it is told with it."""
    by_sentence: dict[int, list[Place]] = {}
    for place in tagged.places:
        by_sentence.setdefault(place.sentence, []).append(place)
    found = []
    for number, (start, end) in enumerate(tagged.sentences):
        tokens: list[Token] = []
        at = start
        for place in sorted(by_sentence.get(number, ()), key=lambda place: (place.start, -place.end)):
            if place.start < at:
                if tokens and tokens[-1][1]:
                    tokens[-1] = (tokens[-1][0], tokens[-1][1] | {place.entity})
                continue
            tokens += ((word.lower(), frozenset[int]()) for word in _TOKEN.findall(tagged.text[at : place.start]))
            tokens.append((tagged.entities[place.entity].type.upper(), frozenset({place.entity})))
            at = place.end
        tokens += ((word.lower(), frozenset[int]()) for word in _TOKEN.findall(tagged.text[at:end]))
        found.append(tokens)
    return found


def _seen(token: Token, head: int, tail: int) -> str:
    word, entities = token
    return "TAIL" if tail in entities else "HEAD" if head in entities else word


def _stems(words: Iterable[str]) -> list[str]:
    return [word if word.isupper() else word[:STEM] for word in words]


def _grams(name: str, words: Sequence[str], most: int) -> Iterator[str]:
    for size in range(1, most + 1):
        for start in range(len(words) - size + 1):
            yield f"{name} {' '.join(words[start : start + size])}"


def _few(count: int) -> int:
    return count if count <= 2 else 3 if count <= 4 else 4


def _whereabouts(sentence: int, sentences: int) -> str:
    return "in-last" if sentence == sentences - 1 else f"in{min(3, sentence)}"
