"""What `./kem status` says: processes, addresses, and what waits to be done."""

import json
import time
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from typing import Final

import asyncpg
import psutil
from rich.console import Console
from rich.table import Table

from chassis.tls import TlsFiles
from tools.certificates.office import CertificateOffice
from tools.certificates.words import sentence_about
from tools.check.standing import read_standing
from tools.stack.failure import StackFailure
from tools.stack.layout import Layout
from tools.stack.run_file import RunningProcess, read_run
from tools.stack.services import START_ORDER, why_not_serving

_OVERDUE: Final = """
    select
        (select count(*) from intake.emergency_review where finding is null and due_time <= now()) as reviews,
        (select count(*) from intake.rights_request where answer is null and due_time <= now()) as rights,
        (select count(*) from intake.recall where acknowledged_time is null and due_time <= now()) as recalls,
        (select count(*) from intake.telling_review where review_time <= now()) as tellings
"""


@dataclass(frozen=True, slots=True)
class ProcessState:
    """One process; `state` is STARTING, SERVING, NOT_SERVING (and the reason), RESTARTING or STOPPED."""

    name: str
    pid: int
    state: str
    uptime_seconds: float
    memory_bytes: int
    restarts: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Waiting:
    """What one service has not told yet, not read yet, or could not take."""

    outbox_depth: int
    consumer_lag: int
    dead_letters: int


@dataclass(frozen=True, slots=True)
class Found:
    """The whole answer."""

    is_running: bool
    processes: list[ProcessState] = field(default_factory=list)
    waiting: dict[str, Waiting] = field(default_factory=dict)
    addresses: dict[str, str] = field(default_factory=dict)
    is_database_reached: bool = False
    push_given_up: int = 0
    """Push endpoints that wait for an operator."""
    mail_given_up: int = 0
    """Addresses that took no mail for days."""
    reviews_overdue: int = 0
    """What was given without consent and nobody has reviewed in time."""
    rights_overdue: int = 0
    """What people have asked by right and nobody has answered in time."""
    recalls_overdue: int = 0
    """What agencies were given, and have not answered for in time."""
    tellings_overdue: int = 0
    """What authorities were given, and nobody has looked at in time whether the person may be told."""
    certificates_ending: list[str] = field(default_factory=list)
    """A sentence about each certificate that ends soon, or has ended as recently."""


async def read_status(layout: Layout) -> Found:
    """Looks at the processes themselves, asks each service's health, and counts in the database."""
    run = read_run(layout) if layout.data.exists() and layout.is_held() else None
    if run is None:
        return Found(is_running=False)
    processes = [_supervisor(run.supervisor, is_ready=run.is_ready)]
    for process in run.processes:
        address = run.addresses.get(process.name)
        processes.append(await _process(process, address, layout.tools_certificate))
    waiting: dict[str, Waiting] = {}
    given_up, overdue = (0, 0), (0, 0, 0, 0)
    is_reached = False
    try:
        connection = await asyncpg.connect(layout.url_file("check").read_text().strip(), timeout=3)
        try:
            waiting = await count_waiting(connection)
            given_up = await count_given_up(connection) if "notifications" in waiting else (0, 0)
            overdue = await count_overdue(connection) if "intake" in waiting else (0, 0, 0, 0)
            is_reached = True
        finally:
            await connection.close()
    except (OSError, TimeoutError, asyncpg.PostgresError):
        waiting = {}
    ending = _certificates_ending(layout)
    return Found(True, processes, waiting, run.addresses, is_reached, *given_up, *overdue, ending)


def _certificates_ending(layout: Layout) -> list[str]:
    now = datetime.now(UTC)
    try:
        return [sentence_about(entry, now) for entry in CertificateOffice(layout).ending(now)]
    except StackFailure as failure:
        return [failure.sentence]


def _supervisor(process: RunningProcess, *, is_ready: bool) -> ProcessState:
    return _seen(process, "SERVING" if is_ready else "STARTING")


async def _process(process: RunningProcess, address: str | None, files: TlsFiles) -> ProcessState:
    state = process.state
    service = process.name.partition("-")[0]
    if state in ("STARTING", "SERVING") and service in START_ORDER and address:
        reason = await why_not_serving(address, service, files)
        if reason is not None:
            found = _seen(process, "NOT_SERVING" if state == "SERVING" else state)
            return replace(found, reason=reason)
    return _seen(process, state)


def _seen(process: RunningProcess, state: str) -> ProcessState:
    living = process.find()
    if living is None:
        state = "STOPPED" if state == "STOPPED" else "RESTARTING"
        return ProcessState(process.name, process.pid, state, 0.0, 0, process.restarts)
    memory = 0
    for one in (living, *living.children(recursive=True)):
        try:
            memory += _memory_bytes(one)
        except psutil.Error:
            continue
    if process.name == "kem up":
        memory = _memory_bytes(living)
    uptime = round(max(0.0, time.time() - process.start_time), 1)
    return ProcessState(process.name, process.pid, state, uptime, memory, process.restarts)


