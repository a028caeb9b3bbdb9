"""Where traces and figures go: OTLP where an endpoint is set, and always a page that Prometheus can read."""

from collections.abc import Callable, Sequence
from typing import Any, Final

import structlog
from opentelemetry import metrics, trace
from opentelemetry.context import Context
from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import MetricReader, PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import (
    Decision,
    ParentBased,
    Sampler,
    SamplingResult,
    TraceIdRatioBased,
)
from opentelemetry.trace import Link, SpanKind, TraceState
from opentelemetry.util.types import Attributes
from prometheus_client import start_http_server

EXPORT_SECONDS: Final = 10


class LinkedOrRatio(Sampler):
    """A batch is sampled when one of its events was, so that a trace does not end at the broker."""

    def __init__(self, ratio: float) -> None:
        self._ratio = TraceIdRatioBased(ratio)

    def should_sample(
        self,
        parent_context: Context | None,
        trace_id: int,
        name: str,
        kind: SpanKind | None = None,
        attributes: Attributes = None,
        links: Sequence[Link] | None = None,
        trace_state: TraceState | None = None,
    ) -> SamplingResult:
        """By the links first, else by the trace id."""
        if any(link.context.trace_flags.sampled for link in links or ()):
            return SamplingResult(Decision.RECORD_AND_SAMPLE, attributes, trace_state)
        return self._ratio.should_sample(parent_context, trace_id, name, kind, attributes, links, trace_state)

    def get_description(self) -> str:
        """For the SDK's own diagnostics."""
        return f"LinkedOrRatio({self._ratio.get_description()})"


def set_up_telemetry(
    service: str, *, otlp_endpoint: str = "", trace_ratio: float = 0.01, metrics_address: str = ""
) -> Callable[[], None]:
    """Sets the process's tracer and meter; call it once, before anything is measured.

    Spans name methods, consumers and counts; nobody may put personal data into one.

    Returns:
        Sends what is left and closes everything.
    """
    resource = Resource.create({"service.name": f"kem-{service}", "service.namespace": "kem"})
    tracers = TracerProvider(resource=resource, sampler=ParentBased(LinkedOrRatio(trace_ratio)))
    readers: list[MetricReader] = []
    closers: list[Callable[[], Any]] = [tracers.shutdown]
    if otlp_endpoint:
        tracers.add_span_processor(BatchSpanProcessor(_span_exporter(otlp_endpoint)))
        readers.append(PeriodicExportingMetricReader(_metric_exporter(otlp_endpoint), EXPORT_SECONDS * 1000))
    if metrics_address:
        readers.append(PrometheusMetricReader(scope_info_enabled=False))
        closers.append(_open_metrics_page(metrics_address))
    trace.set_tracer_provider(tracers)
    meters = MeterProvider(resource=resource, metric_readers=readers)
    metrics.set_meter_provider(meters)
    closers.insert(1, meters.shutdown)

    def close() -> None:
        for one in closers:
            one()

    return close


def _open_metrics_page(address: str) -> Callable[[], None]:
    host, _, port = address.rpartition(":")
    try:
        server, thread = start_http_server(int(port), addr=host or "127.0.0.1")
    except OSError:
        # a second worker beside the first: figures are not worth refusing to work for
        structlog.get_logger(__name__).warning("metrics_page_not_open", address=address)
        return _nothing_to_close

    def close() -> None:
        server.shutdown()
        server.server_close()
        thread.join(timeout=2)

    return close


def _nothing_to_close() -> None:
    """There is no page."""


def _span_exporter(endpoint: str) -> Any:
    from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter

    return OTLPSpanExporter(endpoint=endpoint, insecure=not endpoint.startswith("https://"), timeout=5)


def _metric_exporter(endpoint: str) -> Any:
    from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter

    return OTLPMetricExporter(endpoint=endpoint, insecure=not endpoint.startswith("https://"), timeout=5)
