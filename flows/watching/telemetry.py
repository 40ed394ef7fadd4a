"""Telemetry begun and ended: where it is off, as it is unless somebody asks for it, nothing of OpenTelemetry is loaded."""

import atexit
import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from flows.watching.instruments import is_measured, made_by, use
from flows.watching.metrics import OBSERVED
from flows.watching.spans import SpanWatcher
from flows.watching.watchers import let_watch

if TYPE_CHECKING:
    from flows.watching.exporting import Export

LAST_S = 2.0
"""Seconds that the end of a process may wait for what is left to be sent."""


class _Telemetry:
    """What sends what is measured."""

    export: "Export | None" = None


def begin_telemetry(otlp: str | None, prometheus: str | None, tell: Callable[[str], None] = lambda remark: None) -> bool:
    """Send traces and metrics to a collector (its URL), and let Prometheus fetch metrics (at address:port); whether anything is on now.

    Without settings the environment counts, by OpenTelemetry's names, and an SDK that the program around us has set up. What is on
    stays as it is. `tell` hears, once, that a collector does not answer, and that an address is taken.
    """
    if is_measured():
        return True
    if os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return False
    otlp = otlp or ("" if any(name.startswith("OTEL_EXPORTER_OTLP_") and name.endswith("ENDPOINT") for name in os.environ) else None)
    if otlp is None and prometheus is None:
        return _join_sdk_in_use()
    from flows.watching.exporting import exporters_for

    _Telemetry.export = export = exporters_for(otlp, prometheus, tell)
    _watch(export.tracer, export.meter)
    atexit.register(end_telemetry)
    return True


def end_telemetry(seconds: float = LAST_S) -> None:
    """Send what is left, within so many seconds, and be off."""
    export, _Telemetry.export = _Telemetry.export, None
    use(None)
    let_watch("telemetry", None)
    if export is not None:
        atexit.unregister(end_telemetry)
        export.end(seconds)


def _join_sdk_in_use() -> bool:
    if "opentelemetry.sdk.trace" not in sys.modules and "opentelemetry.sdk.metrics" not in sys.modules:
        return False
    from flows.watching.exporting import of_sdk_in_use

    if (found := of_sdk_in_use()) is None:
        return False
    _watch(*found)
    return True


def _watch(tracer: Any, meter: Any) -> None:
    from opentelemetry.trace import NoOpTracer

    made = made_by(meter, OBSERVED)
    use(made)
    let_watch("telemetry", SpanWatcher(tracer or NoOpTracer(), made))
