"""The yardstick at work: its database, its process, and clients as many and as busy as the hub's."""

import asyncio
import contextlib
import itertools
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import aiohttp
import asyncpg

from kernel.ids import derived_id
from tools.bench.arrivals import Arrival, Arrivals
from tools.bench.city import bench_agencies
from tools.bench.ground import AGENCIES, PEOPLE, seconds_of
from tools.bench.load import StepSeconds
from tools.bench.processes import Member, family, me
from tools.bench.run import Run
from tools.bench.yardstick.content import people, services
from tools.stack.failure import StackFailure
from tools.stack.layout import ROOT, write_secret
from tools.stack.ports import free_port
from tools.stack.postgres import PostgresServer
from tools.stack.postgres_admin import Passwords
from tools.stack.process import bare_environment, spawn, stop

DATABASE: Final = "yardstick"
TABLES: Final = Path(__file__).with_name("tables.sql")
_START_PATIENCE_SECONDS: Final = 20.0


@dataclass(slots=True)
class Yardstick:
    """The running web app; `postgres` and `web` are its processes."""

    postgres: PostgresServer
    web: "subprocess.Popen[bytes]"
    http: aiohttp.ClientSession
    desk: dict[str, str]
    """Headers of the desk."""
    staff: dict[str, dict[str, str]]
    """Headers by agency."""
    people: list[UUID]
    arrivals: Arrivals
    put_off: int = 0
    _undelivered: set[str] = field(default_factory=set)
    _needs: Iterator[tuple[UUID, str]] | None = None

    def _next_need(self) -> tuple[UUID, str]:
        if self._needs is None:
            types = dict.fromkeys(agency.service_type for agency in bench_agencies(AGENCIES))
            self._needs = iter(zip(itertools.cycle(self.people), itertools.cycle(types), strict=False))
        return next(self._needs)

    async def record_need(self) -> str:
        """Records one need; answers its referral's id."""
        person_id, service_type = self._next_need()
        need = {"person_id": str(person_id), "service_type": service_type, "urgency": "NORMAL"}
        answer = await self._ask("POST", "/needs", self.desk, need)
        return str(answer["referral_id"])

    async def take_up(self, referral_id: str, arrival: Arrival, steps: StepSeconds) -> None:
        """The same calls as at the hub."""
        staff = self.staff[arrival.agency_id]
        for step, method, path, content in (
            ("card", "GET", f"/referrals/{referral_id}", None),
            ("accept", "POST", f"/offers/{arrival.offer_id}/accept", None),
            ("disclosure", "GET", f"/referrals/{referral_id}/person", None),
            ("start", "POST", f"/referrals/{referral_id}/start", None),
            ("complete", "POST", f"/referrals/{referral_id}/complete", {"outcome": "NEED_MET"}),
        ):
            steps[step].append(await seconds_of(self._ask(method, path, staff, content)))

    def members(self) -> list[Member]:
        """The web app, its PostgreSQL, and this process."""
        server = self.postgres.process
        return [
            me(),
            *family("web app", self.web.pid),
            *(family("postgresql", server.pid) if server else ()),
        ]

    async def until_acknowledged(self) -> None:
        """Returns when every partner has said that it has what arrived."""
        while self._undelivered:  # noqa: ASYNC110 (it sets no event)
            await asyncio.sleep(0.05)

    async def listen(self, agency_id: str) -> None:
        """An agency's long poll, until cancelled."""
        delivered: list[str] = []
        while True:
            # said now, though the answer comes only when there is something new
            self._undelivered.difference_update(delivered)
            offers = await self._ask("POST", "/inbox", self.staff[agency_id], {"offer_ids": delivered})
            for offer in offers:
                self.arrivals.note(offer["referral_id"], offer["offer_id"], agency_id)
            delivered = [offer["offer_id"] for offer in offers]
            self._undelivered.update(delivered)

    async def _ask(self, method: str, path: str, headers: dict[str, str], content: Any = None) -> Any:
        async with self.http.request(method, path, headers=headers, json=content) as answer:
            if answer.status >= 400:
                raise StackFailure(f"The yardstick answered {answer.status} to {method} {path}.")
            return await answer.json()


