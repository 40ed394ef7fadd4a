"""The agent that rules on conflicts: it sees both sides with dates, beliefs and quotes, and answers with a verdict and a reason."""

from collections import Counter
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from agents.adapters.adapter import AUTO
from agents.asking.prompting import ruling_prompt
from agents.models.choice import SCRIPTED, make_model
from agents.models.scripted import ScriptedAdjudicator
from agents.replies.verdict_replies import METHOD, parse_verdict
from agents.serving.limits import DEFAULT_BOUNDS, Bounds
from schema.conflict import Conflict, Opinion
from schema.errors import ModelFailed
from schema.observation import Reader
from schema.ontology import Ontology
from schema.ports import Adjudicator, LanguageModel, Reply
from schema.records import Verdict
from schema.usage import Usage

SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {"verdict": {"enum": [verdict.value for verdict in Verdict]}, "reason": {"type": "string"}},
    "required": ["verdict", "reason"],
    "additionalProperties": False,
}
"""The JSON schema of an answer; the verdict comes first, so that it is known where the reason is cut."""


SURE = Fraction(4, 5)
"""The share of usable answers, two at least, that a verdict needs by which a fact closes."""


class ModelAdjudicator:
    """Asks for `answers` at a time, at most `rounds` times, until enough of the usable ones give the same verdict.

    For `both`, which closes nothing, that is more than half; for the others SURE of them, since a wrong one hides a fact. The
    reason is that of the first answer with this verdict, and says how many of how many gave it.
    """

    def __init__(
        self,
        model: LanguageModel,
        ontology: Ontology,
        *,
        prompt: str = "rulings-1",
        answers: int = 3,
        rounds: int = 2,
        max_tokens: int = 256,
        seed: int = 1,
    ) -> None:
        self._model = model
        self._ontology = ontology
        self._prompt = prompt
        self._answers = answers
        self._rounds = rounds
        self._max_tokens = max_tokens
        self._seed = seed

    async def rule(self, conflict: Conflict) -> Opinion:
        """See the port; raises ModelFailed, with the last reply, where none could be used or they disagree."""
        question = ruling_prompt(self._prompt, self._ontology, conflict)
        count = _Votes()
        usage = Usage()
        for number in range(self._rounds):
            sampled = await self._model.sample(question, self._answers, SCHEMA, self._max_tokens, self._seed + number * self._answers)
            usage += sampled.usage
            for reply in sampled.replies:
                count.add(reply)
            if (decided := count.decided) is not None:
                return Opinion(*decided, by=self._name, usage=usage)
        raise count.failure

    async def available(self) -> None:
        """See the port."""
        await self._model.available()

    async def close(self) -> None:
        """Let go of the model."""
        await self._model.close()

    @property
    def _name(self) -> str:
        # Asked for once an answer came: only then does a model know its name for sure.
        return Reader(METHOD, self._model.name, self._prompt, f"{self._ontology.name}-{self._ontology.version}").name


class _Votes:
    """The answers to one question."""

    def __init__(self) -> None:
        self.verdicts: Counter[Verdict] = Counter()
        self.reasons: dict[Verdict, str] = {}
        self.trouble: ModelFailed | None = None
        self.last = ""

    def add(self, reply: Reply) -> None:
        """Count one answer, or keep what is wrong with it."""
        self.last = reply.text
        try:
            verdict, reason = parse_verdict(reply.text)
        except ModelFailed as error:
            self.trouble = ModelFailed(reply.trouble, reply.text) if reply.trouble else error
            return
        self.verdicts[verdict] += 1
        self.reasons.setdefault(verdict, reason)

    @property
    def decided(self) -> tuple[Verdict, str] | None:
        """The verdict that enough of the usable answers give, with its reason."""
        usable = self.verdicts.total()
        for verdict, number in self.verdicts.items():
            enough = 2 * number > usable if verdict is Verdict.BOTH else number >= 2 and number >= SURE * usable
            if enough:
                return verdict, f"{self.reasons[verdict]} ({number} of {usable} answers)"
        return None

    @property
    def failure(self) -> ModelFailed:
        """Why there is no verdict."""
        if self.verdicts:
            told = ", ".join(f"{number} × {verdict}" for verdict, number in sorted(self.verdicts.items()))
            return ModelFailed(f"too few answers agree: {told}", self.last)
        return self.trouble or ModelFailed("the model server gave no answer")


def make_adjudicator(
    spec: str,
    ontology: Ontology,
    *,
    name: str | None = None,
    key: str | None = None,
    bounds: Bounds = DEFAULT_BOUNDS,
    adapter: str = AUTO,
) -> Adjudicator:
    """Make an adjudicator for `embedded`, URLs, or `scripted:FILE`; the model under an adapter rules, by the setting `adapter`.

    Raises WrongUse for a spec that there is not, and ModelUnavailable where the embedded model cannot run here.
    """
    if spec.startswith(SCRIPTED):
        return ScriptedAdjudicator(spec.removeprefix(SCRIPTED), ontology)
    return ModelAdjudicator(make_model(spec, name=name, key=key, bounds=bounds, setting=adapter), ontology)
