"""The agent that finds names in a text that comes without mentions: what a model names, where it stands word for word."""

from collections import Counter, deque
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from typing import Any

from agents.asking.prompting import mention_prompt
from agents.asking.sentence_windows import halves
from agents.asking.tagging import log_left_out
from agents.names.found_names import FoundNames, mentions_of, windows_of
from agents.names.occurrences import Occurrences, longest_first, spelling_of
from agents.replies.mention_replies import SaidMention, parse_mentions
from agents.replies.reply_pieces import CutOff, shortened
from schema.document import Document, Mention, Span
from schema.errors import ModelFailed
from schema.ontology import Ontology
from schema.ports import LanguageModel, Reply
from schema.usage import NOTHING_PAID, Usage


class VoteNames:
    """Asks for the names in each window of a text, `answers` at a time, and keeps what more than half of the usable ones name.

    Windows are runs of sentences of at most `window` characters, at most `max_windows` of them: what follows is not looked at. A
    window whose answers are cut off is asked about in halves, `splits` times over. Where under half of the answers are usable it is
    asked again, `rounds` times in all; then the document fails, with the last reply.
    """

    takes_known = False

    def __init__(
        self,
        model: LanguageModel,
        ontology: Ontology,
        *,
        prompt: str = "mentions-1",
        answers: int = 3,
        rounds: int = 2,
        most: int = 40,
        max_tokens: int = 768,
        seed: int = 1,
        window: int = 2400,
        max_windows: int = 24,
        splits: int = 2,
    ) -> None:
        self._model = model
        self._ontology = ontology
        self.prompt = prompt
        self._answers = answers
        self._rounds = rounds
        self._most = most
        self._max_tokens = max_tokens
        self._seed = seed
        self._window = window
        self._max_windows = max_windows
        self._splits = splits

    @property
    def settings(self) -> str:
        """Model, prompt, types and bounds: what its answers depend on besides the text."""
        bounds = f"answers={self._answers}x{self._rounds} most={self._most} tokens={self._max_tokens} seed={self._seed}"
        windows = f"window={self._window}x{self._max_windows} splits={self._splits}"
        return f"{self._model.name} {self.prompt} {','.join(self._ontology.entity_types)} {bounds} {windows}"

    async def find(self, document: Document, known: Sequence[str] = ()) -> FoundNames:
        """See the protocol. A text without a letter costs nothing."""
        tagged, windows = windows_of(document, self._window, self._max_windows)
        places = Occurrences(tagged.text)
        counts = [count async for count in self._counts(windows, places, tagged.sentences)]
        refused = sum((count.refused for count in counts), Counter[str]())
        if refused:
            log_left_out("names refused", document=document.id, refused=refused.total())  # a reason may quote an answer
        mentions = tuple(self._mentions(document, places, counts))
        return FoundNames(mentions, sum((count.usage for count in counts), NOTHING_PAID), dict(sorted(refused.items())))

    async def _counts(self, windows: Sequence[Span], places: Occurrences, sentences: Sequence[Span]) -> AsyncIterator["_WindowVotes"]:
        """The answers about each window; one that is asked about in halves counts for its cost only."""
        waiting = deque((window, self._splits) for window in windows)
        while waiting:
            window, splits = waiting.popleft()
            if not any(sign.isalpha() for sign in places.text[window[0] : window[1]]):
                continue
            count = await self._ask(places, window)
            parts = halves(window, sentences) if splits and count.mostly_cut else []
            if parts:
                waiting.extendleft((part, splits - 1) for part in reversed(parts))
                yield _WindowVotes(window, count.usage)
            elif count.usable:
                yield count
            else:
                told = f"under half of the answers name what the text has ({count.valid} of {count.asked})"
                raise ModelFailed(f"{told}: {count.trouble}", count.bad)

    async def _ask(self, places: Occurrences, window: Span) -> "_WindowVotes":
        question = mention_prompt(self.prompt, self._ontology, places.text[window[0] : window[1]])
        schema = mention_schema(self._ontology.entity_types, self._most)
        count = _WindowVotes(window)
        for number in range(self._rounds):
            seed = self._seed + number * self._answers
            sampled = await self._model.sample(question, self._answers, schema, self._max_tokens, seed)
            count.usage += sampled.usage
            if not sampled.replies:
                raise ModelFailed("the model server gave no answer")
            for reply in sampled.replies:
                count.add(reply, places, self._ontology.entity_types)
            if count.usable or count.mostly_cut:
                break
        return count

    def _mentions(self, document: Document, places: Occurrences, counts: Sequence["_WindowVotes"]) -> Iterable[Mention]:
        kinds: dict[str, Counter[str]] = {}
        for count in counts:
            for form in count.agreed:
                kinds.setdefault(form, Counter()).update(count.kinds[form])
        order = {kind: number for number, kind in enumerate(self._ontology.entity_types)}
        best = {form: min(votes, key=lambda kind: (-votes[kind], order[kind])) for form, votes in kinds.items()}
        names = dict.fromkeys(name for count in counts for form in count.agreed for name in count.names[form])
        found = ((span, best[spelling_of(name)]) for name in names if spelling_of(name) in best for span in places.of(name))
        return mentions_of(document, longest_first(found, len(places.text)))


