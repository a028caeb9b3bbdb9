"""The console's pages with 100,000 referrals stored: how long, how many calls, how heavy (--quick 5,000).

Twenty people of the desk, agencies, coordination, audit, operation and the public have signed in. Each opens
a page, looks at it for three seconds, opens the next: pages in turn, everybody at another place of their row.
What is finished was sent over the last year. Beside it offers wait and cases are held. The ledger has what is
not a copy.

`page_ms`: from the request to the last byte, over one kept connection, at the client; of all pages, and of
each. `calls`: those that the page made at the services. `kb`: the page as it is sent. `first_visit_kb`: the
page with its style and script, compressed as a browser gets them, nothing kept from before.
"""

import asyncio
import re
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID, uuid4

import aiohttp
import asyncpg

from kem.referral.v1 import referral_service_pb2
from kernel.vocabulary import Role
from tools.bench.ground import Ground, ground
from tools.bench.grown import Grown, check_room_for
from tools.bench.run import Figures, Run
from tools.bench.statistics import percentiles_ms
from tools.sample_staff import begin_session, open_account
from tools.stack.failure import StackFailure

USERS: Final = 20
LOOKED_AT_SECONDS: Final = 3.0
_OPEN: Final = 240
"""Offers that wait when people begin to look; every third is taken up."""
_HOURS: Final = 365 * 24
_PASSWORD: Final = "seven patient lanterns"  # noqa: S105  of accounts that live as long as the bench
_CALLS: Final = re.compile(r'calls;desc="(\d+)"')
_LINKED: Final = re.compile(r'<(?:link[^>]+href|script[^>]+src)="(/static/[^"]+)"')


@dataclass(frozen=True, slots=True)
class Reader:
    """Some people with the same roles, who look at the same pages.

    Args:
        paths: by what the page is called in the figures.
    """

    people: int
    roles: Sequence[Role]
    agency_id: UUID | None
    paths: Mapping[str, str]


async def measure(run: Run) -> Figures:
    """Fills the store, opens offers, lets everybody look."""
    stored = run.scaled(100_000, 5_000)
    seconds = run.scaled(120, 30)
    run.settings["pages"] = {
        "stored": stored,
        "users": USERS,
        "looked_at_seconds": LOOKED_AT_SECONDS,
        "seconds": seconds,
    }
    check_room_for(stored)
    async with ground(run) as place:
        connection = await asyncpg.connect(place.stack.postgres.url("postgres"))
        try:
            await (await Grown.begin(run, place, connection)).to(stored)
            await _over_a_year(connection)
        finally:
            await connection.close()
        readers = await _readers(place)
        run.say(f"{stored:,} referrals are stored; {USERS} people look at pages for {seconds} s.")
        return await _looked_at(place, readers, seconds)


async def _over_a_year(connection: asyncpg.Connection) -> None:
    """Lays what is stored back, the first the farthest, as it would lie on the disk: reports read a span."""
    await connection.execute("set session_replication_role = replica")
    await connection.execute(
        "create temp table told as select referral_id, make_interval(hours => cast("
        f" {_HOURS} * (1 - percent_rank() over (order by ctid)) as integer)) as ago from referral.referral"
    )
    for table, when in (("referral", "recorded_time"), ("offer", "offered_time")):
        columns = await connection.fetch(
            """select column_name from information_schema.columns where table_schema = 'referral'
                and table_name = $1 and data_type = 'timestamp with time zone' and is_generated = 'NEVER'""",
            table,
        )
        back = ", ".join(f"{name} = {name} - ago" for (name,) in columns)
        await connection.execute(
            f"update referral.{table} as one set {back} from told where told.referral_id = one.referral_id"
        )
        await connection.execute(f"create index in_time on referral.{table} ({when})")
        await connection.execute(f"cluster referral.{table} using in_time")
        await connection.execute("drop index referral.in_time")
    await connection.execute("vacuum (analyze) referral.referral, referral.offer")


