"""Sentences with their ends marked: `[head]` and `{tail}`."""

import re
from dataclasses import dataclass
from pathlib import Path

from pipeline.sentences.assertion import Effect, SentenceReading, read_quote

_MARK = re.compile(r"[\[\]{}]")


@dataclass(frozen=True, slots=True)
class Marked:
    text: str
    heads: tuple[tuple[int, int], ...]
    tails: tuple[tuple[int, int], ...]

    def read(self, relation: str) -> SentenceReading:
        return read_quote(self.text, relation, self.heads, self.tails)


def marked(said: str) -> Marked:
    """The sentence without its marks, and where its ends are."""
    plain = _MARK.sub("", said)

    def spans(opening: str, closing: str) -> tuple[tuple[int, int], ...]:
        found = re.finditer(rf"\{opening}([^\{closing}]*)\{closing}", said)
        return tuple((at := len(_MARK.sub("", said[: each.start()])), at + len(each[1])) for each in found)

    return Marked(plain, spans("[", "]"), spans("{", "}"))


def table(name: str) -> list[tuple[Effect, str, str]]:
    """Effect, relation and marked sentence of each row of a file beside this one."""
    lines = Path(__file__).with_name(name).read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines if line and not line.startswith("#")]
    return [(Effect(effect), relation, said) for effect, relation, said in rows]
