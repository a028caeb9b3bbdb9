"""The pages' HTTP server, within the life of the process."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import structlog
import uvicorn

from services.console.settings import ConsoleSettings

DRAIN_SECONDS: Final = 3

log = structlog.get_logger(__name__)


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """The process has its own way with signals."""
        yield


async def serve_pages(settings: ConsoleSettings, app: Any, stopping: asyncio.Event) -> None:
    """Serves until the event is set; requests under way are answered.

    Raises:
        OSError: the address is taken.
    """
    host, _, port = settings.http_address.rpartition(":")
    server = _Server(
        uvicorn.Config(
            app,
            host=host,
            port=int(port),
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=True,
            forwarded_allow_ips=settings.trusted_proxies,
            timeout_graceful_shutdown=DRAIN_SECONDS,
            h11_max_incomplete_event_size=16 * 1024,
        )
    )
    serving = asyncio.create_task(server.serve(), name="pages")
    stop = asyncio.create_task(stopping.wait(), name="stop")
    log.info("service_ready", roles=["pages"])
    await asyncio.wait([serving, stop], return_when=asyncio.FIRST_COMPLETED)
    stop.cancel()
    server.should_exit = True
    await serving
    if not stopping.is_set():
        raise RuntimeError("the server of pages ended by itself")
