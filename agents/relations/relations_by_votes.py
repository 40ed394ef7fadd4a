"""Reading by sampled votes (MedKGent's way): n answers to one question; a claim's share of them is its confidence."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from agents.asking.pairs import UNINFORMATIVE, Pairing
from agents.asking.prompting import stated_relations, vote_prompt
from agents.asking.sentence_windows import halves
from agents.asking.tagging import TaggedDocument, TaggedEntity, log_left_out
from agents.relations.admitted_claims import CERTAIN, ClaimKey, admitted, worded_claim
from agents.relations.ballot import Ballot
from agents.replies.claim_replies import SaidClaim, parse_reply
from agents.replies.reply_pieces import CutOff, shortened
from schema.document import Document, Span
from schema.errors import ModelFailed
from schema.observation import Claim, Polarity, Reader
from schema.ontology import Ontology
from schema.ports import Extraction, LanguageModel, Reply
from schema.usage import NOTHING_PAID, Usage

MOST_CLAIMS = 12
"""Claims that one answer may make."""

SPLITS = 2
"""How often a window whose answers are cut off is asked about in halves."""


class VoteRelations:
    """Reads by asking up to `votes` times and counting; stops when further answers would hardly change a decision (`error`, see Ballot).

    The share of valid answers is the confidence, unanimity counts as 0.95, what stays under `floor` is dropped. A document is
    set aside where under half of the answers are valid or over half of the valid ones say none. A text longer than `window`
    characters is asked about in parts, at most `max_windows` of them.
    """

    def __init__(
        self,
        model: LanguageModel,
        ontology: Ontology,
        *,
        prompt: str = "votes-2",
        votes: int = 50,
        error: float | None = 0.05,
        threshold: float = 0.6,
        floor: float = 0.1,
        max_tokens: int = 512,
        seed: int = 1,
        window: int = 5000,
        max_windows: int = 8,
        left_out: frozenset[str] = UNINFORMATIVE,
    ) -> None:
        self._model = model
        self._ontology = ontology
        self._prompt = prompt
        self._votes = votes
        self._error = error
        self._threshold = threshold
        self._floor = floor
        self._max_tokens = max_tokens
        self._seed = seed
        self._window = window
        self._max_windows = max_windows
        self._pairing = Pairing(ontology, left_out)
        self._stated = stated_relations(prompt, ontology)

    @property
    def reader(self) -> Reader:
        """Its identity."""
        return Reader("votes", self._model.name, self._prompt, self._ontology.reading_name)

    @property
    def settings(self) -> str:
        """What else its answers depend on."""
        ballot = f"votes={self._votes} error={self._error} threshold={self._threshold} floor={self._floor}"
        asking = f"tokens={self._max_tokens} seed={self._seed} window={self._window}x{self._max_windows}"
        return f"{ballot} {asking} without={','.join(sorted(self._pairing.left_out))}"

    async def available(self) -> None:
        """See LanguageModel."""
        await self._model.available()

    async def read(self, document: Document) -> Extraction:
        """See the port. A document whose entities make no pair costs nothing."""
        tagged = TaggedDocument(document)
        asked = [window for window in tagged.windows(self._window) if self._related(tagged, window)]
        if len(asked) > self._max_windows:
            log_left_out("windows left out", document=document.id, asked=self._max_windows, left_out=len(asked) - self._max_windows)
        usage = NOTHING_PAID
        counts: list[_WindowVotes] = []
        for window in asked[: self._max_windows]:
            cost, some = await self._counts(tagged, window, SPLITS)
            usage, counts = usage + cost, counts + some
        if counts and all(count.ballot.mostly_none_for_sure for count in counts):
            raise ModelFailed(f"over half of the answers say none: {shortened(counts[0].last)}", counts[0].last)
        return Extraction(tuple(self._claims(tagged, [count for count in counts if not count.ballot.mostly_none_for_sure])), usage)

    def _related(self, tagged: TaggedDocument, window: Span) -> tuple[TaggedEntity, ...]:
        """The entities of a window that some relation could join to another one there."""
        named = [tagged.entities[number] for number in sorted({place.entity for place in tagged.within(window)})]
        return tuple(one for one in named if any(self._pairing.orders(one.type, other.type) for other in named if other is not one))

    async def _counts(self, tagged: TaggedDocument, window: Span, splits: int) -> tuple[Usage, list["_WindowVotes"]]:
        """The votes on a window; where its answers are cut off, on its halves."""
        count = await self._count(tagged, window, self._related(tagged, window))
        if not count.ballot.hopeless:
            return count.usage, [count]
        parts = [part for part in halves(window, tagged.sentences) if self._related(tagged, part)] if count.mostly_cut and splits else []
        if not parts:
            told = f"under half of the answers are valid ({count.ballot.valid} of {count.ballot.asked})"
            raise ModelFailed(f"{told}: {count.trouble}", count.bad)
        usage = count.usage
        counts: list[_WindowVotes] = []
        for part in parts:
            cost, some = await self._counts(tagged, part, splits - 1)
            usage, counts = usage + cost, counts + some
        return usage, counts

    async def _count(self, tagged: TaggedDocument, window: Span, named: tuple[TaggedEntity, ...]) -> "_WindowVotes":
        question = vote_prompt(self._prompt, self._ontology, named, tagged.render(window))
        schema = answer_schema(named, self._pairing, self._stated)
        count = _WindowVotes(Ballot(self._votes, self._threshold, self._error))
        while some := count.ballot.next_round:
            seed = self._seed + count.ballot.asked
            sampled = await self._model.sample(question, some, schema, self._max_tokens, seed)
            count.usage += sampled.usage
            if not sampled.replies:
                raise ModelFailed("the model server gave no answer")
            for reply in sampled.replies:
                count.add(reply, tagged, self._ontology)
        return count

    def _claims(self, tagged: TaggedDocument, counts: Sequence["_WindowVotes"]) -> list[Claim]:
        best: dict[ClaimKey, tuple[float, SaidClaim]] = {}
        for count in counts:
            for candidate, share in count.ballot.shares().items():
                if share >= self._floor and share > best.get(candidate, (0.0,))[0]:
                    best[candidate] = share, replace(count.worded[candidate], stated=count.stated[candidate].most_common(1)[0][0])
        return [worded_claim(candidate, min(share, CERTAIN), said, tagged, share) for candidate, (share, said) in best.items()]


class _WindowVotes:
    """The votes on one window and what is said of them."""

    def __init__(self, ballot: Ballot[ClaimKey]) -> None:
        self.ballot = ballot
        self.usage = NOTHING_PAID
        self.worded: dict[ClaimKey, SaidClaim] = {}
        self.stated: dict[ClaimKey, Counter[tuple[str | None, str | None]]] = {}
        self.trouble = ""
        self.last = self.bad = ""
        self.cut = 0

    def add(self, reply: Reply, tagged: TaggedDocument, ontology: Ontology) -> None:
        """Count one reply; one whose claims are all refused is not valid."""
        self.last = reply.text
        try:
            answer = admitted(parse_reply(reply.text, reply.complete), tagged, ontology)
        except ModelFailed as error:
            self.trouble, self.bad = reply.trouble or str(error), reply.text
            self.cut += not reply.complete or isinstance(error, CutOff)
            self.ballot.add(None)
            return
        for candidate, said in answer.candidates.items():
            self.worded.setdefault(candidate, said)
            self.stated.setdefault(candidate, Counter())[said.stated] += 1
        if answer.refused and not answer.candidates:
            self.trouble, self.bad = f"{answer.refused[0]}: {shortened(reply.text)}", reply.text
            self.ballot.add(None)
        else:
            self.ballot.add(answer.candidates)

    @property
    def mostly_cut(self) -> bool:
        """Whether over half of the answers were cut off before they said anything."""
        return 2 * self.cut > self.ballot.asked


def answer_schema(named: Sequence[TaggedEntity], pairing: Pairing, stated: frozenset[str] = frozenset()) -> Mapping[str, Any]:
    """The JSON schema of an answer: only these entities can be said, and only what the ontology allows between their types.

    Of the `stated` relations it also says from when and until when.
    """
    tags: dict[str, list[str]] = {}
    for entity in named:
        tags.setdefault(entity.type, []).append(entity.tag)
    claims = [
        _claim_schema(heads, relations, tails, is_stated=is_stated)
        for number, one in enumerate(tags)
        for other in list(tags)[number:]
        for head, tail in {(other, one) if turned else (one, other): None for turned in pairing.orders(one, other)}
        for heads, tails in _ends(tags[head], tags[tail])
        for is_stated in (False, True)
        if (relations := [name for name in pairing.relations(head, tail) if (name in stated) is is_stated])
    ]
    return {
        "type": "object",
        "properties": {"claims": {"type": "array", "items": {"anyOf": claims}, "maxItems": MOST_CLAIMS}},
        "required": ["claims"],
        "additionalProperties": False,
    }


def _ends(heads: Sequence[str], tails: Sequence[str]) -> list[tuple[Sequence[str], Sequence[str]]]:
    """Heads and tails so that nothing stands at both ends."""
    if heads is not tails:
        return [(heads, tails)]
    return [([tag], [other for other in tails if other != tag]) for tag in heads] if len(heads) > 1 else []


def _claim_schema(heads: Sequence[str], relations: Sequence[str], tails: Sequence[str], *, is_stated: bool) -> Mapping[str, Any]:
    said = {"head": heads, "relation": relations, "tail": tails, "polarity": [polarity.value for polarity in Polarity]}
    properties: dict[str, Any] = {key: {"enum": list(values)} for key, values in said.items()}
    if is_stated:
        properties["stated"] = {"type": "array", "items": {"anyOf": [{"type": "string"}, {"type": "null"}]}, "minItems": 2, "maxItems": 2}
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}
