"""Every page of the console, asked for past the network: it costs a render, and tells what it called."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import pytest

from services.console.adapters.hub import Hub
from services.console.entrypoints.app import make_app
from services.console.settings import ConsoleSettings
from tests.support.console import ConsoleHub
from tools.stack.ports import Ports
from tools.stack.run_file import read_run
from tools.stack.services import environment

BROWSERS_URL: Final = "https://hub.example"


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of a request: `calls` are the methods that the page has called, as `Service/Method`."""

    code: int
    headers: Mapping[str, str]
    cookies: tuple[str, ...]
    body: str
    calls: frozenset[str]


@dataclass
class Pages:
    """Consoles in this process, on the services of a running hub, as browsers come to them behind TLS."""

    settings: ConsoleSettings
    hub: Hub
    kept: dict[str, Any] = field(default_factory=dict)

    def console(self) -> Any:
        """A console that has asked nothing yet, so that no page does without a call for another's sake."""
        return make_app(self.settings, self.hub, asyncio.Event())

    def of(self, name: str) -> Any:
        """The same console for the same name."""
        return self.kept.setdefault(name, self.console())


@asynccontextmanager
async def pages_of_running(console: ConsoleHub) -> AsyncIterator[Pages]:
    """Over the services of this hub."""
    run = read_run(console.stack.layout)
    assert run is not None
    own = {"KEM_CONSOLE_PUBLIC_URL": BROWSERS_URL}
    told = environment(console.stack.root, console.stack.layout, Ports(run.base_port), {}, "console", own)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in told.items():
            if name.startswith("KEM_"):
                patch.setenv(name, value)
        settings = ConsoleSettings.load("console")
    hub = Hub(settings)
    try:
        yield Pages(settings, hub)
    finally:
        await hub.close()


async def asked(
    app: Any,
    address: str,
    *,
    session: str = "",
    language: str = "en",
    sent: bytes | None = None,
    headers: Mapping[str, str] | None = None,
) -> Answered:
    """One request; `sent` is the body of a form, None where a page is asked for."""
    path, _, query = address.partition("?")
    cookie = {"cookie": f"__Host-kem-session={session}"} if session else {}
    given = {"host": "hub.example", "accept-language": language} | cookie | dict(headers or {})
    state: dict[str, Any] = {}
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET" if sent is None else "POST",
        "scheme": "https",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(name.encode(), value.encode()) for name, value in given.items()],
        "client": ("192.0.2.7", 4711),
        "server": ("hub.example", 443),
        "state": state,
    }
    told: list[Any] = []
    bodies = [{"type": "http.request", "body": sent or b"", "more_body": False}]

    async def receive() -> Any:
        return bodies.pop() if bodies else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        told.append(message)

    await app(scope, receive, send)
    start = next(one for one in told if one["type"] == "http.response.start")
    pairs = [(name.decode(), value.decode()) for name, value in start["headers"]]
    body = b"".join(one.get("body", b"") for one in told if one["type"] == "http.response.body")
    return Answered(
        start["status"],
        dict(pairs),
        tuple(value for name, value in pairs if name == "set-cookie"),
        body.decode(errors="replace"),
        frozenset(one.rpartition(".")[2] for one in state.get("made_calls", ())),
    )
