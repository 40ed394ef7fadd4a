"""The agent that answers a question from a context: it is told what to do with the evidence, and its words are the answer."""

from collections.abc import Mapping, Sequence
from typing import Any

from agents.adapters.adapter import AUTO
from agents.models.choice import SCRIPTED, make_model
from agents.models.scripted import ScriptedAnswerer
from agents.replies.answer_replies import parse_answer
from agents.serving.limits import DEFAULT_BOUNDS, Bounds
from schema.errors import ModelFailed
from schema.ports import Answered, Answerer, LanguageModel
from schema.usage import NOTHING_PAID

SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {"answer": {"type": "string"}},
    "required": ["answer"],
    "additionalProperties": False,
}
"""The JSON schema of an answer."""

ASKED_AS = 'Answer in at most five sentences, with JSON on one line and nothing else: {"answer":"..."}'


class ModelAnswerer:
    """Asks a model once, and a second time where its reply cannot be used; no more than `max_tokens` of it are paid for each time."""

    def __init__(self, model: LanguageModel, *, rounds: int = 2, max_tokens: int = 512, seed: int = 1) -> None:
        self._model, self._rounds, self._max_tokens, self._seed = model, rounds, max_tokens, seed

    async def answer(self, question: str, messages: Sequence[Mapping[str, str]]) -> Answered:
        """See the port."""
        prompt = "\n\n".join([*(message["content"] for message in messages), ASKED_AS])
        trouble, paid = ModelFailed("the model gave no answer"), NOTHING_PAID
        for number in range(self._rounds):
            sampled = await self._model.sample(prompt, 1, SCHEMA, self._max_tokens, self._seed + number)
            paid += sampled.usage
            for reply in sampled.replies:
                try:
                    return Answered(parse_answer(reply.text), self._model.name, paid)
                except ModelFailed as error:
                    trouble = ModelFailed(reply.trouble, reply.text) if reply.trouble else error
        trouble.usage = paid
        raise trouble

    async def close(self) -> None:
        """Let go of the model."""
        await self._model.close()


def make_answerer(
    spec: str, *, name: str | None = None, key: str | None = None, bounds: Bounds = DEFAULT_BOUNDS, adapter: str = AUTO
) -> Answerer:
    """Make an answerer for `embedded`, URLs, or `scripted:FILE`; the model under an adapter answers, by the setting `adapter`.

    Raises WrongUse for a spec that there is not, and ModelUnavailable where the embedded model cannot run here.
    """
    if spec.startswith(SCRIPTED):
        return ScriptedAnswerer(spec.removeprefix(SCRIPTED))
    return ModelAnswerer(make_model(spec, name=name, key=key, bounds=bounds, setting=adapter))
