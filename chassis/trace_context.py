"""The W3C trace context of what runs now, as text that an outbox row and a Kafka header can carry."""

from opentelemetry import trace
from opentelemetry.trace import SpanContext


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
