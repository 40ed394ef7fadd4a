"""Answers of the model that the settings name, from the context for a question; markers that are not in it are taken out."""

import asyncio
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from agents.answerer import make_answerer
from agents.models.choice import EMBEDDED
from flows.answers.answers_from_log import context_for
from flows.home.homes import Home
from pipeline.retrieving.chat import chat_messages, checked_markers
from pipeline.retrieving.fact_filter import FactFilter
from schema.ports import Answered

BUDGET = {EMBEDDED: 1_500}
"""Tokens of evidence for a model that has room for few, where no budget is given."""

WEAK = "the embedded model is far too small to be trusted with an answer: read the evidence, or name a better one with --model"


def answer_for(
    home: Home,
    question: str,
    as_of: date | None = None,
    known_at: datetime | None = None,
    limit: int = 20,
    *,
    wanted: FactFilter | None = None,
    budget: int | None = None,
) -> dict[str, Any]:
    """What the model of the settings answers from the context for a question.

    The context's dictionary (context_for) with `answer` (None where nothing is known, and no model is asked), `cited` and `removed`
    (markers: those that the answer has, and those that it made up, which are taken out), `model`, `remark` and `usage` (tokens). Raises
    ModelFailed where no usable answer came, ModelUnavailable where the model is away.
    """
    spec = home.settings.model
    told = context_for(home, question, as_of, known_at, limit, wanted=wanted, budget=budget or BUDGET.get(spec))
    if not told["facts"]:
        return {**told, "answer": None, "cited": [], "removed": [], "model": None, "remark": "", "usage": None}
    answered = asyncio.run(_answered(home, question, chat_messages(told)))
    checked = checked_markers(answered.text, {fact["marker"] for fact in told["facts"]})
    usage = {"prompt_tokens": answered.usage.prompt_tokens, "completion_tokens": answered.usage.completion_tokens}
    return {**told, **checked, "model": answered.by, "remark": WEAK if spec == EMBEDDED else "", "usage": usage}


def answer_in_words(told: Mapping[str, Any]) -> str:
    """The answer, remarks on it, and the evidence."""
    if told["answer"] is None:
        return str(told["text"])
    lines = [told["answer"], "", f"Answered by {told['model']}; markers point to the evidence below."]
    if told["remark"]:
        lines.append(f"Note: {told['remark']}.")
    if told["removed"]:
        lines.append(f"Taken out: {', '.join(f'[{number}]' for number in told['removed'])}, which the evidence does not have.")
    if not told["cited"]:
        lines.append("The answer cites none of the evidence.")
    return "\n".join([*lines, "", str(told["text"])])


async def _answered(home: Home, question: str, messages: list[dict[str, str]]) -> Answered:
    settings = home.settings
    key = settings.model_key.get_secret_value() or None
    answerer = make_answerer(settings.model, name=settings.model_name, key=key, adapter=settings.adapter)
    try:
        return await answerer.answer(question, messages)
    finally:
        await answerer.close()
