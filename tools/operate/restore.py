"""`./kem restore`: puts a backup in the place of the database, and lets nobody come back who was erased.

The backup goes into a database of its own first; intake looks at it there, with the keys and tombstones of
this folder. Only then does it take the place of the present one, in one step; until that step nothing has
changed. Sessions, known devices and one-time passwords of the backup are ended; access closes again at its
next start who was closed since. The broker is emptied just before: it may hold events that the backup has
never heard of. The next `./kem up` fills it from the event logs.
"""

import asyncio
import shutil
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from rich.console import Console

from chassis.topics import TOPICS
from tools.operate.archive import Archive
from tools.operate.postgres_program import program, run_program
from tools.operate.progress import Bar
from tools.stack.choice import PKCS11, keys_of
from tools.stack.credentials import move_sign_in, write_certificates, write_signing_keys, write_urls
from tools.stack.failure import StackFailure
from tools.stack.layout import ROOT, Layout, write_secret
from tools.stack.ports import Ports, choose, free_port
from tools.stack.postgres import PostgresServer
from tools.stack.postgres_admin import DATABASE, REPLACED, RESTORING, PostgresAdmin
from tools.stack.process import last_line, spawn, stop
from tools.stack.replay import consumers
from tools.stack.room import plain_about_full_disks
from tools.stack.run_file import end_leftovers, read_run
from tools.stack.servers import Servers, ServersAsked, prepare_servers
from tools.stack.services import ReadyWord, command, confined, environment, schemas_of, services_of
from tools.stack.topics import clear_topics, forget_groups
from tools.trace.story import athens

_PATIENCE_SECONDS: Final = 60.0

_HOLDS_EVENTS: Final = "select exists (select from {0}.event_log) or exists (select from {0}.outbox)"
_SCHEMAS: Final = "select schemaname from pg_tables where tablename = 'event_log'"
_VERSIONS: Final = "select version from {}.schema_migrations"
_POSITION: Final = "select logged_position from {}.publication"
_ERASED: Final = "select count(*) from intake.beneficiary where erased_time is not null"
_END_WAYS_IN: Final = """
    delete from access.session;
    delete from access.provider_sign_in;
    delete from access.device;
    update access.credential set one_time_end_time = least(one_time_end_time, now()) where is_one_time
"""
"""Each may have ended since, and the backup cannot know: a password that was used up would be good again."""
_ALONE: Final = "select pg_terminate_backend(pid) from pg_stat_activity where datname = any('{{{0},{1}}}')"
_SWAP: Final = "begin; alter database {1} rename to {2}; alter database {0} rename to {1}; commit"


@dataclass(frozen=True, slots=True)
class Restored:
    """What the hub holds now.

    Args:
        positions: per service the last position of its event log.
        erased_again: people who were erased after the backup was taken.
        has_staff: whether accounts of staff came with it, as they were then.
    """

    backup_time: datetime
    positions: dict[str, int]
    erased_again: int
    has_staff: bool

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def show(self, console: Console) -> None:
        events = sum(self.positions.values())
        console.print(f"The hub is as it was at {athens(self.backup_time)}, with {events:,} events.")
        if self.erased_again:
            console.print(f"{self.erased_again} people were erased after that; they are erased again.")
        if self.has_staff:
            console.print(
                "Accounts of staff are as they were then: passwords, authenticators, locks, roles and links"
                " at identity providers. Whoever was closed since is closed again. Before anybody signs in"
                " see docs/runbooks/restore.md for what else may have changed since."
            )
        console.print("Start it with ./kem up, which fills the broker anew; then run ./kem check.")


