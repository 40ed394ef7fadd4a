"""What is to run when, as a person says it: `--cron`, `--every 6h`, `--at 03:15`, and which job with which parameters."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args, get_origin
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import ValidationError

from flows.scheduling.parameters import JOBS, JobParameters
from schema.errors import WrongUse, did_you_mean

P = TypeVar("P", bound=JobParameters)

ARGUMENTS = {"ingest": "paths", "backfill": "paths", "sync": "source", "reread": "again", "evaluate": "gold"}
"""The parameter that a job's arguments without a flag are."""

Collision = Literal["wait", "drop"]
"""What a run does that is due while as many go on as may: wait for its turn, or be dropped."""

_NOT_IN_NAMES = re.compile(r"[/%&<>]")
"""Letters that Prefect takes in no name."""

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

    def is_past(self, now: datetime) -> bool:
        """Whether it was to run once, at a moment that has passed."""
        return self.when.at is not None and self.when.at <= now


def schedule_name(given: str | None, folder: str) -> str:
    """The name of a schedule: the given one, which must be one for Prefect (raises WrongUse), else that of the home's folder, made one."""
    if given is None:
        return _NOT_IN_NAMES.sub("-", folder.encode("utf-8", "replace").decode()).strip() or "home"
    if not given.strip() or _NOT_IN_NAMES.search(given):
        raise WrongUse(f"--name {given!r} is no name that Prefect takes: it is empty, or holds one of / % & < >")
    return given


def when_of(cron: str | None, every: str | None, at: str | None, timezone: str | None) -> When:
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
    return When(at=moment.astimezone(UTC), timezone=zone.key)


def require_to_come(plan: Plan, now: datetime, is_known: Callable[[str], bool]) -> None:
    """Raises WrongUse for a moment that has passed, unless a deployment of that name `is_known`: then the same command goes on."""
    if plan.is_past(now) and not is_known(plan.deployment):
        raise WrongUse(f"--at {plan.when.at} lies in the past, and nothing was scheduled for it as {plan.deployment}")


def parameters_of_job(job: str, words: Sequence[str], given: str | None, common: Mapping[str, Any]) -> JobParameters:
    """A job's parameters from its flags and arguments (`words`), from JSON or a file of it, and what all jobs have; flags go first.

    Raises WrongUse naming what is not known or cannot be right.
    """
    if job not in JOBS:
        raise WrongUse(f"{job!r} is not a job{did_you_mean(job, JOBS)}: there are {', '.join(JOBS)}")
    kind = JOBS[job]
    told = {**_from_json(given), **_from_words(job, kind, words)}
    settings = {**common.get("settings", {}), **told.get("settings", {})}
    return checked_parameters(kind, {**common, **told, "settings": settings})


def checked_parameters(kind: type[P], told: Mapping[str, Any]) -> P:
    """A job's parameters; raises WrongUse naming each that cannot be right as the flag that it is, with its value and the rule."""
    try:
        return kind.model_validate(dict(told))
    except ValidationError as cause:
        raise WrongUse(f"{kind.job}: {'; '.join(_wrong(error) for error in cause.errors())}") from cause


def _wrong(error: Mapping[str, Any]) -> str:
    flag = ".".join(map(str, error["loc"])).replace("_", "-")
    value = error["input"]
    # A table of parameters or settings is not shown: it is not what is wrong, and a secret may be.
    return f"--{flag}{'' if isinstance(value, Mapping) else f' {value!r}'}: {error['msg']}"


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
            told[name] = on == _is_true(flag, value) if equals else on
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


def _is_true(flag: str, value: str) -> bool:
    if value.lower() not in {"true", "false"}:
        raise WrongUse(f"--{flag}={value} is neither true nor false")
    return value.lower() == "true"


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