async def _readers(place: Ground) -> list[Reader]:
    referral_ids = await _open_cases(place)
    agency = place.agencies[0]
    arrivals = [await place.arrivals.of(referral_id) for referral_id in referral_ids]
    taken = referral_ids[::3]
    offered = next(
        referral_id
        for referral_id, arrival in zip(referral_ids, arrivals, strict=True)
        if arrival.agency_id == str(agency.agency_id) and referral_id not in taken
    )
    person = place.people[0]
    desk_agency = place.desk.agency_id
    return [
        Reader(
            8,
            (Role.INTAKE_WORKER, Role.CASEWORKER),
            desk_agency,
            {
                "desk": "/desk?whose=all",
                "desk: find a person": "/desk/people",
                "desk: case": f"/desk/people/{person}",
                "desk: referral": f"/desk/people/{person}/referrals/{referral_ids[0]}",
                "desk: consents": f"/desk/people/{person}/consents",
                "desk: contacts": f"/desk/people/{person}/contacts",
                "desk: register": "/desk/people/new",
            },
        ),
        Reader(
            6,
            (Role.AGENCY_MEMBER, Role.AGENCY_ADMIN),
            agency.agency_id,
            {
                "partner: inbox": "/partner",
                "partner: card": f"/partner/referrals/{offered}",
                "partner: held": "/partner/held",
                "partner: services": "/partner/services",
            },
        ),
        Reader(
            1,
            (Role.ACCMR_OFFICER,),
            None,
            {
                "coordination": "/coordination",
                "coordination: demand": "/coordination/demand",
                "coordination: response times": "/coordination/response-times",
                "coordination: waiting lists": "/coordination/waiting-lists",
                "coordination: gaps": "/coordination/gaps",
                "coordination: overdue": "/coordination/overdue",
            },
        ),
        Reader(
            1,
            (Role.AUDITOR,),
            None,
            {
                "audit": "/audit",
                "audit: ledger": "/audit/entries",
                "audit: history": f"/audit/referrals/{taken[0]}",
            },
        ),
        Reader(
            1,
            (Role.OPERATOR,),
            None,
            {"admin": "/admin", "admin: health": "/admin/health", "admin: agencies": "/admin/agencies"},
        ),
        Reader(
            3,
            (),
            None,
            {
                "public: start": "/",
                "public: services": "/services",
                "public: search": "/services?q=μαθήματα",
                "public: map": "/map",
            },
        ),
    ]


async def _open_cases(place: Ground) -> list[str]:
    """So many offers that wait, or have been taken up: what lists of the day show."""
    referral_ids = [referral_id for _ in range(_OPEN // 40) for referral_id in await place.record_needs(40)]
    for referral_id in referral_ids[::3]:
        arrival = await place.arrivals.of(referral_id)
        request = referral_service_pb2.AcceptOfferRequest(request_id=str(uuid4()), offer_id=arrival.offer_id)
        await place.ask(place.hub.referral.AcceptOffer, request, place.staff[arrival.agency_id])
    return referral_ids


@dataclass(slots=True)
class Looks:
    """What was seen of one page."""

    seconds: list[float]
    calls: int = 0
    size: int = 0
    first_visit: int = 0


async def _looked_at(place: Ground, readers: Sequence[Reader], seconds: int) -> Figures:
    pages: dict[str, Looks] = defaultdict(lambda: Looks([]))
    url = place.hub.doors.console
    async with asyncio.TaskGroup() as people:
        number = 0
        for reader in readers:
            for _ in range(reader.people):
                cookies = {"kem-language": "el"}
                if reader.roles:
                    account = await open_account(
                        place.hub, reader.roles, reader.agency_id, name="Sample Person", password=_PASSWORD
                    )
                    cookies["kem-session"] = await begin_session(place.hub, account)
                people.create_task(_look(url, cookies, reader, number, seconds, pages))
                number += 1
    every = [one for page in pages.values() for one in page.seconds]
    return {
        "pages": len(every),
        "page_ms": percentiles_ms(every),
        "heaviest_first_visit_kb": round(max(page.first_visit for page in pages.values()) / 1024, 1),
    } | {
        name: {
            "page_ms": percentiles_ms(page.seconds),
            "calls": page.calls,
            "kb": round(page.size / 1024, 1),
            "first_visit_kb": round(page.first_visit / 1024, 1),
        }
        for name, page in sorted(pages.items())
    }


async def _look(
    url: str, cookies: dict[str, str], reader: Reader, number: int, seconds: int, pages: dict[str, Looks]
) -> None:
    """One person, from their own instant on: page after page, as long as people look at pages."""
    row = list(reader.paths.items())
    connector = aiohttp.TCPConnector(limit=2)
    async with aiohttp.ClientSession(
        url, connector=connector, cookies=cookies, auto_decompress=False
    ) as http:
        for (
            name,
            path,
        ) in row:  # once before anything is counted, for its weight: caches are warm in life as well
            await _weigh(http, path, pages[name])
        end = time.monotonic() + seconds
        await asyncio.sleep(LOOKED_AT_SECONDS * number / USERS)
        place = number
        while time.monotonic() < end:
            name, path = row[place % len(row)]
            began = time.monotonic()
            await _open(http, path)
            pages[name].seconds.append(time.monotonic() - began)
            place += 1
            await asyncio.sleep(LOOKED_AT_SECONDS)


async def _open(http: aiohttp.ClientSession, path: str) -> tuple[bytes, Any]:
    async with http.get(path, allow_redirects=False, headers={"accept-encoding": "gzip"}) as answer:
        body = await answer.read()
        if answer.status != 200:
            raise StackFailure(f"The console answered {path} with {answer.status}.")
        return body, answer.headers


async def _weigh(http: aiohttp.ClientSession, path: str, page: Looks) -> None:
    body, headers = await _open(http, path)
    parts = [len((await _open(http, part))[0]) for part in set(_LINKED.findall(body.decode()))]
    page.size = len(body)
    page.first_visit = len(body) + sum(parts)
    found = _CALLS.search(headers.get("server-timing", ""))
    page.calls = int(found[1]) if found else 0
