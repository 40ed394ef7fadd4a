"""A collector on a real socket: takes OTLP over HTTP, in protobuf, as the SDK sends it, and keeps what came."""

import gzip
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from google.protobuf.message import Message
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest, ExportMetricsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest, ExportTraceServiceResponse


@dataclass(frozen=True)
class Seen:
    """A span as it arrived."""

    name: str
    id: bytes
    parent: bytes
    trace: bytes
    attributes: dict[str, Any]
    failed: bool
    status: str


class Collector:
    def __init__(self) -> None:
        self.spans: list[Seen] = []
        self.points: dict[str, list[tuple[dict[str, Any], float]]] = {}  # of each metric what came last: attributes and value, or sum
        self.raw: list[bytes] = []
        self.answer = 200
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}"

    def __enter__(self) -> "Collector":
        threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()

    def named(self, name: str) -> list[Seen]:
        return [span for span in self.spans if span.name == name]

    def parent_of(self, span: Seen) -> Seen:
        (found,) = (each for each in self.spans if each.id == span.parent)
        return found

    def way_up(self, span: Seen) -> list[str]:
        names = [span.name]
        while span.parent:
            span = self.parent_of(span)
            names.append(span.name)
        return names

    def value(self, metric: str, **attributes: Any) -> float:
        wanted = {name.replace("__", "."): value for name, value in attributes.items()}
        return sum(value for told, value in self.points[metric] if wanted.items() <= told.items())

    def take(self, path: str, body: bytes) -> Message:
        self.raw.append(body)
        if path == "/v1/traces":
            self._take_traces(ExportTraceServiceRequest.FromString(body))
            return ExportTraceServiceResponse()
        for resource in ExportMetricsServiceRequest.FromString(body).resource_metrics:
            for metric in (metric for scope in resource.scope_metrics for metric in scope.metrics):
                self.points[metric.name] = [_point(point) for point in getattr(metric, metric.WhichOneof("data")).data_points]
        return ExportMetricsServiceResponse()

    def _take_traces(self, told: ExportTraceServiceRequest) -> None:
        for span in (span for resource in told.resource_spans for scope in resource.scope_spans for span in scope.spans):
            seen = Seen(
                span.name,
                span.span_id,
                span.parent_span_id,
                span.trace_id,
                _attributes(span.attributes),
                span.status.code == 2,
                span.status.message,
            )
            self.spans.append(seen)

    def _handler(collector) -> type[BaseHTTPRequestHandler]:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers.get("Content-Encoding") == "gzip":
                    body = gzip.decompress(body)
                answer = collector.take(self.path, body).SerializeToString() if collector.answer == 200 else b""
                self.send_response(collector.answer)
                self.send_header("Content-Type", "application/x-protobuf")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: object) -> None:
                pass

        return Handler


def _point(point: Any) -> tuple[dict[str, Any], float]:
    if hasattr(point, "bucket_counts"):
        return _attributes(point.attributes), point.sum
    return _attributes(point.attributes), getattr(point, point.WhichOneof("value"))


def _attributes(told: Any) -> dict[str, Any]:
    return {each.key: getattr(each.value, each.value.WhichOneof("value")) for each in told}
