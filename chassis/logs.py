"""Logs as JSON lines that can hold nothing about a person: only keys on this list leave the process."""

import logging
import sys
import traceback
from collections.abc import MutableMapping
from typing import Any, Final

import structlog

ALLOWED_KEYS: Final = frozenset(
    {
        *("event", "level", "logger", "time", "service", "pid", "page"),
        *("error", "places", "reason", "code", "method", "trace_id", "retry_delay_seconds", "tries"),
        *("consumer", "topic", "topics", "partition", "offset", "position", "source", "count", "left"),
        *("event_id", "event_type", "principal_id", "referral_id", "offer_id", "need_id", "agency_id"),
        *("delivery_id", "recipient_id", "disclosure_id", "dead_letter_id"),
        *("address", "roles", "seconds", "state", "version", "schema", "serial"),
    }
)
"""Ids here are random and say nothing; a beneficiary's is not among them."""

MAX_TEXT: Final = 300


def set_up_logs(service: str, level: str = "INFO") -> None:
    """Sends structlog's and every library's records to standard error, one JSON object a line."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.stdlib.add_logger_name,
            structlog.stdlib.add_log_level,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(LineFormatter(service))
    logging.raiseExceptions = False  # else a record that cannot be written is printed with all that it holds
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for noisy in ("faust", "mode", "aiokafka", "kafka", "asyncio", "opentelemetry", "grpc"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


class LineFormatter(structlog.stdlib.ProcessorFormatter):
    """Turns a record into one line; knows our own records from a library's."""

    def __init__(self, service: str) -> None:
        super().__init__(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, structlog.stdlib.add_log_level],
            processors=[
                structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
                _name_service(service),
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                keep_allowed,
                structlog.processors.JSONRenderer(),
            ],
        )

    def format(self, record: logging.LogRecord) -> str:
        """A library's words may quote what it was given: its template is kept, the arguments are not."""
        if not isinstance(record.msg, dict):
            error = record.exc_info[1] if record.exc_info else None
            record = logging.makeLogRecord(
                {**record.__dict__, "args": (), "exc_info": None, "exc_text": None, "stack_info": None}
            )
            record.msg = str(record.msg)[:MAX_TEXT]
            if error is not None:
                record.msg = f"{record.msg} ({type(error).__name__})"
        return super().format(record)


def keep_allowed(_: Any, __: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Drops every key that is not on the list, and shortens what is left."""
    return {key: _short(value) for key, value in line.items() if key in ALLOWED_KEYS}


def places_of(error: BaseException) -> list[str]:
    """Where an error came from, without its words: `file:line function`, outermost first."""
    return [
        f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}"
        for frame in traceback.extract_tb(error.__traceback__)[-12:]
    ]


def _short(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, list | tuple | set | frozenset):
        return [_short(one) for one in list(value)[:20]]
    return str(value)[:MAX_TEXT]


def _name_service(service: str) -> Any:
    def add(_: Any, __: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        line["service"] = service
        return line

    return add
