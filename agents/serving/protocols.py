"""What the dialects of model servers say over HTTP: request bodies, and how their answers read. Pure."""

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from json import dumps
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from agents.serving.chat_answers import Message, reply_of
from agents.serving.grammar import compact_grammar
from agents.serving.label_rows import NoProbabilities, Row, label_row, row_of_tokens
from schema.errors import ModelFailed
from schema.ports import Reply
from schema.usage import Usage

TOP_LOGPROBS = 5
"""How many alternatives any OpenAI-compatible server lists for a token of a completion."""

_PASSING = re.compile(r"unavailable|overloaded|time.?out|rate.?limit|server.?error|internal", re.IGNORECASE)
_NO_LIST = re.compile(
    r"HTTP 4\d\d: .*(?:\b(?:array|list)\b.*\b(?:string|prompt)|prompt.*\b(?:array|list|string)\b)", re.IGNORECASE | re.DOTALL
)
_WAITING = re.compile(r"^vllm:num_requests_waiting(?:\{[^}\n]*\})? ([0-9.e+]+)$", re.MULTILINE)
_BLOCK = re.compile(r'^vllm:cache_config_info\{[^}\n]*\bblock_size="(\d{1,5})"', re.MULTILINE)


class Dialect(StrEnum):
    """Which server answers."""

    VLLM = "vllm"
    LLAMACPP = "llamacpp"
    OPENAI = "openai"


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", protected_namespaces=())


class _Cached(_Part):
    cached_tokens: int | None = None


class _Counted(_Part):
    prompt_tokens: int = 0
    completion_tokens: int | None = 0
    prompt_tokens_details: _Cached | None = None


class _ChatChoice(_Part):
    message: Message
    finish_reason: str | None = None


class _Chat(_Part):
    choices: list[_ChatChoice] = Field(min_length=1)
    usage: _Counted | None = None


class _Top(_Part):
    token: str
    logprob: float | None = None


class _Listed(_Part):
    top_logprobs: list[_Top] = []


class _Logprobs(_Part):
    """The likeliest tokens: as completions give them, or, on some servers, as chats do."""

    top_logprobs: list[dict[str, float | None] | None] | None = None
    content: list[_Listed] | None = None

    @property
    def first(self) -> dict[str, float | None]:
        """Those of the first token of the answer."""
        if self.top_logprobs:
            return self.top_logprobs[0] or {}
        return {top.token: top.logprob for top in self.content[0].top_logprobs} if self.content else {}


class _Choice(_Part):
    index: int
    logprobs: _Logprobs | None = None


class _Completion(_Part):
    choices: list[_Choice] = Field(min_length=1)
    usage: _Counted | None = None


class _Token(_Part):
    id: int
    prob: float


class _Position(_Part):
    top_probs: list[_Token]


class _LlamaResult(_Part):
    completion_probabilities: list[_Position] = Field(min_length=1)
    tokens_evaluated: int = 0
    computed: int | None = Field(default=None, alias="timings/prompt_n")


class _Model(_Part):
    id: str
    owned_by: str = ""
    parent: str | None = None


class _Models(_Part):
    data: list[_Model] = Field(min_length=1)


class _Tokens(_Part):
    tokens: list[int]


class _Adapter(_Part):
    id: int


class _Props(_Part):
    total_slots: int = Field(ge=1, le=1024)


def _understood(kind: Any, answer: object) -> Any:
    try:
        return TypeAdapter(kind).validate_python(answer)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"])) or "the answer"
        raise ModelFailed(f"the model server's answer is not what was asked for: {where}: {first['msg']}") from error


def models(answer: object) -> list[tuple[str, str]]:
    """(id, owner) of each model that a server lists."""
    return [(model.id, model.owned_by) for model in _understood(_Models, answer).data]


def parent(answer: object, name: str) -> str | None:
    """The listed model that the one of that name is an adapter of, None where it is none."""
    return next((model.parent for model in _understood(_Models, answer).data if model.id == name), None)


def without_adapters(answer: object) -> dict[str, Any]:
    """What a request to llama.cpp says to be answered without the adapters that the server lists."""
    listed: list[_Adapter] = _understood(list[_Adapter], answer)
    return {"lora": [{"id": adapter.id, "scale": 0.0} for adapter in listed]} if listed else {}


def slots(answer: object) -> int:
    """How many slots a llama.cpp server has."""
    return int(_understood(_Props, answer).total_slots)


def token_ids(answer: object) -> list[int]:
    """The tokens of a text, as `/tokenize` gives them."""
    return list(_understood(_Tokens, answer).tokens)


def tokenize_body(dialect: Dialect, model: str, text: str, *, special: bool = False) -> dict[str, Any]:
    """What to ask `/tokenize`; `special`: with the tokens that the server puts around a prompt."""
    if dialect is Dialect.LLAMACPP:
        return {"content": text, "add_special": special}
    return {"model": model, "prompt": text, "add_special_tokens": special}


def sample_body(dialect: Dialect, model: str, prompt: str, n: int, schema: Mapping[str, Any], max_tokens: int, seed: int) -> dict[str, Any]:
    """A chat completion held to a schema, without free whitespace where the server can leave it out (it is most of the tokens)."""
    body: dict[str, Any] = {
        "model": model,
        "messages": [{"role": "user", "content": prompt}],
        "n": n,
        "max_tokens": max_tokens,
        "seed": seed,
        "temperature": 1.0,
        "top_p": 1.0,
    }
    if dialect is Dialect.VLLM:
        # vLLM takes `disable_any_whitespace` of a request and ignores it (0.32): only a grammar is kept to, space by space.
        grammar = compact_grammar(schema)
        constraint = {"grammar": grammar} if grammar else {"json": dict(schema), "disable_any_whitespace": True}
        return {**body, "structured_outputs": constraint, "top_k": 0, "min_p": 0.0, "repetition_penalty": 1.0}
    if dialect is Dialect.LLAMACPP:
        guided = dumps({"x-guidance": {"whitespace_flexible": False}, **schema}, ensure_ascii=True)
        return {**body, "grammar": f"%llguidance {{}}\nstart: %json {guided}", "top_k": 0, "min_p": 0.0, "cache_prompt": True}
    return {**body, "response_format": _response_format(schema)}


