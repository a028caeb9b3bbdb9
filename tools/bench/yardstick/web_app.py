"""The plain web app: FastAPI on asyncpg, one process, offers by long poll. Run by uvicorn with uvloop.

Written as one would write it who wants it to be quick and simple: pooled connections whose statements stay
prepared, one transaction a request with few statements, the contended row last, waiters woken in memory. It
has no event log, no outbox, no consent, no record of who read what, and no second process that could take
over; whoever may see a case is checked, and nothing is lost in a crash that was answered.
"""

import asyncio
import os
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any, Literal
from uuid import UUID, uuid4

import asyncpg
from fastapi import Depends, FastAPI, Header, HTTPException
from pydantic import BaseModel

LONGEST_POLL_SECONDS = 20.0
_PAGE = 100


class Account(BaseModel):
    """Who calls."""

    agency_id: UUID
    role: str


class NewNeed(BaseModel):
    """A need to record."""

    person_id: UUID
    service_type: str
    urgency: Literal["EMERGENCY", "URGENT", "NORMAL"]


class RecordedNeed(BaseModel):
    """Its ids, and whether somebody was found."""

    need_id: UUID
    referral_id: UUID
    state: str


class Delivered(BaseModel):
    """Offers that the last answer brought."""

    offer_ids: list[UUID]


class Outcome(BaseModel):
    """How a case ended."""

    outcome: str


class App:
    """What the requests share."""

    pool: asyncpg.Pool
    accounts: dict[str, Account]
    inboxes: dict[UUID, asyncio.Event]


shared = App()


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    url = Path(os.environ["YARDSTICK_DATABASE_URL_FILE"]).read_text(encoding="utf-8").strip()
    async with asyncpg.create_pool(url, min_size=10, max_size=10, server_settings={"jit": "off"}) as pool:
        shared.pool = pool
        shared.accounts = {
            row["token"]: Account(agency_id=row["agency_id"], role=row["role"])
            for row in await pool.fetch("select token, agency_id, role from account")
        }
        shared.inboxes = defaultdict(asyncio.Event)
        yield


app = FastAPI(lifespan=lifespan, openapi_url=None)


async def signed_in(authorization: Annotated[str, Header()]) -> Account:
    account = shared.accounts.get(authorization.removeprefix("Bearer "))
    if account is None:
        raise HTTPException(401, "Sign in first.")
    return account


Caller = Annotated[Account, Depends(signed_in)]


@app.get("/health")
async def health() -> dict[str, str]:
    await shared.pool.fetchval("select 1")
    return {"state": "SERVING"}


_CANDIDATE = """
    select service.service_id, service.agency_id
      from person
      join service on service.service_type = $2 and not suspended and reserved + occupied < places
       and service.languages && person.languages
       and (areas = '{}' or person.district = any(areas))
       and (age_bands = '{}' or person.age_band = any(age_bands))
     where person_id = $1
     order by (service.district = person.district) desc, places - reserved - occupied desc, service_id
     limit 1
"""


@app.post("/needs", status_code=201)
async def record_need(new: NewNeed, caller: Caller) -> RecordedNeed:
    if caller.role != "desk":
        raise HTTPException(403, "Only the desk records needs.")
    need_id, referral_id = uuid4(), uuid4()
    async with shared.pool.acquire() as connection, connection.transaction():
        chosen = await connection.fetchrow(_CANDIDATE, new.person_id, new.service_type)
        await connection.execute(
            "insert into need (need_id, person_id, service_type, urgency) values ($1, $2, $3, $4)",
            need_id,
            new.person_id,
            new.service_type,
            new.urgency,
        )
        state = "OFFERED" if chosen else "UNMATCHED"
        await connection.execute(
            "insert into referral (referral_id, need_id, person_id, state) values ($1, $2, $3, $4)",
            referral_id,
            need_id,
            new.person_id,
            state,
        )
        if chosen:
            await connection.execute(
                """insert into offer (offer_id, referral_id, agency_id, service_id, state)
                   values ($1, $2, $3, $4, 'SENT')""",
                uuid4(),
                referral_id,
                chosen["agency_id"],
                chosen["service_id"],
            )
            await connection.execute(
                "update service set reserved = reserved + 1 where service_id = $1", chosen["service_id"]
            )
    if chosen:
        shared.inboxes[chosen["agency_id"]].set()
    return RecordedNeed(need_id=need_id, referral_id=referral_id, state=state)


