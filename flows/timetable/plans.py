"""What is to run when, as a person says it: `--cron`, `--every 6h`, `--at 03:15`, and which job with which parameters."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal, get_args, get_origin
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import ValidationError

from flows.scheduling.parameters import JOBS, JobParameters
from schema.errors import WrongUse, did_you_mean

ARGUMENTS = {"ingest": "paths", "backfill": "paths", "sync": "source", "reread": "again", "evaluate": "gold"}
"""The parameter that a job's arguments without a flag are."""

Collision = Literal["wait", "drop"]
"""What a run does that is due while as many go on as may: wait for its turn, or be dropped."""

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}


@dataclass(frozen=True, slots=True)
class When:
    """A cron line, an interval, or a moment; one of them, or none: only when it is asked for."""

    cron: str | None = None
    every: timedelta | None = None
    at: datetime | None = None
    timezone: str = "UTC"

    def __str__(self) -> str:
        if self.cron:
            return f"cron {self.cron} ({self.timezone})"
        if self.every:
            return f"every {self.every}"
        return f"once, {self.at.isoformat()}" if self.at else "when asked"


@dataclass(frozen=True, slots=True)
class Plan:
    """A job that a schedule runs."""

    job: str
    parameters: JobParameters
    when: When
    name: str
    limit: int = 1
    collision: Collision = "wait"
    paused: bool = False

    @property
    def deployment(self) -> str:
        """What Prefect calls it."""
        return f"{self.job}/{self.name}"


def when_of(cron: str | None, every: str | None, at: str | None, timezone: str | None, now: datetime) -> When:
    """Raises WrongUse where more than one is given, or one cannot be right. Without a time zone it is UTC."""
    if sum(each is not None for each in (cron, every, at)) > 1:
        raise WrongUse("--cron, --every and --at each say when: choose one")
    zone = _zone(timezone or "UTC")
    if cron is not None:
        return When(cron=_cron(cron), timezone=zone.key)
    if every is not None:
        return When(every=_interval(every), timezone=zone.key)
    if at is None:
        return When(timezone=zone.key)
    if daily := re.fullmatch(r"(\d{1,2}):(\d{2})", at.strip()):
        hour, minute = int(daily[1]), int(daily[2])
        if hour < 24 and minute < 60:
            return When(cron=f"{minute} {hour} * * *", timezone=zone.key)
    try:
        moment = datetime.fromisoformat(at.strip())
    except ValueError:
        raise WrongUse(f"--at {at!r} is neither a time of day such as 03:15 nor a moment such as 2026-12-01T03:15") from None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=zone)
    if moment <= now:
        raise WrongUse(f"--at {at} lies in the past")
    return When(at=moment.astimezone(UTC), timezone=zone.key)


def parameters_of_job(job: str, words: Sequence[str], given: str | None, common: Mapping[str, Any]) -> JobParameters:
    """A job's parameters from its flags and arguments (`words`), from JSON or a file of it, and what all jobs have; flags go first.

    Raises WrongUse naming what is not known or cannot be right.
    """
    if job not in JOBS:
        raise WrongUse(f"{job!r} is not a job{did_you_mean(job, JOBS)}: there are {', '.join(JOBS)}")
    kind = JOBS[job]
    told = {**_from_json(given), **_from_words(job, kind, words)}
    settings = {**common.get("settings", {}), **told.get("settings", {})}
    try:
        return kind.model_validate({**common, **told, "settings": settings})
    except ValidationError as cause:
        wrong = "; ".join(f"--{'.'.join(map(str, e['loc'])).replace('_', '-')}: {e['msg']}" for e in cause.errors())
        raise WrongUse(f"{job}: {wrong}") from cause


def _from_json(given: str | None) -> dict[str, Any]:
    if given is None:
        return {}
    text, place = given, "--parameters"
    if not given.lstrip().startswith("{"):
        try:
            text, place = Path(given).expanduser().read_text(encoding="utf-8"), given
        except (OSError, ValueError) as cause:
            raise WrongUse(f"--parameters {given!r} is neither JSON nor a file that can be read: {cause}") from cause
    try:
        told = json.loads(text)
    except ValueError as cause:
        raise WrongUse(f"{place} is not JSON: {cause}") from cause
    if not isinstance(told, dict):
        raise WrongUse(f"{place} is no JSON object of parameters")
    return told


def _from_words(job: str, kind: type[JobParameters], words: Sequence[str]) -> dict[str, Any]:
    """`--set-aside-share 0.1`, `--no-constructs`, and what has no flag."""
    told: dict[str, Any] = {}
    bare: list[str] = []
    left = list(words)
    while left:
        word = left.pop(0)
        if not word.startswith("--"):
            bare.append(word)
            continue
        flag, equals, value = word.removeprefix("--").partition("=")
        name, on = _parameter(job, kind, flag)
        if on is not None:
            told[name] = on
            continue
        if not equals:
            if not left:
                raise WrongUse(f"--{flag} needs a value")
            value = left.pop(0)
        told[name] = [*told.get(name, []), value] if _is_list(kind, name) else value
    if bare:
        name = ARGUMENTS.get(job, "")
        if not name or (len(bare) > 1 and not _is_list(kind, name)):
            raise WrongUse(f"{job} takes no argument {bare[-1]!r}")
        told[name] = [*told.get(name, []), *bare] if _is_list(kind, name) else bare[0]
    return told


def _parameter(job: str, kind: type[JobParameters], flag: str) -> tuple[str, bool | None]:
    """The parameter of a flag, and what it is set to where it needs no value."""
    name = flag.replace("-", "_")
    fields = kind.model_fields
    if name in fields and name not in {"home", "settings"}:
        return name, True if fields[name].annotation is bool else None
    positive = name.removeprefix("no_")
    if positive in fields and fields[positive].annotation is bool:
        return positive, False
    raise WrongUse(f"{job} has no parameter --{flag}{did_you_mean(name, fields)}")


def _is_list(kind: type[JobParameters], name: str) -> bool:
    annotation = kind.model_fields[name].annotation
    return list in (annotation, get_origin(annotation), *map(get_origin, get_args(annotation)))


def _interval(text: str) -> timedelta:
    parts = re.findall(r"(\d+)\s*([smhdw])", text.strip().lower())
    if not parts or "".join(f"{n}{unit}" for n, unit in parts) != re.sub(r"\s", "", text.strip().lower()):
        raise WrongUse(f"--every {text!r} is no interval such as 90s, 30m, 6h, 1d or 1h30m")
    seconds = sum(int(number) * _UNITS[unit] for number, unit in parts)
    if not seconds:
        raise WrongUse(f"--every {text!r} is no time at all")
    return timedelta(seconds=seconds)


def _cron(text: str) -> str:
    from prefect.client.schemas.schedules import CronSchedule

    try:
        CronSchedule(cron=text)
    except (ValidationError, ValueError) as cause:
        raise WrongUse(f"--cron {text!r} is no cron line such as '15 3 * * *'") from cause
    return text


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as cause:
        raise WrongUse(f"--timezone {name!r} is no time zone such as UTC or Europe/Vienna") from cause