class _WindowVotes:
    """The answers about one window."""

    def __init__(self, window: Span, usage: Usage = NOTHING_PAID) -> None:
        self.window = window
        self.usage = usage
        self.asked = self.valid = self.cut = 0
        self.forms: Counter[str] = Counter()  # in how many answers
        self.kinds: dict[str, Counter[str]] = {}
        self.names: dict[str, dict[str, None]] = {}
        self.refused: Counter[str] = Counter()
        self.trouble = ""
        self.bad = ""  # the last answer that was not valid

    def add(self, reply: Reply, places: Occurrences, types: Sequence[str]) -> None:
        """Count one answer; one that names only what is not there is not valid."""
        self.asked += 1
        try:
            said = parse_mentions(reply.text, types, reply.complete)
        except ModelFailed as error:
            self.trouble, self.bad = reply.trouble or str(error), reply.text
            self.cut += not reply.complete or isinstance(error, CutOff)
            return
        self.cut += not said.complete
        here = [mention for mention in said.mentions if self._has(places, mention.text)]
        missing = len(said.mentions) - len(here)
        self.refused.update(reason.partition(":")[0] for reason in said.refused)
        self.refused["not in the text"] += missing
        if not here and (missing or said.refused):
            why = said.refused[0] if said.refused else f"{said.mentions[0].text!r} is not in the text"
            self.trouble, self.bad = f"{why}: {shortened(reply.text)}", reply.text
            return
        self.valid += 1
        self._take(here)

    def _take(self, here: Sequence[SaidMention]) -> None:
        forms = {spelling_of(mention.text) for mention in here}
        self.forms.update(forms)
        for mention in here:
            form = spelling_of(mention.text)
            self.kinds.setdefault(form, Counter())[mention.type] += 1
            self.names.setdefault(form, {})[mention.text] = None

    def _has(self, places: Occurrences, name: str) -> bool:
        return any(self.window[0] <= start and end <= self.window[1] for start, end in places.of(name))

    @property
    def usable(self) -> bool:
        """Whether at least half of the answers are valid."""
        return 2 * self.valid >= self.asked

    @property
    def mostly_cut(self) -> bool:
        """Whether over half of the answers were cut off."""
        return 2 * self.cut > self.asked

    @property
    def agreed(self) -> list[str]:
        """What more than half of the valid answers name."""
        return [form for form, number in self.forms.items() if 2 * number > self.valid]


def mention_schema(types: Sequence[str], most: int) -> Mapping[str, Any]:
    """The JSON schema of an answer: at most so many names, each of one of the types."""
    mention = {
        "type": "object",
        "properties": {"type": {"enum": list(types)}, "text": {"type": "string"}},
        "required": ["type", "text"],
        "additionalProperties": False,
    }
    return {
        "type": "object",
        "properties": {"mentions": {"type": "array", "items": mention, "maxItems": most}},
        "required": ["mentions"],
        "additionalProperties": False,
    }
