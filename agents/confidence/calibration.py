"""Calibration maps: from a reader's raw score to the share of such claims that is right; files, checked when read."""

import json
import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from agents.whole_files import read_kept, whole_file
from schema.errors import WrongUse
from schema.ids import stable_id
from schema.observation import Claim, Polarity, Reader

FOLDER = "calibrations"

_MARK = re.compile(r"\+cal-([0-9a-f]{8})(?=\+|$)")
_Share = Annotated[float, Field(ge=0.0, le=1.0, allow_inf_nan=False)]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Curve(_Strict):
    """A rising line through knots (raw score, confidence), straight between them; and what it was fitted on and gained.

    The Brier scores are those of documents that the curve was not fitted on (5 folds), before and after.
    """

    method: Literal["identity", "isotonic", "platt"]
    knots: tuple[tuple[_Share, _Share], ...] = Field(min_length=2, max_length=1001)
    claims: int = Field(ge=1)
    right: int = Field(ge=0)
    brier_before: float = Field(ge=0.0, le=1.0, allow_inf_nan=False)
    brier_after: float = Field(ge=0.0, le=1.0, allow_inf_nan=False)

    @model_validator(mode="after")
    def _rises(self) -> Self:
        if self.knots[0][0] != 0.0 or self.knots[-1][0] != 1.0:
            raise ValueError("knots go from the raw score 0 to 1")
        for (one, low), (other, high) in pairwise(self.knots):
            if one >= other or low > high:
                raise ValueError(f"knots rise, and ({one}, {low}) is followed by ({other}, {high})")
        return self

    def __call__(self, score: float) -> float:
        """The confidence of a raw score; one outside 0 to 1 counts as the nearer end."""
        inside = min(1.0, max(0.0, score))  # in this order, a score that is no number becomes 0
        at = bisect_right(self.knots, inside, key=lambda knot: knot[0])
        if at == len(self.knots):
            return self.knots[-1][1]
        (left, low), (right, high) = self.knots[at - 1], self.knots[at]
        return min(high, max(low, low + (high - low) * (inside - left) / (right - left)))


class GoldData(_Strict):
    """What a map was fitted on."""

    files: dict[str, str]  # name and hash of the content
    documents: int = Field(ge=1)


class CalibrationMap(_Strict):
    """A reader's map: a curve for all its claims, and for relations with enough data one of their own.

    `cuts` are the confidences from which F1 is best on the map's own gold, as can be expected of such confidences, by what is compared;
    from curves fitted without the document in question. They are advice, and no part of the version.
    """

    form: Literal["chronokg-calibration-1"] = "chronokg-calibration-1"
    reader: str = Field(min_length=1)
    fitted: str  # the day
    gold: GoldData
    pooled: Curve
    relations: dict[str, Curve] = Field(default_factory=dict)
    cuts: dict[str, _Share] = Field(default_factory=dict)
    version: str

    @classmethod
    def of(cls, reader: Reader, fitted: date, gold: GoldData, pooled: Curve, relations: dict[str, Curve]) -> Self:
        """A map with the version that its curves give it."""
        version = _version(reader.name, pooled, relations)
        return cls(reader=reader.name, fitted=fitted.isoformat(), gold=gold, pooled=pooled, relations=relations, version=version)

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        date.fromisoformat(self.fitted)
        if self.reader.count("/") < 3:
            raise ValueError(f"the reader {self.reader!r} is not method/model/prompt/schema")
        if self.version != _version(self.reader, self.pooled, self.relations):
            raise ValueError(f"the version {self.version!r} is not that of these curves: the file was changed")
        return self

    @property
    def summary(self) -> dict[str, Any]:
        """What it was fitted to, and how well, without the knots."""
        curves = {"all others": self.pooled, **self.relations}
        return {
            "reader": self.reader,
            "version": self.version,
            "curves": {name: curve.model_dump(exclude={"knots"}) for name, curve in curves.items()},
            "cuts": self.cuts,
        }

    def confidence(self, claim: Claim) -> float:
        """The calibrated confidence of a claim with a raw score. A denial takes the pooled curve: no gold data has denials."""
        curve = self.pooled if claim.polarity is Polarity.DENIES else self.relations.get(claim.relation, self.pooled)
        return curve(claim.score)


