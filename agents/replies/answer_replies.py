"""What a model's raw reply answers a question with, seen through what small models wrap it in; pure."""

import re

from agents.replies.reply_pieces import decoded, pieces, shortened
from schema.errors import ModelFailed

LONGEST_ANSWER = 8_000
"""Characters of an answer that are kept."""

_CUT = re.compile(r'"answer"\s{0,20}:\s{0,20}"((?:[^"\\]|\\.)*)', re.IGNORECASE | re.DOTALL)
_THOUGHT = re.compile(r"^.*</think(?:ing)?>", re.IGNORECASE | re.DOTALL)


def parse_answer(text: str) -> str:
    """The answer of a reply; raises ModelFailed with what is wrong and the reply.

    Seen through are a thought in front, a code fence, prose around, and an end that is missing: what was cut ends in `…`. A server that
    holds no answer to a schema gives plain words: they are the answer where there is no object at all.
    """
    if "{" not in text:
        return _plain(text)
    try:
        found = pieces(text)
    except ModelFailed as error:
        raise ModelFailed(str(error), text) from error
    for piece in found.whole:
        try:
            said, _ = decoded(piece)
        except ValueError:
            continue
        if isinstance(words := said.get("answer"), str) and _says_something(words):
            return words.strip()[:LONGEST_ANSWER]
    if found.cut and (cut := _CUT.search(found.cut)) and _says_something(cut[1]):
        try:
            said, _ = decoded(f'{{"answer":"{cut[1]}"}}')
        except ValueError as error:
            raise ModelFailed(f"the reply was cut within a sign: {shortened(text)}", text) from error
        return f"{str(said['answer']).strip()[:LONGEST_ANSWER]} …"
    raise ModelFailed(f"the reply gives no answer: {shortened(text)}", text)


def _plain(text: str) -> str:
    words = _THOUGHT.sub("", text)
    if not _says_something(words):
        raise ModelFailed(f"the reply gives no answer: {shortened(text)}", text)
    return words.strip()[:LONGEST_ANSWER]


def _says_something(words: str) -> bool:
    return any(sign.isalnum() for sign in words) and words.strip(" .") != "..."