@contextlib.asynccontextmanager
async def yardstick(run: Run) -> AsyncIterator[Yardstick]:
    """The web app on a PostgreSQL of its own (the stack's build and settings), in a temporary folder."""
    with tempfile.TemporaryDirectory(prefix="kem-yardstick-") as name:
        folder = Path(name)
        password = secrets.token_urlsafe(24)
        passwords = Passwords(superuser=password, migrator="", check="", schemas={})
        postgres = PostgresServer(folder / "postgres", free_port(), passwords, folder / "postgresql.log")
        await asyncio.to_thread(postgres.initialise)
        postgres.spawn()
        try:
            await asyncio.to_thread(postgres.wait_ready)
            await asyncio.to_thread(postgres.create_database, DATABASE)
            tokens = await _fill(postgres)
            run.say(f"The yardstick's database is filled: {PEOPLE} people, {len(tokens) - 1} agencies.")
            async with _web_app(folder, postgres) as (web, address):
                connector = aiohttp.TCPConnector(limit=0)
                async with aiohttp.ClientSession(address, connector=connector) as http:
                    headers = {name: {"Authorization": f"Bearer {token}"} for name, token in tokens.items()}
                    desk = headers.pop("desk")
                    place = Yardstick(
                        postgres, web, http, desk, headers, [p[0] for p in people(PEOPLE)], Arrivals()
                    )
                    async with asyncio.TaskGroup() as partners:
                        listening = [partners.create_task(place.listen(agency)) for agency in headers]
                        yield place
                        for task in listening:
                            task.cancel()
        finally:
            await asyncio.to_thread(postgres.stop)


@contextlib.asynccontextmanager
async def _web_app(
    folder: Path, postgres: PostgresServer
) -> AsyncIterator[tuple["subprocess.Popen[bytes]", str]]:
    url_file, port = folder / "database.url", free_port()
    write_secret(url_file, postgres.url("postgres", DATABASE) + "\n")
    web = spawn(
        [
            *(sys.executable, "-P", "-m", "uvicorn", "tools.bench.yardstick.web_app:app"),
            *("--host", "127.0.0.1", "--port", str(port), "--no-access-log", "--log-level", "warning"),
            *("--loop", "uvloop", "--http", "httptools", "--timeout-keep-alive", "75"),
        ],
        log=folder / "web.log",
        environment=bare_environment()
        | {"PYTHONPATH": str(ROOT), "YARDSTICK_DATABASE_URL_FILE": str(url_file)},
        directory=folder,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        await _wait_serving(address, web, folder / "web.log")
        yield web, address
    finally:
        await asyncio.to_thread(stop, web, ask=signal.SIGTERM, patience_seconds=5)


async def _wait_serving(address: str, web: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + _START_PATIENCE_SECONDS
    async with aiohttp.ClientSession(address) as http:
        while time.monotonic() < deadline and web.poll() is None:
            with contextlib.suppress(aiohttp.ClientError):
                async with http.get("/health") as answer:
                    if answer.status == 200:
                        return
            await asyncio.sleep(0.05)
    raise StackFailure(f"The yardstick did not start: {log.read_text(errors='replace')[-300:]}")


async def _fill(postgres: PostgresServer) -> dict[str, str]:
    """Tables, services, people, accounts; answers the tokens of the desk and of each agency."""
    connection = await asyncpg.connect(postgres.url("postgres", DATABASE))
    try:
        await connection.execute(TABLES.read_text(encoding="utf-8"))
        await connection.copy_records_to_table(
            "service",
            records=services(bench_agencies(AGENCIES)),
            columns=["service_id", "agency_id", "service_type", "name", "district", "languages", "places"],
        )
        await connection.copy_records_to_table(
            "person",
            records=people(PEOPLE),
            columns=[
                *("person_id", "names", "contacts", "birth_date", "sex", "nationality", "district"),
                *("languages", "age_band"),
            ],
        )
        tokens = {"desk": secrets.token_urlsafe(24)}
        tokens |= {str(agency.agency_id): secrets.token_urlsafe(24) for agency in bench_agencies(AGENCIES)}
        desk_id = derived_id("bench sender")
        await connection.copy_records_to_table(
            "account",
            records=[
                (token, desk_id if name == "desk" else UUID(name), "desk" if name == "desk" else "agency")
                for name, token in tokens.items()
            ],
        )
        await connection.execute("analyze")
        return tokens
    finally:
        await connection.close()
