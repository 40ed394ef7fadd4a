"""OpenTelemetry's SDK, set up: where spans and metrics go. The only file that imports it, and only where somebody asked for that."""

import logging
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Thread
from time import monotonic, sleep
from typing import Any
from urllib.parse import urlsplit

from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.metrics import Meter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import MetricExportResult, MetricReader, MetricsData, PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExportResult
from opentelemetry.trace import Tracer

SCOPE = "chronokg"
ANSWER_S = 5.0
"""Seconds in which a collector is to answer, unless OTEL_EXPORTER_OTLP_TIMEOUT says otherwise."""

PATIENCE_S = 0.2
"""Seconds that the end of a process waits for a collector that is away."""

INTERVAL_MS = 15_000.0
"""Between two exports of metrics, unless OTEL_METRIC_EXPORT_INTERVAL says otherwise."""


@dataclass
class Export:
    """What makes spans and metrics, and how to end it; nobody to make spans for where they go nowhere."""

    tracer: Tracer | None
    meter: Meter
    collector: "CollectorNote"
    endings: list[Callable[[], object]] = field(default_factory=list)

    def end(self, seconds: float) -> None:
        """Send what is left, within so many seconds; what is not gone by then is lost, and a collector that is away is not waited for."""
        # In threads: who interrupts the process may hold a lock of the SDK.
        ending = [Thread(target=end, daemon=True) for end in self.endings]
        for thread in ending:
            thread.start()
        begun = monotonic()
        while any(thread.is_alive() for thread in ending) and monotonic() - begun < (PATIENCE_S if self.collector.is_away else seconds):
            sleep(0.005)
        self.collector.end()


class CollectorNote(logging.Handler):
    """Hears the SDK in the place of the terminal: that a collector is away is said once, and not each time that it is tried."""

    def __init__(self, place: str, tell: Callable[[str], None]) -> None:
        super().__init__(logging.WARNING)
        self.place, self._tell = place, tell
        self.is_away = self._is_told = False
        self._reason = ""
        for name in _SPEAKERS:
            logging.getLogger(name).addHandler(self)
            logging.getLogger(name).propagate = False

    def emit(self, record: logging.LogRecord) -> None:
        """Of what exporters say: what they try again is told only where it fails in the end."""
        if record.levelno >= logging.ERROR or not record.name.startswith("opentelemetry.sdk"):
            self.is_away, self._reason = True, record.getMessage().strip()[:200]
        if record.levelno >= logging.ERROR:
            self._say()

    def end(self) -> None:
        """Give the SDK its voice back; what was still being tried is lost."""
        if self.is_away:
            self._say()
        for name in _SPEAKERS:
            logging.getLogger(name).removeHandler(self)
            logging.getLogger(name).propagate = True

    def _say(self) -> None:
        if not self._is_told:
            self._is_told = True
            self._tell(f"telemetry does not reach {self.place} ({self._reason}): it is lost until that answers")


_SPEAKERS = ("opentelemetry", "urllib3.connectionpool")


class _SpansToCollector(OTLPSpanExporter):
    """Knows whether the collector took the last ones."""

    def __init__(self, note: CollectorNote, endpoint: str | None) -> None:
        super().__init__(endpoint, timeout=_timeout())
        self._note = note

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        result = super().export(spans)
        self._note.is_away = result is not SpanExportResult.SUCCESS
        return result


class _MetricsToCollector(OTLPMetricExporter):
    """The same for metrics."""

    def __init__(self, note: CollectorNote, endpoint: str | None) -> None:
        super().__init__(endpoint, timeout=_timeout())
        self._note = note

    def export(self, metrics_data: MetricsData, timeout_millis: float | None = 10_000, **more: Any) -> MetricExportResult:
        result = super().export(metrics_data, timeout_millis, **more)
        self._note.is_away = result is not MetricExportResult.SUCCESS
        return result


def exporters_for(otlp: str | None, prometheus: str | None, tell: Callable[[str], None]) -> Export:
    """Exporters to a collector (a URL; empty: as the environment says; None: to none) and for Prometheus (address:port) to fetch."""
    resource = Resource.create({"service.name": os.environ.get("OTEL_SERVICE_NAME", SCOPE)})
    note = CollectorNote(_shown(otlp or os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT", "")), tell)
    endings: list[Callable[[], object]] = []
    tracer, readers = None, list[MetricReader]()
    if otlp is not None and os.environ.get("OTEL_TRACES_EXPORTER") != "none":
        processor = BatchSpanProcessor(_SpansToCollector(note, _signal(otlp, "traces")))
        traces = TracerProvider(resource=resource, shutdown_on_exit=False)
        traces.add_span_processor(processor)
        tracer = traces.get_tracer(SCOPE)
        endings.append(processor.shutdown)
    if otlp is not None and os.environ.get("OTEL_METRICS_EXPORTER") != "none":
        interval = None if "OTEL_METRIC_EXPORT_INTERVAL" in os.environ else INTERVAL_MS
        exporter = _MetricsToCollector(note, _signal(otlp, "metrics"))
        readers.append(PeriodicExportingMetricReader(exporter, export_interval_millis=interval))
    if prometheus is not None and (served := _served(prometheus, tell)) is not None:
        reader, stop = served
        readers.append(reader)
        endings.append(stop)
    metrics = MeterProvider(readers, resource=resource, shutdown_on_exit=False)
    endings.append(metrics.shutdown)
    return Export(tracer, metrics.get_meter(SCOPE), note, endings)


def _served(place: str, tell: Callable[[str], None]) -> tuple[MetricReader, Callable[[], object]] | None:
    """What Prometheus fetches, and what ends that; None, and a word, where the address is taken: another process serves there."""
    from opentelemetry.exporter.prometheus import PrometheusMetricReader
    from prometheus_client import CollectorRegistry, start_http_server
    from prometheus_client.process_collector import ProcessCollector

    address, _, port = place.rpartition(":")
    address = address.strip("[]")  # brackets keep an address of IPv6 apart from its port, and are no part of it
    registry = CollectorRegistry()
    try:
        server, _thread = start_http_server(int(port), address, registry=registry)
    except OSError as error:
        tell(f"metrics are not served at {place} ({error.strerror or error}): another process may serve its own there")
        return None
    ProcessCollector(registry=registry)

    def stop() -> None:
        server.shutdown()
        server.server_close()

    return PrometheusMetricReader(scope_info_enabled=False, registry=registry), stop


def _signal(otlp: str, signal: str) -> str | None:
    """Where a signal goes; None: the SDK looks at the environment."""
    return f"{otlp.rstrip('/')}/v1/{signal}" if otlp else None


def _timeout() -> float | None:
    return None if "OTEL_EXPORTER_OTLP_TIMEOUT" in os.environ else ANSWER_S


def _shown(url: str) -> str:
    """An address without user and password."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname}" + (f":{parts.port}" if parts.port else "") if parts.hostname else "its collector"


def of_sdk_in_use() -> tuple[Any, Any] | None:
    """Tracer and meter of an SDK that the program around us has set up; None where it has none."""
    from opentelemetry import metrics, trace

    traces, measures = trace.get_tracer_provider(), metrics.get_meter_provider()
    if not isinstance(traces, TracerProvider) and not isinstance(measures, MeterProvider):
        return None
    return traces.get_tracer(SCOPE), measures.get_meter(SCOPE)