def _memory_bytes(process: psutil.Process) -> int:
    """What the process takes; what several share is divided among them where the system can tell."""
    try:
        shares: int = process.memory_full_info().pss
        return shares
    except (psutil.AccessDenied, AttributeError):
        whole: int = process.memory_info().rss
        return whole


async def count_waiting(connection: asyncpg.Connection) -> dict[str, Waiting]:
    """Per schema that has an outbox: events not yet sent, events not yet read, letters nobody has settled."""
    return {
        schema: Waiting(
            one.publication.waiting_events, sum(behind.count for _, behind in one.consumers), one.open_letters
        )
        for schema, one in (await read_standing(connection)).items()
    }


async def count_given_up(connection: asyncpg.Connection) -> tuple[int, int]:
    """Push endpoints that the hub has given up, and addresses of mail notices."""
    row = await connection.fetchrow(
        """select (select count(*) from notifications.push_endpoint where given_up_time is not null),
                  (select count(*) from notifications.mail_notice where given_up_time is not null)"""
    )
    return int(row[0]), int(row[1])


async def count_overdue(connection: asyncpg.Connection) -> tuple[int, int, int, int]:
    """What is late: reviews of emergencies, answers to requests by right, answers of agencies to recalls, and
    whether people may be told what authorities were given.
    """
    row = await connection.fetchrow(_OVERDUE)
    return row["reviews"], row["rights"], row["recalls"], row["tellings"]


def as_json(found: Found) -> str:
    """One object; figures are null when the database did not answer."""

    def total(name: str) -> int | None:
        if not found.is_database_reached:
            return None
        return sum(int(getattr(waiting, name)) for waiting in found.waiting.values())

    return json.dumps(
        {
            "running": found.is_running,
            "processes": [asdict(process) for process in found.processes],
            "consumer_lag": total("consumer_lag"),
            "outbox_depth": total("outbox_depth"),
            "dead_letters": total("dead_letters"),
            "certificates_ending": found.certificates_ending,
            "push_given_up": found.push_given_up if found.is_database_reached else None,
            "mail_given_up": found.mail_given_up if found.is_database_reached else None,
            "reviews_overdue": found.reviews_overdue if found.is_database_reached else None,
            "rights_overdue": found.rights_overdue if found.is_database_reached else None,
            "recalls_overdue": found.recalls_overdue if found.is_database_reached else None,
            "tellings_overdue": found.tellings_overdue if found.is_database_reached else None,
            "by_service": {name: asdict(waiting) for name, waiting in found.waiting.items()},
            "addresses": found.addresses,
        },
        indent=2,
    )


def print_status(found: Found) -> None:
    """Tables for people."""
    console = Console(highlight=False)
    processes = Table(
        "process", "state", "address", "pid", "up", "memory", "restarts", box=None, padding=(0, 1)
    )
    for process in found.processes:
        processes.add_row(
            process.name,
            process.state,
            found.addresses.get(process.name, ""),
            str(process.pid),
            _duration(process.uptime_seconds),
            f"{process.memory_bytes / 2**20:.0f} MB",
            str(process.restarts),
        )
    console.print(processes)
    for process in found.processes:
        if process.reason:
            console.print(f"{process.name}: {process.reason}.", markup=False)
    for sentence in found.certificates_ending:
        console.print(sentence, style="red", markup=False)
    console.print()
    if not found.is_database_reached:
        console.print("PostgreSQL does not answer now, so nothing can be counted.")
        return
    waiting = Table("service", "not yet sent", "not yet read", "set aside", box=None, padding=(0, 1))
    for name, counts in found.waiting.items():
        waiting.add_row(name, str(counts.outbox_depth), str(counts.consumer_lag), str(counts.dead_letters))
    console.print(waiting)
    if found.push_given_up:
        console.print()
        console.print(
            f"[red]Partners that take no deliveries any more: {found.push_given_up}[/]; see ./kem push list."
        )
    if found.mail_given_up:
        console.print(
            f"[red]Addresses that take no mail any more: {found.mail_given_up}[/]; whoever set one sees it on"
            " the page “Notices by e-mail”."
        )
    if found.reviews_overdue:
        console.print()
        console.print(
            f"[red]Given without consent and not reviewed in time: {found.reviews_overdue}[/];"
            " see docs/runbooks/emergency-reviews-overdue.md."
        )
    if found.rights_overdue:
        console.print()
        console.print(
            f"[red]Asked by right and not answered in time: {found.rights_overdue}[/];"
            " see docs/runbooks/rights-requests-overdue.md."
        )
    if found.recalls_overdue:
        console.print()
        console.print(
            f"[red]Given before consent ended, and not answered for in time: {found.recalls_overdue}[/];"
            " see docs/runbooks/recalls-overdue.md."
        )
    if found.tellings_overdue:
        console.print()
        console.print(
            f"[red]Given to authorities, no look in time at whether to tell: {found.tellings_overdue}[/];"
            " see docs/runbooks/tellings-overdue.md."
        )


def _duration(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s" if minutes else f"{rest} s"