def without_llguidance(body: Mapping[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    """The same for a llama.cpp built without llguidance: its own grammar (slower), or the schema with free whitespace."""
    rest = {key: value for key, value in body.items() if key != "grammar"}
    grammar = compact_grammar(schema)
    return {**rest, "grammar": grammar} if grammar else {**rest, "response_format": _response_format(schema)}


def _response_format(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "json_schema", "json_schema": {"name": "answer", "strict": True, "schema": dict(schema)}}


def sampled(answer: object) -> tuple[tuple[Reply, ...], Usage]:
    """The answers of a chat completion and what they cost."""
    chat: _Chat = _understood(_Chat, answer)
    replies = tuple(reply_of(choice.message, choice.finish_reason) for choice in chat.choices)
    return replies, _usage(chat.usage)


def score_body(dialect: Dialect, model: str, prompts: Sequence[str], labels: Sequence[int], slot: int) -> dict[str, Any]:
    """One token after each prompt, with the probabilities of the labels' tokens."""
    if dialect is Dialect.LLAMACPP:
        return {
            "prompt": list(prompts),
            "n_predict": 1,
            "temperature": 1.0,
            "top_k": 0,
            "top_p": 1.0,
            "min_p": 0.0,
            "n_probs": len(labels),
            "logit_bias": [[label, 100] for label in labels],  # lifts the labels above all else: the rest is their softmax
            "post_sampling_probs": True,
            "cache_prompt": True,
            "id_slot": slot,
            "response_fields": ["completion_probabilities", "tokens_evaluated", "timings/prompt_n"],
        }
    body = {"model": model, "prompt": list(prompts), "max_tokens": 1, "temperature": 1.0, "logprobs": TOP_LOGPROBS}
    if dialect is Dialect.VLLM:
        return {**body, "logprob_token_ids": list(labels), "return_tokens_as_token_ids": True}
    return body


def scored(dialect: Dialect, answer: object, asked: int, labels: Sequence[int], words: Sequence[str]) -> tuple[list[Row], Usage]:
    """A row of label probabilities for each of the prompts asked, in order, and what they cost."""
    if dialect is Dialect.LLAMACPP:
        results: list[_LlamaResult] = _understood(list[_LlamaResult], answer if isinstance(answer, list) else [answer])
        rows = [label_row(labels, {token.id: token.prob for token in r.completion_probabilities[0].top_probs}) for r in results]
        computed = sum(r.tokens_evaluated if r.computed is None else r.computed for r in results)
        usage = Usage(1, computed, len(results))
    else:
        completion: _Completion = _understood(_Completion, answer)
        found = [c.logprobs.first if c.logprobs else {} for c in sorted(completion.choices, key=lambda choice: choice.index)]
        if not any(found):
            raise NoProbabilities("the model server's answer has no log-probabilities of tokens; --reading votes needs none")
        names = [f"token_id:{label}" for label in labels] if dialect is Dialect.VLLM else list(words)
        rows = [row_of_tokens(names, top) for top in found]
        usage = _usage(completion.usage, asked)
    if len(rows) != asked:
        raise ModelFailed(f"the model server answered {len(rows)} of {asked} prompts")
    return rows, usage


def _usage(counted: _Counted | None, prompts: int = 1) -> Usage:
    # Tokens that came from the server's cache were not computed. vLLM (0.32) reports those of the last prompt of a list only.
    if counted is None:
        return Usage(1)
    cached = counted.prompt_tokens_details.cached_tokens if counted.prompt_tokens_details else 0
    return Usage(1, max(0, counted.prompt_tokens - prompts * (cached or 0)), counted.completion_tokens or 0)


def failure_within(answer: object) -> tuple[str, int | None] | None:
    """What an answer with status 200 says went wrong, in the server's words, and the status that it should have had; None where nothing."""
    if not isinstance(answer, dict):
        return None
    choices = answer.get("choices")
    held = [answer, *(each for each in (choices if isinstance(choices, list) else ()) if isinstance(each, dict))]
    told = next((each["error"] for each in held if each.get("error")), None)
    if told is None and (answer.get("object") == "error" or (not choices and answer.get("message") and "code" in answer)):
        told = answer
    if told is None:
        return None
    said = told if isinstance(told, dict) else {"message": told}
    words = str(said.get("message") or said)
    code = next((int(str(found)) for name in ("code", "status") if re.fullmatch("[1-5][0-9]{2}", str(found := said.get(name)))), None)
    if code is None and _PASSING.search(f"{said.get('type')} {said.get('code')}"):
        code = 503
    return words, code


def refuses_lists(message: str) -> bool:
    """Whether a server says that it takes one prompt at a time only."""
    return _NO_LIST.search(message) is not None


def requests_waiting(text: str) -> int | None:
    """How many requests wait for their turn on vLLM, over all engines, by its `/metrics`; None where these do not say."""
    found = _WAITING.findall(text)
    return int(sum(map(float, found))) if found else None


def cache_block_size(text: str) -> int | None:
    """Tokens in a block of vLLM's prefix cache, by its `/metrics`: a prompt is found there in whole blocks only."""
    found = _BLOCK.search(text)
    return int(found[1]) if found else None
