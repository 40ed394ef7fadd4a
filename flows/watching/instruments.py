"""Every metric that there is, each declared once; the pages, the dashboard and the alerts are checked against this table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from opentelemetry.metrics import Meter

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600)
_TOKENS = tuple(float(4**power) for power in range(14))  # by the conventions for generative models: 1 to 67 million


@dataclass(frozen=True, slots=True)
class Instrument:
    """A metric: OpenTelemetry's name and unit, and by what its values are told apart."""

    name: str
    kind: Literal["counter", "up_down_counter", "histogram", "gauge", "observed"]
    unit: str
    description: str
    attributes: tuple[str, ...] = ()
    bounds: Sequence[float] | None = None  # of a histogram's buckets

    @property
    def in_prometheus(self) -> str:
        """What Prometheus calls it; a histogram has this with _bucket, _sum and _count."""
        name = self.name.replace(".", "_")
        suffix = {"s": "_seconds", "By": "_bytes"}.get(self.unit, "")
        return f"{name}{suffix}{'_total' if self.kind == 'counter' else ''}"


DOCUMENTS = "chronokg.documents"
ITEMS = "chronokg.items"
BATCHES = "chronokg.batches"
RUNS = "chronokg.runs"
RUN_ENDED = "chronokg.run.ended"
CHANGED = "chronokg.facts.changed"
COST = "chronokg.cost"
STAGE = "chronokg.stage.duration"
TOKENS = "gen_ai.client.token.usage"
CALLS = "gen_ai.client.operation.duration"
WAITING = "chronokg.documents.waiting"
IN_FLIGHT = "chronokg.documents.in_flight"
LOG = "chronokg.log.batches"
COMMITTED = "chronokg.log.committed"
LAG = "chronokg.graph.lag"
SOURCE_LAG = "chronokg.source.lag"
ASIDE = "chronokg.set_aside.open"
SHARE = "chronokg.set_aside.share"
FACTS = "chronokg.facts"
ROOM = "chronokg.disk.free"
REQUEST = "http.server.request.duration"
REQUESTS = "http.server.active_requests"

_MODEL = ("gen_ai.operation.name", "gen_ai.provider.name", "gen_ai.request.model", "server.address")
_BY_TOKEN = ("gen_ai.token.type",)
_REQUEST = ("http.request.method",)
_STATUS = "http.response.status_code"
_BECAME = ("chronokg.outcome", "chronokg.reason")

INSTRUMENTS: Mapping[str, Instrument] = {
    each.name: each
    for each in (
        Instrument(DOCUMENTS, "counter", "{document}", "Documents by what became of them, and why", _BECAME),
        Instrument(
            ITEMS, "counter", "{item}", "The same for claims, lines, events, files and conflicts", ("chronokg.unit", *_BECAME)
        ),
        Instrument(BATCHES, "counter", "{batch}", "Batches that came into the log", ("chronokg.command",)),
        Instrument(RUNS, "counter", "{run}", "Runs that ended, by how: completed, short or failed", ("chronokg.job", "chronokg.outcome")),
        Instrument(RUN_ENDED, "gauge", "s", "When the last run ended so, in seconds since 1970", ("chronokg.job", "chronokg.outcome")),
        Instrument(CHANGED, "counter", "{fact}", "Facts by what became of them, as `believed` in a run's summary", ("chronokg.change",)),
        Instrument(COST, "counter", "{money}", "What reading cost, by the prices in the settings"),
        Instrument(STAGE, "histogram", "s", "How long a stage took", ("chronokg.stage", "error.type"), _SECONDS),
        Instrument(TOKENS, "histogram", "{token}", "Tokens of a model call; of prompts those computed", (*_BY_TOKEN, *_MODEL), _TOKENS),
        Instrument(CALLS, "histogram", "s", "How long a model call took, further attempts included", (*_MODEL, "error.type"), _SECONDS),
        Instrument(WAITING, "gauge", "{document}", "Documents of a run that are still to be begun"),
        Instrument(IN_FLIGHT, "up_down_counter", "{document}", "Documents that a model is being asked about"),
        Instrument(LOG, "observed", "{batch}", "Batches in the log", ("chronokg.log.id",)),
        Instrument(COMMITTED, "observed", "s", "When the last batch was recorded, in seconds since 1970", ("chronokg.log.id",)),
        Instrument(LAG, "observed", "{batch}", "Batches in the log that the graph lacks", ("chronokg.log.id",)),
        Instrument(SOURCE_LAG, "observed", "s", "Time since the newest day of a source that was read", ("chronokg.source",)),
        Instrument(ASIDE, "observed", "{item}", "What is set aside and not settled", ("chronokg.log.id", "chronokg.reason")),
        # No "1" for its unit: some who hand metrics on to Prometheus add _ratio to its name then, and some do not.
        Instrument(SHARE, "observed", "{share}", "The same as a share of all that was ever handed in", ("chronokg.log.id",)),
        Instrument(FACTS, "observed", "{fact}", "Facts in the graph by status", ("chronokg.log.id", "chronokg.status")),
        Instrument(REQUEST, "histogram", "s", "How long a request to `serve` took", (*_REQUEST, "http.route", _STATUS), _SECONDS),
        Instrument(REQUESTS, "up_down_counter", "{request}", "Requests to `serve` that are under way", _REQUEST),
        Instrument(ROOM, "observed", "By", "Room on the disk of the home", ("chronokg.log.id",)),
    )
}  # fmt: skip


class _InUse:
    instruments: Mapping[str, Any] | None = None


def use(instruments: Mapping[str, Any] | None) -> None:
    """From now on these measure; None: nothing does."""
    _InUse.instruments = instruments


def is_measured() -> bool:
    """Whether anything is."""
    return _InUse.instruments is not None


def instrument(name: str) -> Any | None:
    """One of them; None while nothing is measured."""
    return None if _InUse.instruments is None else _InUse.instruments[name]


def made_by(meter: "Meter", observe: Mapping[str, Any]) -> dict[str, Any]:
    """The instruments of a meter by name; those that are observed ask the callback of their name."""
    return {each.name: _made(meter, each, observe) for each in INSTRUMENTS.values()}


def _made(meter: "Meter", told: Instrument, observe: Mapping[str, Any]) -> Any:
    named = {"name": told.name, "unit": told.unit, "description": told.description}
    match told.kind:
        case "counter":
            return meter.create_counter(**named)
        case "up_down_counter":
            return meter.create_up_down_counter(**named)
        case "gauge":
            return meter.create_gauge(**named)
        case "histogram":
            return meter.create_histogram(**named, explicit_bucket_boundaries_advisory=told.bounds)
        case "observed":
            return meter.create_observable_gauge(**named, callbacks=[observe[told.name]])