async def restore(
    layout: Layout, archive: Archive, asked: ServersAsked, *, may_overwrite: bool, say: Callable[[str], None]
) -> Restored:
    """Restores into the data folder, which nothing may run on.

    Args:
        asked: on which servers, where the folder is new.
        may_overwrite: whether what the hub holds now may go.

    Raises:
        StackFailure: keys or tombstones are missing or not the right ones, the hub holds something, or the
            backup is damaged or newer than this version. Nothing has changed then.
    """
    _check_keys(layout, asked, archive.schemas)
    services = schemas_of(services_of(ROOT))
    unknown = sorted(set(archive.schemas) - set(services))
    if unknown:
        raise StackFailure(f"The backup was made by a newer version of KEM: this one has no {unknown[0]}.")
    layout.make()
    with layout.hold(), plain_about_full_disks(layout.data):
        previous = read_run(layout)
        if previous is not None:
            end_leftovers(previous)
        ports = choose(None, previous.base_port if previous else None)
        try:
            servers = await asyncio.to_thread(
                prepare_servers, layout, asked, ports, services, say, is_durable=True
            )
            with _running(servers.postgres):
                return await _Restoring(layout, archive, servers, ports, services, say).run(may_overwrite)
        finally:
            ports.release()


def _check_keys(layout: Layout, asked: ServersAsked, schemas: Sequence[str]) -> None:
    """Before anything is touched: whoever was erased would be readable again, whoever was closed let in."""
    move_sign_in(layout)
    in_a_token = (asked.keys or keys_of(layout)) == PKCS11
    needed = [layout.token_file if in_a_token else layout.keys / "root.key", layout.tombstones]
    if "access" in schemas:
        needed += [layout.sign_in_key, layout.closed_accounts]
    for file in needed:
        if not file.is_file():
            raise StackFailure(
                f"{file} is missing: put the key folders of that hub back first ({layout.keys} and"
                f" {layout.sign_in}), as they are today. Without the root key nobody in the backup is"
                " readable; without the tombstones erased people would be; without sign-in.key no"
                " authenticator is known, and without closed-accounts every account that was closed is open"
                " again."
            )


@contextmanager
def _running(postgres: PostgresAdmin) -> Iterator[None]:
    if not isinstance(postgres, PostgresServer):
        yield
        return
    postgres.start()
    try:
        yield
    finally:
        postgres.stop()


