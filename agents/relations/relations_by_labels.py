"""Reading by label probabilities: the document once, then one short query for each pair, one token each."""

import asyncio
from collections.abc import Mapping, Sequence

from agents.adapters.linear_part import Linear
from agents.adapters.linear_part import row as row_of
from agents.adapters.skills import Skills
from agents.asking.pairs import UNINFORMATIVE, Pairing, PairQuery, nearest_pairs, pair_queries, relative_position
from agents.asking.prompting import NONE, label_document, label_head, label_query, label_words, letters
from agents.asking.surface import VERSION, Surface
from agents.asking.tagging import TaggedDocument, log_left_out
from agents.serving.fitting_labels import fitting_labels
from schema.document import Document
from schema.fact import Triple
from schema.ids import EntityKey
from schema.observation import Claim, Reader
from schema.ontology import Ontology
from schema.ports import Extraction, LanguageModel
from schema.usage import Usage

COUNTED = 5000
"""Pairs of a document that a linear part looks at."""


class LabelRelations:
    """Reads what the model's own distribution over the relations says of each pair of the document's entities.

    A pair's probability is over the relations that the ontology allows between its types, and none; what reaches `floor`
    becomes a claim. Of more than `max_pairs` pairs the nearest are asked about; entities that never share a window of
    `window` characters are no pair. Where directed relations go both ways (a gene inhibits a gene), both orders are asked
    about and a symmetric relation's probability is the mean of the two. A model with `skills` is asked with the prompt that it was
    trained on, and only about what it was taught to say. With a `linear` part, which looks at all pairs, the model is asked about
    those that this leaves open, the likeliest `max_pairs`; `alone`, about none.
    """

    def __init__(
        self,
        model: LanguageModel,
        ontology: Ontology,
        *,
        prompt: str = "labels-1",
        skills: Skills | None = None,
        linear: Linear | None = None,
        alone: bool = False,
        floor: float = 0.1,
        max_pairs: int = 200,
        window: int = 6000,
        left_out: frozenset[str] = UNINFORMATIVE,
    ) -> None:
        self._model = model
        self._ontology = ontology
        self._prompt = skills.prompt if skills else prompt
        self._linear = linear
        self._alone = alone
        self._asked_from = skills.linear.asked_from if skills and skills.linear else 0.0
        self._floor = floor
        self._max_pairs = max_pairs
        self._window = window
        self._pairing = Pairing(ontology, left_out, skills.allows if skills else None)
        self._words: dict[str, str] | None = dict(skills.words) if skills else None
        self._finding = asyncio.Lock()
        self._head = ""

    @property
    def reader(self) -> Reader:
        """Its identity."""
        way, prompt = ("linear", VERSION) if self._alone else ("labels", self._prompt)
        return Reader(way, self._model.name, prompt, self._ontology.reading_name)

    @property
    def settings(self) -> str:
        """What else its answers depend on."""
        return f"floor={self._floor} pairs={self._max_pairs} window={self._window} without={','.join(sorted(self._pairing.left_out))}"

    async def available(self) -> None:
        """See LanguageModel; a linear part that reads alone asks no model."""
        if not self._alone:
            await self._model.available()

    async def read(self, document: Document) -> Extraction:
        """See the port. A document whose entities make no pair costs nothing."""
        tagged = TaggedDocument(document)
        windows = tagged.windows(self._window)
        bound = COUNTED if self._linear else self._max_pairs
        pairs, left_out = nearest_pairs(tagged, windows, self._pairing, bound)
        if left_out:
            log_left_out("pairs left out", document=document.id, asked=len(pairs), left_out=left_out, bound=bound)
        claims: list[Claim] = []
        usage = Usage()
        surface = Surface(tagged) if self._linear else None
        for number in sorted({pair.window for pair in pairs}):
            queries = pair_queries(tagged, [pair for pair in pairs if pair.window == number], self._pairing)
            rows, cost = await self._rows(tagged, surface, tagged.render(windows[number]), queries)
            claims += self._claims(tagged, queries, rows)
            usage += cost
        return Extraction(tuple(claims), usage)

    async def _rows(
        self, tagged: TaggedDocument, surface: Surface | None, text: str, queries: Sequence[PairQuery]
    ) -> tuple[list[dict[str, float]], Usage]:
        """A distribution for each query: the model's, with a linear part the product of both where that does not settle it alone."""
        if self._linear is None or surface is None:
            return await self._ask(tagged, text, queries)
        rows = [self._linear.shares(row_of(surface.features(q.head.entity, q.tail.entity)), q.relations) for q in queries]
        # The likeliest first: where there are too many, the others keep what the linear part says.
        order = sorted((at for at, each in enumerate(rows) if 1.0 - each[NONE] >= self._asked_from), key=lambda at: rows[at][NONE])
        open_ = [] if self._alone else sorted(order[: self._max_pairs])
        if not open_:
            return rows, Usage()
        found, cost = await self._ask(tagged, text, [queries[at] for at in open_])
        for at, said in zip(open_, found, strict=True):
            rows[at] = restricted({label: share * said[label] for label, share in rows[at].items()}, queries[at].relations)
        return rows, cost

    async def _ask(self, tagged: TaggedDocument, text: str, queries: Sequence[PairQuery]) -> tuple[list[dict[str, float]], Usage]:
        words = await self._labels()
        head = self._head = self._head or label_head(self._prompt, self._ontology, words)
        prefix = head + label_document(self._prompt, text)
        lines = [pair_line(self._prompt, tagged, query) for query in queries]
        scored = await self._model.score(prefix, lines, [f" {word}" for word in words.values()], len(head))
        rows = (dict(zip(words, row, strict=True)) for row in scored.rows)
        return [restricted(row, query.relations) for row, query in zip(rows, queries, strict=True)], scored.usage

    async def _labels(self) -> dict[str, str]:
        async with self._finding:  # once for all documents in flight
            self._words = self._words or await fitting_words(self._model, self._prompt, self._ontology)
        return self._words

    def _claims(self, tagged: TaggedDocument, queries: Sequence[PairQuery], rows: Sequence[Mapping[str, float]]) -> list[Claim]:
        said: dict[Triple, list[float]] = {}
        nearest: dict[Triple, PairQuery] = {}
        for query, row in zip(queries, rows, strict=True):
            head, tail = (EntityKey(tagged.entities[place.entity].key) for place in (query.head, query.tail))
            for relation in query.relations:
                triple = self._ontology.triple(head, relation, tail)
                said.setdefault(triple, []).append(row[relation])
                nearest.setdefault(triple, query)
        means = {triple: sum(values) / len(values) for triple, values in said.items()}
        return [
            Claim(
                triple.head,
                triple.relation,
                triple.tail,
                mean,
                quote=tagged.quote(nearest[triple].head, nearest[triple].tail),
                raw_score=mean,
            )
            for triple, mean in means.items()
            if mean >= self._floor
        ]


def pair_line(version: str, tagged: TaggedDocument, query: PairQuery) -> str:
    """The line that asks about one pair."""
    one, other = query.head.entity, query.tail.entity
    return label_query(version, tagged.entities[one], tagged.entities[other], relative_position(tagged, one, other))


def restricted(row: Mapping[str, float], relations: Sequence[str]) -> dict[str, float]:
    """The distribution given that the answer is one of these relations or none."""
    allowed = {name: row[name] for name in (NONE, *relations)}
    total = sum(allowed.values())
    return {name: value / total if total > 0.0 else 0.0 for name, value in allowed.items()}


async def fitting_words(model: LanguageModel, version: str, ontology: Ontology) -> dict[str, str]:
    """For each label a word that is one token of the model, unlike the others; letters where a label has none."""
    return await fitting_labels(model, label_words(version, ontology)) or letters(ontology)
