"""The agent that finds names by label probabilities: what could be a name is asked about, one short query each, one token the answer."""

from collections.abc import Iterable, Mapping, Sequence

from agents.adapters.skills import Skills
from agents.asking.prompting import label_document, name_query
from agents.asking.tagging import defused
from agents.names.candidate_spans import VERSION, candidate_spans, worth_asking
from agents.names.found_names import FoundNames, mentions_of, windows_of
from agents.names.occurrences import Occurrences, spelling_of
from schema.document import Document, Mention, Span
from schema.errors import WrongUse
from schema.ontology import Ontology
from schema.ports import LanguageModel
from schema.usage import NOTHING_PAID, Usage

Chances = Mapping[str, float]
"""How likely a name is of each type of the ontology; what is missing from 1 is that it is none."""


class LabelNames:
    """Asks of each piece of a text that could be a name what it is, and keeps what is likelier than `cut` to be of a type.

    Pieces are the names that vocabularies have in the text, then what looks like one; at most `most` of each window of `window`
    characters, at most `max_windows` of them: what follows is not looked at. A name has one answer for a whole document, the mean
    over its windows and its spellings, and is marked wherever it stands. Of two that overlap the one stays that is likelier *there*:
    a shorter one stands for itself only where the longer ones around it are no names, so its chance is multiplied by theirs to be none.
    """

    takes_known = True

    def __init__(
        self,
        model: LanguageModel,
        ontology: Ontology,
        skills: Skills,
        *,
        cut: float = 0.5,
        most: int = 400,
        window: int = 6000,
        max_windows: int = 24,
    ) -> None:
        if skills.names is None:
            raise WrongUse(f"the model {skills.name} was not taught to find names")
        self._model = model
        self._ontology = ontology
        self._words = dict(skills.kinds)
        self.prompt = skills.names
        self._cut = cut
        self._most = most
        self._window = window
        self._max_windows = max_windows

    @property
    def settings(self) -> str:
        """Model, prompt, types and bounds: what its answers depend on besides the text and the known names."""
        bounds = f"cut={self._cut} most={self._most} window={self._window}x{self._max_windows}"
        return f"{self._model.name} {self.prompt} {VERSION} {','.join(self._types)} {bounds}"

    async def find(self, document: Document, known: Sequence[str] = ()) -> FoundNames:
        """See the protocol. A text in which nothing could be a name costs nothing."""
        tagged, windows = windows_of(document, self._window, self._max_windows)
        said: dict[str, list[tuple[str, Chances]]] = {}
        usage = NOTHING_PAID
        for window in windows:
            rows, cost = await self._ask(tagged.render(window), known)
            usage += cost
            for name, chances in rows.items():
                said.setdefault(spelling_of(name), []).append((name, chances))
        return FoundNames(tuple(self._mentions(document, Occurrences(tagged.text), said)), usage)

    @property
    def _types(self) -> list[str]:
        return [kind for kind in self._ontology.entity_types if kind in self._words]

    async def _ask(self, text: str, known: Iterable[str]) -> tuple[dict[str, Chances], Usage]:
        given = (name for each in known if (name := defused(each)) in text and worth_asking(name))
        names = list(dict.fromkeys([*given, *candidate_spans(text)]))[: self._most]
        if not names or not self._types:
            return {}, NOTHING_PAID
        lines = [name_query(self.prompt, name) for name in names]
        labels = [f" {word}" for word in self._words.values()]
        scored = await self._model.score(label_document(self.prompt, text), lines, labels)
        return {name: self._chances(row) for name, row in zip(names, scored.rows, strict=True)}, scored.usage

    def _chances(self, row: Sequence[float]) -> Chances:
        said = dict(zip(self._words, row, strict=True))
        total = sum(said.values()) if max(row) > min(row) else 0.0  # who tells no answer from another says nothing
        return {kind: said[kind] / total if total > 0.0 else 0.0 for kind in self._types}

    def _mentions(self, document: Document, places: Occurrences, said: Mapping[str, Sequence[tuple[str, Chances]]]) -> Iterable[Mention]:
        chances = {form: _mean([each for _, each in told]) for form, told in said.items()}
        likely = {form: chance for form, each in chances.items() if (chance := sum(each.values())) >= self._cut}
        found = {(span, likely[form], form) for form in likely for name, _ in said[form] for span in places.of(name)}
        likeliest_type = {form: max(chances[form], key=lambda kind: chances[form][kind]) for form in likely}
        return mentions_of(document, [(span, likeliest_type[form]) for span, form in likeliest(found, len(places.text))])


def likeliest(spans: Iterable[tuple[Span, float, str]], length: int) -> list[tuple[Span, str]]:
    """Spans that do not overlap, in the order of the text: those first that are likeliest where they stand.

    Each comes with its chance to be a name. Inside longer ones it is one only if those are none.
    """
    by_length = sorted(spans, key=lambda found: (found[0][0] - found[0][1], found[0][0], found[2]))
    none_longer = [1.0] * length
    weighed = []
    for (start, end), chance, said in by_length:
        weighed.append((-chance * min(none_longer[start:end]), start - end, start, end, said))
        for at in range(start, end):
            none_longer[at] *= 1.0 - chance
    taken = bytearray(length)
    kept = []
    for _, _, start, end, said in sorted(weighed):
        if not any(taken[start:end]):
            taken[start:end] = b"\1" * (end - start)
            kept.append(((start, end), said))
    return sorted(kept)


def _mean(each: Sequence[Chances]) -> Chances:
    return {kind: sum(chances[kind] for chances in each) / len(each) for kind in each[0]}
