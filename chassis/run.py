"""The process around a service: arguments, settings, logs, signals, and the exit code."""

import argparse
import asyncio
import contextlib
import gc
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, NoReturn, TypeVar

import structlog

from chassis.logs import places_of, set_up_logs
from chassis.postgres import EventCodec
from chassis.service import Service
from chassis.settings import ProcessSettings, ServiceSettings, SettingsInvalid
from chassis.system_record import tell_system
from chassis.telemetry import set_up_telemetry

EXIT_FAILED: Final = 70
"""EX_SOFTWARE: the supervisor starts the service again."""
EXIT_SETTINGS: Final = 78
"""EX_CONFIG: starting again would not help."""
LONGEST_DRAIN_SECONDS: Final = 12.0
LONGEST_CLOSING_SECONDS: Final = 3.0

_P = TypeVar("_P", bound=ProcessSettings)

Wire = Callable[[Service], Awaitable[None]]
"""A service's own wiring: calls `serve`, `stream`, `project`, `timer`, `beside` on it."""

log = structlog.get_logger(__name__)


Serve = Callable[[_P, asyncio.Event], Awaitable[None]]
"""What a process without data of its own does until the event is set; it drains before it returns."""


def run_service(
    service: str,
    settings_type: type[ServiceSettings],
    wire: Wire,
    *,
    codec: EventCodec | None = None,
    arguments: Sequence[str] | None = None,
) -> NoReturn:
    """Runs one service until SIGTERM or SIGINT; ends the process.

    The process leaves by `os._exit`, so that no library's exit handler acks or flushes what must not be.
    """
    parser = argparse.ArgumentParser(prog=f"python -m services.{service}")
    parser.add_argument("--roles", help=f"which parts to run, of {','.join(settings_type.known_roles)} (all)")
    given = {name: value for name, value in vars(parser.parse_args(arguments)).items() if value is not None}

    async def serve(settings: ServiceSettings, stopping: asyncio.Event) -> None:
        running = await Service.open(settings, codec)
        await wire(running)
        await tell_system(running.worker, settings)
        _collect_seldom()
        await running.run(stopping)
        async with _bounded_closing():
            await running.close()

    _run(service, settings_type, given, serve)


def run_process(
    service: str,
    settings_type: type[_P],
    serve: Serve[_P],
    *,
    arguments: Sequence[str] | None = None,
) -> NoReturn:
    """Runs what keeps no data and reads no topic, until SIGTERM or SIGINT; ends the process."""
    argparse.ArgumentParser(prog=f"python -m services.{service}").parse_args(arguments)
    _run(service, settings_type, {}, serve)


def _run(service: str, settings_type: type[_P], given: Mapping[str, Any], serve: Serve[_P]) -> NoReturn:
    try:
        settings = settings_type.load(service, **given)
    except SettingsInvalid as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(EXIT_SETTINGS)
    set_up_logs(service, settings.log_level)
    try:
        close_telemetry = set_up_telemetry(
            service,
            otlp_endpoint=settings.otlp_endpoint,
            trace_ratio=settings.trace_ratio,
            metrics_address=settings.metrics_address,
        )
        asyncio.run(_main(settings, serve, close_telemetry))
    except BaseException as error:
        _leave(_failed(error))


async def _main(settings: _P, serve: Serve[_P], close_telemetry: Callable[[], None]) -> NoReturn:
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(_tell_without_words)
    stopping = asyncio.Event()
    for one in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(one, _stop, loop, stopping)
    try:
        await serve(settings, stopping)
    except Exception as error:
        _leave(_failed(error))
    async with _bounded_closing():
        await asyncio.to_thread(close_telemetry)
    log.info("service_stopped")
    _leave(0)


@contextlib.asynccontextmanager
async def _bounded_closing() -> AsyncIterator[None]:
    """What does not close in time is left to the end of the process."""
    try:
        async with asyncio.timeout(LONGEST_CLOSING_SECONDS):
            yield
    except TimeoutError:
        log.warning("drain_cut_short")


def _collect_seldom() -> None:
    """Garbage cycles are rare here, and looking for them through all that is loaded cost a tenth of the CPU.

    What has been imported and wired stays for the life of the process: it is never looked through again.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


def _failed(error: BaseException) -> int:
    log.error("service_failed", error=type(error).__name__, places=places_of(error))
    return EXIT_FAILED


def _leave(code: int) -> NoReturn:
    with contextlib.suppress(OSError):  # on a full disk: nothing may keep the process from leaving so
        sys.stderr.flush()
    os._exit(code)


def _stop(loop: asyncio.AbstractEventLoop, stopping: asyncio.Event) -> None:
    """The first signal drains, the second ends at once, and a drain that hangs is ended too."""
    if stopping.is_set():
        os._exit(EXIT_FAILED)
    stopping.set()
    loop.call_later(LONGEST_DRAIN_SECONDS, os._exit, EXIT_FAILED)


def _tell_without_words(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """asyncio's own report would quote the error's words, which may be a person's."""
    error = context.get("exception")
    log.error("task_failed", error=type(error).__name__, places=places_of(error) if error else [])