_UNDELIVERED = f"""
    select offer_id, referral_id, service_id, respond_by_time from offer
     where agency_id = $1 and delivered_time is null order by offered_time limit {_PAGE}
"""


@app.post("/inbox")
async def inbox(delivered: Delivered, caller: Caller) -> list[dict[str, Any]]:
    """Says what the last answer brought, and waits for more."""
    arrived = shared.inboxes[caller.agency_id]
    if delivered.offer_ids:
        await shared.pool.execute(
            "update offer set delivered_time = now() where offer_id = any($1) and agency_id = $2",
            delivered.offer_ids,
            caller.agency_id,
        )
    arrived.clear()
    rows = await shared.pool.fetch(_UNDELIVERED, caller.agency_id)
    if not rows:
        try:
            async with asyncio.timeout(LONGEST_POLL_SECONDS):
                await arrived.wait()
        except TimeoutError:
            return []
        rows = await shared.pool.fetch(_UNDELIVERED, caller.agency_id)
    return [dict(row) for row in rows]


@app.get("/referrals/{referral_id}")
async def card(referral_id: UUID, caller: Caller) -> dict[str, Any]:
    """What an agency sees before it decides: not who it is."""
    row = await shared.pool.fetchrow(
        """
        select referral.state, need.service_type, need.urgency, offer.offer_id, offer.respond_by_time,
               person.district, person.languages, person.age_band
          from referral join need using (need_id) join person on person.person_id = referral.person_id
          join offer on offer.referral_id = referral.referral_id and offer.agency_id = $2
         where referral.referral_id = $1
        """,
        referral_id,
        caller.agency_id,
    )
    if row is None:
        raise HTTPException(404, "There is no such referral.")
    return dict(row)


@app.post("/offers/{offer_id}/accept")
async def accept(offer_id: UUID, caller: Caller) -> dict[str, str]:
    async with shared.pool.acquire() as connection, connection.transaction():
        offer = await connection.fetchrow(
            """update offer set state = 'ACCEPTED', answered_time = now()
                where offer_id = $1 and agency_id = $2 and state = 'SENT'
                returning referral_id, service_id""",
            offer_id,
            caller.agency_id,
        )
        if offer is None:
            raise HTTPException(409, "This offer has been answered, or it is not yours.")
        await connection.execute(
            "update referral set state = 'ACCEPTED', holder_agency_id = $2 where referral_id = $1",
            offer["referral_id"],
            caller.agency_id,
        )
        await connection.execute(
            "update service set reserved = reserved - 1, occupied = occupied + 1 where service_id = $1",
            offer["service_id"],
        )
    return {"state": "ACCEPTED"}


@app.get("/referrals/{referral_id}/person")
async def person(referral_id: UUID, caller: Caller) -> dict[str, Any]:
    """Name and contact, for the agency that holds the referral."""
    row = await shared.pool.fetchrow(
        """
        select names, contacts, birth_date, sex, nationality, person.languages
          from referral join person using (person_id)
         where referral_id = $1 and holder_agency_id = $2
        """,
        referral_id,
        caller.agency_id,
    )
    if row is None:
        raise HTTPException(404, "There is no such referral.")
    return dict(row)


@app.post("/referrals/{referral_id}/start")
async def start(referral_id: UUID, caller: Caller) -> dict[str, str]:
    done = await shared.pool.fetchval(
        """update referral set state = 'IN_SERVICE', started_time = now()
            where referral_id = $1 and holder_agency_id = $2 and state = 'ACCEPTED' returning true""",
        referral_id,
        caller.agency_id,
    )
    if not done:
        raise HTTPException(409, "This referral cannot be started.")
    return {"state": "IN_SERVICE"}


@app.post("/referrals/{referral_id}/complete")
async def complete(referral_id: UUID, ending: Outcome, caller: Caller) -> dict[str, str]:
    async with shared.pool.acquire() as connection, connection.transaction():
        done = await connection.fetchval(
            """update referral set state = 'COMPLETED', closed_time = now(), outcome = $3
                where referral_id = $1 and holder_agency_id = $2 and state = 'IN_SERVICE' returning true""",
            referral_id,
            caller.agency_id,
            ending.outcome,
        )
        if not done:
            raise HTTPException(409, "This referral cannot be completed.")
        await connection.execute(
            """update service set occupied = occupied - 1 where service_id =
                (select service_id from offer where referral_id = $1 and state = 'ACCEPTED')""",
            referral_id,
        )
    return {"state": "COMPLETED"}
