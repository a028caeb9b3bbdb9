"""A whole running hub on this machine: PostgreSQL, broker, topics, tables, services, supervised."""

import asyncio
import signal
import subprocess
import time
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from chassis.publisher import PublishingFailed
from tools.certificates.authority import KAFKA
from tools.stack.cluster import Cluster, Node
from tools.stack.confine import landlock_version
from tools.stack.credentials import (
    keep_certificates,
    write_certificates,
    write_signing_keys,
    write_urls,
)
from tools.stack.failure import StackFailure
from tools.stack.filling import Filling
from tools.stack.kafka_rights import read_certificate_again
from tools.stack.layout import ROOT, Layout
from tools.stack.options import StackOptions
from tools.stack.part import Part
from tools.stack.ports import Ports, choose, free_port
from tools.stack.postgres import PostgresServer
from tools.stack.postgres_admin import PostgresAdmin
from tools.stack.replay import Replayed
from tools.stack.room import check_room, plain_about_full_disks
from tools.stack.run_file import end_leftovers, read_run
from tools.stack.run_keeper import RunKeeper
from tools.stack.sample import load_sample_city
from tools.stack.servers import Servers, is_on_apache, prepare_servers
from tools.stack.service_process import ServiceProcess
from tools.stack.services import environment, schemas_of, services_of
from tools.stack.staff import open_sample_staff
from tools.stack.topics import BROKER_ERRORS
from tools.stack.wanted import LACKING, Wanted
from tools.stack.watches import room_of_servers, watch_room

LARGEST_LOG_BYTES: Final = 20 * 1024 * 1024
SERVER_PATIENCE_SECONDS: Final = 20.0
NODE_PATIENCE_SECONDS: Final = 8.0
"""Of three that end at once the last finds nobody to hand over to; what it acknowledged is in its files."""
LOSS_PATIENCE_SECONDS: Final = 1.0
"""Without a broker nothing can drain to it: services that take longer are killed, which loses nothing."""

Say = Callable[[str], None]


