"""A stack of its own whose parts reach each other over wires that can be cut."""

import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tools.demo.fresh import run_on_seconds
from tools.stack.credentials import passwords
from tools.stack.layout import ROOT, Layout, write_secret
from tools.stack.options import StackOptions
from tools.stack.postgres import PostgresServer
from tools.stack.servers import ServersAsked
from tools.stack.services import schemas_of, services_of
from tools.stack.stack import Stack
from tools.storm.wire import Wire

SECOND_WORKER_OF: Final = "referral"
"""So that a worker's death is also a rebalance."""
INTAKE: Final = "intake"
BROKER: Final = "broker"
_LOGINS: Final = ("app", "worker")


@dataclass(slots=True)
class StormyStack:
    """The running stack.

    Args:
        to_database: each service's way to PostgreSQL.
        to_broker: everybody's way to the broker.
        to_intake: referral's way to intake.
    """

    stack: Stack
    to_database: dict[str, Wire]
    to_broker: Wire
    to_intake: Wire


@contextlib.asynccontextmanager
async def stormy_stack(folder: Path, broker: str, say: Callable[[str], None]) -> AsyncIterator[StormyStack]:
    """Starts it, with the sample city and clocks in seconds; it is ended afterwards."""
    services = schemas_of(services_of(ROOT))
    # where a wire leads is asked at each connection: by then the stack has its ports
    to_database = {name: Wire(lambda: stack.addresses["postgresql"]) for name in services}
    to_broker = Wire(lambda: f"127.0.0.1:{stack.cluster.nodes[BROKER].port}")
    to_intake = Wire(lambda: stack.addresses[INTAKE])
    wires = [*to_database.values(), to_broker, to_intake]
    for wire in wires:
        await wire.open()
    settings_of = {name: _urls(Layout(folder), services, name, to_database[name].port) for name in services}
    settings_of[SECOND_WORKER_OF]["KEM_INTAKE_GRPC_ADDRESS"] = to_intake.address
    servers = ServersAsked(broker=broker)
    options = StackOptions(settings_of=settings_of, servers=servers, advertised_broker_port=to_broker.port)
    stack = Stack(folder, options, say=say)
    try:
        await stack.start()
        await run_on_seconds(stack.postgres)
        await stack.add_worker(SECOND_WORKER_OF)
        yield StormyStack(stack, to_database, to_broker, to_intake)
    finally:
        for wire in wires:
            wire.mend()
        await stack.stop()
        for wire in wires:
            await wire.close()


def _urls(layout: Layout, services: list[str], service: str, port: int) -> dict[str, str]:
    """Settings that lead the service to its database over its wire; secrets stay in files."""
    layout.make()
    server = PostgresServer(layout.postgres, port, passwords(layout, services), layout.log("postgresql"))
    settings = {}
    for login in _LOGINS:
        file = layout.url_file(f"{service}-{login}-over-a-wire")
        write_secret(file, server.url(f"{service}_{login}") + "\n")
        name = "DATABASE_URL_FILE" if login == "app" else "WORKER_DATABASE_URL_FILE"
        settings[f"KEM_{service.upper()}_{name}"] = str(file)
    return settings