class _Restoring:
    """One restore, step by step; every step before the last can be left."""

    def __init__(
        self,
        layout: Layout,
        archive: Archive,
        servers: Servers,
        ports: Ports,
        services: list[str],
        say: Callable[[str], None],
    ) -> None:
        self._layout = layout
        self._archive = archive
        self._servers = servers
        self._postgres = servers.postgres
        self._ports = ports
        self._services = services
        self._say = say

    async def run(self, may_overwrite: bool) -> Restored:
        self._drop_drafts()
        if not may_overwrite and await asyncio.to_thread(self._holds_something):
            raise StackFailure(
                "The hub here holds data, which a restore would replace. Make a backup of it if it may be"
                " needed; then say --overwrite."
            )
        try:
            await asyncio.to_thread(self._load)
            before = self._count(_ERASED)
            await self._let_intake_look()
            restored = Restored(
                self._archive.backup_time,
                {schema: self._count(_POSITION.format(schema)) for schema in self._archive.schemas},
                self._count(_ERASED) - before,
                "access" in self._archive.schemas,
            )
            await self._empty_broker()
            await asyncio.to_thread(self._swap)
        finally:
            self._drop_drafts()
        self._layout.sample_city_mark.touch()  # what the backup holds is the city
        if "access" in self._archive.schemas:
            self._layout.sample_staff_mark.touch()
        return restored

    def _holds_something(self) -> bool:
        if DATABASE not in self._postgres.databases():
            return False
        schemas = self._postgres.execute(_SCHEMAS).split()
        return any(self._postgres.execute(_HOLDS_EVENTS.format(one)).strip() == "t" for one in schemas)

    def _load(self) -> None:
        postgres, archive = self._postgres, self._archive
        postgres.create_database(RESTORING)
        for schema in archive.schemas:
            postgres.give_roles(schema, RESTORING)
            postgres.execute(f"drop schema {schema}", RESTORING)  # the backup brings it, with its rights
        path = program("pg_restore", speaks_tls=postgres.parameters.get("sslmode") != "disable")
        target = ["--exit-on-error", "--no-password", "--verbose", f"--dbname={RESTORING}"]
        done = 0
        with Bar("restoring") as bar:

            def hear(_: str) -> None:
                nonlocal done
                done += 1
                bar.show(min(done, archive.entries), archive.entries)

            run_program(path, [*target, str(archive.file)], postgres.environment(RESTORING), hear)
        for schema in archive.schemas:
            self._refuse_newer(schema)
        for schema in self._services:
            postgres.prepare(schema, RESTORING)
        if "access" in archive.schemas:
            postgres.execute(_END_WAYS_IN, RESTORING)

    def _refuse_newer(self, schema: str) -> None:
        known = {
            file.name.partition("_")[0]
            for folder in ("chassis", f"services/{schema}")
            for file in (ROOT / folder / "migrations").glob("*.sql")
        }
        newer = sorted(set(self._postgres.execute(_VERSIONS.format(schema), RESTORING).split()) - known)
        if newer:
            raise StackFailure(
                f"The backup was made by a newer version of KEM ({schema} has migration {newer[0]});"
                " restore it with that one."
            )

    async def _let_intake_look(self) -> None:
        """Its keys must fit, and its tombstones are followed, before the backup is anybody's database."""
        layout, log = self._layout, self._layout.work / "restore-intake.log"
        write_signing_keys(layout, self._services)
        write_certificates(layout, self._services, self._say)
        write_urls(layout, self._postgres, self._services)
        own = {
            "KEM_INTAKE_DATABASE_URL_FILE": self._draft_url("app"),
            "KEM_INTAKE_WORKER_DATABASE_URL_FILE": self._draft_url("worker"),
            "KEM_INTAKE_GRPC_ADDRESS": f"127.0.0.1:{free_port()}",
            "KEM_INTAKE_METRICS_ADDRESS": "127.0.0.1:0",
        }
        settings = environment(ROOT, layout, self._ports, self._servers.cluster.settings(), "intake", own)
        log.unlink(missing_ok=True)
        look = confined(layout, settings, command("intake", "timers"))
        process = spawn(look, log=log, environment=settings, directory=layout.work)
        ready = asyncio.create_task(ReadyWord(log).wait(_PATIENCE_SECONDS))
        ended = asyncio.create_task(asyncio.to_thread(process.wait))
        try:
            await asyncio.wait({ready, ended}, return_when=asyncio.FIRST_COMPLETED)
            if not ready.done():
                raise StackFailure(f"Intake does not take the backup: {last_line(log.read_text())}")
            ready.result()
            log.unlink()
        finally:
            ready.cancel()
            await asyncio.to_thread(stop, process, ask=signal.SIGTERM, patience_seconds=10)
            await ended

    def _draft_url(self, kind: str) -> str:
        file = self._layout.url_file(f"restoring-{kind}")
        write_secret(file, self._postgres.url(f"intake_{kind}", RESTORING) + "\n")
        return str(file)

    async def _empty_broker(self) -> None:
        """It may hold what the backup never heard of. The next start fills it, whatever happens till then."""
        self._layout.fill_mark.touch()
        cluster = self._servers.cluster
        if cluster.nodes:  # they do not run now
            if self._layout.kafka.exists():
                shutil.rmtree(self._layout.kafka)
            return
        urls = [self._postgres.url(f"{schema}_worker", RESTORING) for schema in self._archive.schemas]
        await asyncio.to_thread(forget_groups, cluster.bootstrap, await consumers(urls))
        await asyncio.to_thread(clear_topics, cluster.bootstrap, set(TOPICS))

    def _swap(self) -> None:
        maintenance = self._postgres.maintenance_database
        self._postgres.create_database(DATABASE)
        self._postgres.execute(_ALONE.format(DATABASE, RESTORING), maintenance)
        self._postgres.execute(_SWAP.format(RESTORING, DATABASE, REPLACED), maintenance)

    def _drop_drafts(self) -> None:
        self._postgres.drop_what_a_restore_left()
        for kind in ("app", "worker"):
            self._layout.url_file(f"restoring-{kind}").unlink(missing_ok=True)

    def _count(self, query: str) -> int:
        return int(self._postgres.execute(query, RESTORING))