def map_for(reader: Reader, home: Path | None, shipped: Path | None = None) -> CalibrationMap | None:
    """The map that the home has for exactly this reader, else the shipped one if that is for it, else none.

    Raises WrongUse for a map that cannot be read: going on without it would mix two meanings of confidence.
    """
    known = None if home is None else stored(home, reader)
    if known is None and shipped is not None and shipped.exists():
        found = load_map(shipped)
        known = found if found.reader == reader.name else None
    return known


def calibrated_reader(reader: Reader, known: CalibrationMap | None) -> Reader:
    """The reader with its map's version in its prompt's: what was read with one map and what with another are two readings."""
    return reader if known is None else replace(reader, prompt=f"{reader.prompt}+cal-{known.version}")


def calibrated_claims(claims: Iterable[Claim], known: CalibrationMap | None) -> tuple[Claim, ...]:
    """The claims with what their scores are worth, raw scores beside it; as they are without a map."""
    if known is None:
        return tuple(claims)
    return tuple(replace(claim, confidence=known.confidence(claim), raw_score=claim.score) for claim in claims)


def version_of(reader: Reader) -> str | None:
    """The version of the map that a reader reads with, None for one without."""
    found = _MARK.search(reader.prompt)
    return found[1] if found else None


def uncalibrated(reader: Reader) -> Reader:
    """The reader without its map."""
    return replace(reader, prompt=_MARK.sub("", reader.prompt))


def stored(home: Path, reader: Reader) -> CalibrationMap | None:
    """The map that a home has for exactly this reader; raises WrongUse naming file, key and rule where it cannot be right."""
    path = _path(home, reader)
    if not path.exists():
        return None
    known = load_map(path)
    if known.reader != reader.name:
        raise WrongUse(f"{path}: the map is of the reader {known.reader}, and its file's name says {reader.name}")
    return known


def load_map(path: Path) -> CalibrationMap:
    """A map from its file; raises WrongUse naming file, key and rule."""
    return read_kept(path, CalibrationMap, "the map")


def store(home: Path, known: CalibrationMap) -> Path:
    """Keep a map for its reader from now on; the one before it stays under `earlier/`. Returns the path."""
    path = _path(home, Reader.parse(known.reader))
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists():
        earlier = path.parent / "earlier"
        earlier.mkdir(exist_ok=True)
        content = path.read_bytes()
        (earlier / f"{path.stem}-{stable_id(content.decode('utf-8', 'replace'))[:8]}.json").write_bytes(content)
    write_map(path, known)
    return path


def write_map(path: Path, known: CalibrationMap) -> None:
    """A map's file, whole or not at all."""
    with whole_file(path) as fresh:
        fresh.write_text(json.dumps(known.model_dump(mode="json"), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def file_name(reader: Reader) -> str:
    """A name for files about a reader: readable as far as file systems allow, and a hash that tells all readers apart."""
    plain = re.sub(r"[^A-Za-z0-9.]+", "-", reader.name)[:80].strip("-.")
    return f"{plain}-{stable_id(reader.name)[:8]}"


def _path(home: Path, reader: Reader) -> Path:
    return home / FOLDER / f"{file_name(reader)}.json"


def _version(reader: str, pooled: Curve, relations: dict[str, Curve]) -> str:
    # Day and data are left out: two maps that say the same of every score are one.
    curves = [[name, [list(knot) for knot in curve.knots]] for name, curve in sorted(relations.items())]
    return stable_id("calibration-1", reader, [list(knot) for knot in pooled.knots], curves)[:8]
