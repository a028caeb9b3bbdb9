"""The W3C trace context of what runs now, as text that an outbox row and a Kafka header can carry."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Final

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Link, SpanContext, SpanKind, TraceFlags

tracer: Final = trace.get_tracer("kem")
"""Made once: it asks the provider that is set later, and making one costs more than a span."""

MAX_LINKS: Final = 128
"""The SDK's own bound on a span."""


def current_trace_context() -> tuple[str | None, str | None]:
    """`traceparent` and `tracestate` of the current span; None where nothing is traced."""
    context = trace.get_current_span().get_span_context()
    if not context.is_valid:
        return None, None
    return traceparent_of(context), context.trace_state.to_header() or None


def traceparent_of(context: SpanContext) -> str:
    """The header's text (W3C Trace Context, version 00)."""
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"


def current_trace_id() -> str | None:
    """The id that a person can quote to have a fault looked up; None where nothing is traced."""
    context = trace.get_current_span().get_span_context()
    return f"{context.trace_id:032x}" if context.is_valid else None


@contextmanager
def batch_span(consumer: str, traceparents: Sequence[str | None]) -> Iterator[None]:
    """A span of its own for a batch, linked to the span that caused each event."""
    contexts = (context for context in map(_context_of, traceparents) if context is not None)
    with tracer.start_as_current_span(
        f"{consumer} batch",
        context=Context(),
        kind=SpanKind.CONSUMER,
        links=[Link(context) for context in islice(contexts, MAX_LINKS)],
        attributes={"messaging.system": "kafka", "messaging.batch.message_count": len(traceparents)},
        record_exception=False,
        set_status_on_exception=False,
    ):
        yield


def _context_of(traceparent: str | None) -> SpanContext | None:
    parts = (traceparent or "").split("-")
    if len(parts) != 4:
        return None
    try:
        context = SpanContext(int(parts[1], 16), int(parts[2], 16), True, TraceFlags(int(parts[3], 16)))
    except ValueError:
        return None
    return context if context.is_valid else None