class Stack:
    """One stack on one data folder: `start` it once, use `addresses`, `stop` it.

    Args:
        data: its folder; what is there from an earlier run is used again.
        say: told in one sentence whatever a person would want to know.
    """

    def __init__(
        self,
        data: Path,
        options: StackOptions | None = None,
        *,
        root: Path = ROOT,
        say: Say = lambda sentence: None,
    ) -> None:
        self.layout = Layout(data.resolve())
        self.options = options or StackOptions()
        self.root = root
        self.say = say
        self.services = list(services_of(root) if self.options.services is None else self.options.services)
        self.schemas = schemas_of(self.services)
        self.addresses: dict[str, str] = {}
        self.parts: dict[str, Part] = {}
        self._held = ExitStack()
        self._ports: Ports
        self.postgres: PostgresAdmin
        self.cluster: Cluster
        self._servers: Servers | None = None
        self._filling: Filling | None = None
        self._watches: list[asyncio.Task[None]] = []
        self._run: RunKeeper | None = None
        self._refilling = asyncio.Lock()
        self._is_stopping = False

    async def start(self) -> None:
        """Returns when every service serves and the directory is filled.

        Raises:
            StackFailure: one sentence for the person; what was started has been ended again.
        """
        self.layout.make()
        self._held.enter_context(self.layout.hold())
        try:
            with plain_about_full_disks(self.layout.data):
                await self._start()
        except BaseException:
            await self.stop()
            raise

    async def _start(self) -> None:
        check_room(self.layout.data)
        previous = read_run(self.layout)
        left = await asyncio.to_thread(end_leftovers, previous) if previous else []
        if left:
            self.say(f"Ended what an earlier run had left behind: {', '.join(left)}.")
        self._ports = choose(self.options.base_port, previous.base_port if previous else None)
        self._held.callback(self._ports.release)
        self._ports.advertised_broker = self.options.advertised_broker_port
        await asyncio.to_thread(write_certificates, self.layout, self._certified(), self.say)
        await asyncio.to_thread(self._prepare_servers)
        self._prepare_files()
        await self._start_servers()
        await self._fill_servers()
        await self._start_services()
        if self.options.has_sample_city and {"intake", "referral"} <= set(self.services):
            await load_sample_city(
                self.layout, self.addresses["referral"], self.addresses["intake"], self.say
            )
        if self.options.has_sample_staff and "access" in self.services:
            await open_sample_staff(
                self.layout, self.addresses["access"], self.say, is_watched=self.options.is_watched
            )
        for part in self.parts.values():
            part.is_patient = True
        assert self._servers is not None  # noqa: S101 (the servers are prepared)
        assert self._run is not None  # noqa: S101 (the files are prepared)
        self._run.room = room_of_servers(self._servers, self.layout, self.parts, self.say)
        self._watches = [
            asyncio.create_task(watch_room(self._run.room, self._run), name="watch the room"),
            asyncio.create_task(
                keep_certificates(self.layout, self._certified(), self.say, self._show_renewed),
                name="watch the certificates",
            ),
        ]
        self._run.note_ready(is_ready=True)

    def _certified(self) -> list[str]:
        """Who needs a certificate: the services, and the brokers where they are ours."""
        return [*self.services, *([KAFKA.name] if is_on_apache(self.layout, self.options.servers) else [])]

    async def _show_renewed(self) -> None:
        """Services look at their files by themselves; brokers have to be told."""
        if self.cluster.is_guarded:
            numbers = range(1, len(self.cluster.nodes) + 1)
            file = self.layout.certificate(KAFKA.name)
            await asyncio.to_thread(read_certificate_again, self.cluster.bootstrap, numbers, file)

    def _prepare_servers(self) -> None:
        self._servers = prepare_servers(
            self.layout,
            self.options.servers,
            self._ports,
            self.schemas,
            self.say,
            is_durable=self.options.is_durable,
        )
        self.postgres, self.cluster = self._servers.postgres, self._servers.cluster
        self._filling = Filling(self.cluster, self.layout, self._worker_urls(), self.say, self._note_replay)

    def _worker_urls(self) -> dict[str, str]:
        return {schema: self.postgres.url(f"{schema}_worker") for schema in self.schemas}

    def _prepare_files(self) -> None:
        layout, ports = self.layout, self._ports
        for log in layout.logs.glob("*.log"):
            if log.stat().st_size > LARGEST_LOG_BYTES:
                log.replace(log.with_suffix(".log.1"))
        write_signing_keys(layout, self.services)
        write_urls(layout, self.postgres, self.schemas)
        if self.services and not landlock_version():
            self.say(
                "This kernel has no Landlock: whoever takes over one service can read the others' secrets."
            )
        self.addresses |= {"postgresql": self.postgres.address, "broker": self.cluster.bootstrap}
        self.addresses |= {name: f"127.0.0.1:{ports.door(name)}" for name in self.services}
        self._run = RunKeeper(layout, ports.base, self.addresses, self.parts.values, self.say)
        self._run.write()

    async def _start_servers(self) -> None:
        began = time.monotonic()
        if isinstance(self.postgres, PostgresServer):
            await self._add_postgres(self.postgres)
        for name, node in self.cluster.nodes.items():
            self._add_node(name, node)
        parts = list(self.parts.values())
        for part in parts:
            part.want()
        for part in parts:
            await part.ready()
        self.say(f"PostgreSQL and the broker are running ({time.monotonic() - began:.1f} s).")

    async def _add_postgres(self, server: PostgresServer) -> None:
        await asyncio.to_thread(server.initialise)
        if server.footing.note:
            self.say(server.footing.note)
        part = self._add("postgresql", server.spawn, lambda: asyncio.to_thread(server.wait_ready))
        part.ask, part.patience_seconds = signal.SIGINT, SERVER_PATIENCE_SECONDS

    def _add_node(self, name: str, node: Node) -> None:
        part = self._add(name, node.spawn, lambda: asyncio.to_thread(node.wait_ready))
        part.patience_seconds = NODE_PATIENCE_SECONDS
        if not self.cluster.keeps_events:
            part.on_death, part.on_restart = self._rest_services, self._after_broker_loss

    async def _fill_servers(self) -> None:
        assert self._filling is not None  # noqa: S101 (the servers are prepared)
        try:
            await asyncio.gather(self._filling.make_topics(), asyncio.to_thread(self._migrate))
            await self._filling.fill()
        except (*BROKER_ERRORS, PublishingFailed) as error:
            raise StackFailure(f"The broker at {self.cluster.bootstrap} refuses: {error}") from error

    def _migrate(self) -> None:
        began = time.monotonic()
        self.postgres.create_database()
        self.postgres.drop_what_a_restore_left()
        for schema in self.schemas:
            self.postgres.prepare(schema)
        self.say(f"The tables are up to date ({time.monotonic() - began:.1f} s).")

    async def _start_services(self) -> None:
        if self._is_stopping:
            raise StackFailure("KEM is ending")
        began = time.monotonic()
        for name in self.services:
            if name not in self.parts:
                self._add_service(name, name, roles=None)
        parts = self.service_parts()
        for part in parts:
            part.want()
        await asyncio.gather(*(part.ready() for part in parts))
        if parts:
            self.say(f"All {len(parts)} services are running ({time.monotonic() - began:.1f} s).")

    async def add_worker(self, service: str, roles: str = "stream") -> Part:
        """Starts one more process of a service, for some of its roles; returns when it serves."""
        number = 2 + sum(name.startswith(f"{service}-") for name in self.parts)
        name = f"{service}-{number}"
        self.addresses[name] = f"127.0.0.1:{free_port()}"
        part = self._add_service(name, service, roles)
        part.want()
        await part.ready()
        return part

    def _add_service(self, name: str, service: str, roles: str | None) -> Part:
        own = self.options.settings | self.options.settings_of.get(service, {})
        if name != service:
            prefix = f"KEM_{service.upper()}_"
            own |= {f"{prefix}GRPC_ADDRESS": self.addresses[name], f"{prefix}METRICS_ADDRESS": "127.0.0.1:0"}
        settings = environment(self.root, self.layout, self._ports, self.cluster.settings(), service, own)
        process = ServiceProcess(
            name, service, roles, self.addresses[name], settings, self.layout, self._ports
        )
        return self._add(name, process.start, process.wait_ready)

    def _add(
        self,
        name: str,
        start: Callable[[], subprocess.Popen[bytes]],
        wait_ready: Callable[[], Awaitable[None]],
    ) -> Part:
        self.parts[name] = Part(name, start, wait_ready, self.layout.log(name), self.say, self._write_run)
        return self.parts[name]

    def metrics_address(self, service: str) -> str:
        """Where a service's page of measures is."""
        return f"127.0.0.1:{self._ports.metrics(service)}"

    def service_parts(self) -> list[Part]:
        """The parts that are services, in the order of their start."""
        return [part for name, part in self.parts.items() if name not in self._server_names]

    @property
    def _server_names(self) -> list[str]:
        return ["postgresql", *(self._servers.cluster.nodes if self._servers else ())]

    async def _rest_services(self) -> None:
        patience = None if self.cluster.keeps_events else LOSS_PATIENCE_SECONDS
        await asyncio.gather(*(part.rest(patience) for part in self.service_parts()))

    async def _after_broker_loss(self) -> None:
        await self.refill_broker()

    async def refill_broker(self, wanted: Wanted = LACKING) -> Replayed:
        """Fills a broker that came back empty: services rest while topics are made and events sent again.

        Repeat-safe, also on a broker that has everything: consumers drop what they have seen.
        """
        async with self._refilling:
            if self._run is not None:
                self._run.note_replay_begins()
            await self._rest_services()
            assert self._filling is not None  # noqa: S101 (the servers are prepared)
            replayed = await self._filling.until_filled(wanted)
            await self._start_services()
            if self._run is not None:
                self._run.note_replayed(replayed.total, wanted.ask_id)
            return replayed

    def _note_replay(self, sent: int, of: int) -> None:
        if self._run is not None:
            self._run.note_replaying(sent, of)

    async def stop(self) -> None:
        """Ends everything in order: services drain, then the broker, then PostgreSQL. Repeat-safe."""
        self._is_stopping = True
        for watch in self._watches:
            watch.cancel()
        await asyncio.gather(*self._watches, return_exceptions=True)
        for part in reversed(self.service_parts()):
            await part.end()
        if self._filling is not None:
            await self._filling.end()
        await asyncio.gather(*(part.end() for name, part in self.parts.items() if name != "postgresql"))
        if "postgresql" in self.parts:
            await self.parts["postgresql"].end()
        self.parts.clear()
        if self._run is not None:
            self._run.note_ready(is_ready=False)
            self._run = None
        self._held.close()

    async def leave_no_trace(self) -> None:
        """After `stop`, and a first start: takes from servers that outlive the hub what it made there."""
        if self._servers is None or self._filling is None:
            return
        urls, made = list(self._worker_urls().values()), self._filling.made
        try:
            await asyncio.to_thread(self._servers.leave_no_trace, urls, self.schemas, made)
        except BROKER_ERRORS as error:
            raise StackFailure(f"What KEM made there could not all be taken away: {error}") from error

    def _write_run(self) -> None:
        if self._run is not None:
            self._run.write()
