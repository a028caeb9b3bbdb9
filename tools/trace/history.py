"""Gathers a referral's history from event logs and tables, by a login that only reads."""

from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import asyncpg

from chassis.topics import key_bytes, partition_of
from kem.common.v1.common_pb2 import Actor
from kem.intake.v1.intake_events_pb2 import IntakeEvent
from kem.referral.v1.referral_events_pb2 import ReferralEvent
from kernel.codes import service_type
from kernel.errors import Invalid
from tools.check.where import one_instant
from tools.stack.failure import StackFailure
from tools.trace.given import given
from tools.trace.proposals import matches, why
from tools.trace.sayings import say
from tools.trace.story import HIDDEN, HUB, Entry, History, Names, Who
from tools.trace.waiting import waiting_place

_FIND: Final = """
    select referral_id from referral.referral where referral_id = $1 or need_id = $1
    union select referral_id from referral.offer where offer_id = $1
    union select referral_id from intake.need where need_id = $1 or referral_id = $1
    limit 1
"""
_REFERRAL: Final = "select * from referral.referral where referral_id = $1"
_NEED: Final = "select * from intake.need where referral_id = $1"
_OFFERS: Final = "select * from referral.offer where referral_id = $1 order by number"
_PROPOSALS: Final = "select * from referral.proposal where referral_id = $1 order by match_number, rank"
_DEADLINES: Final = """
    select due_time, kind, detail from referral.deadline where referral_id = $1 order by due_time, deadline_id
"""
_FACTS: Final = """
    select position as place, payload from referral.event_log
    where key = $1 and topic = 'kem.referral.v1'
      -- the partition's index is the way in; a key's events lie in one partition
      and partition = $2
    union all
    select 1000000000000 + id, payload from referral.outbox where key = $1 and topic = 'kem.referral.v1'
    order by place
"""
_NEED_FACTS: Final = """
    select position as place, payload from intake.event_log
    where key = $1 and partition = $3 and topic = 'kem.intake.v1' and aggregate_id = $2
    union all
    select 1000000000000 + id, payload from intake.outbox where key = $1 and aggregate_id = $2
    order by place
"""


async def read_history(url: str, some_id: str) -> History:
    """The history of the referral that an id belongs to.

    Raises:
        StackFailure: no such id, or the database does not answer.
    """
    try:
        wanted = UUID(some_id)
    except ValueError:
        raise StackFailure(
            f"{some_id} is no id; it looks like 2f0c7e9a-5b7e-4a43-9a55-5d1f6a0c3b21."
        ) from None
    async with one_instant(url) as connection:
        referral_id = await connection.fetchval(_FIND, wanted)
        if referral_id is None:
            raise StackFailure(f"No referral, need or offer here has the id {wanted}.")
        return await _Reader(connection, referral_id).history()


class _Reader:
    def __init__(self, connection: asyncpg.Connection, referral_id: UUID) -> None:
        self._connection = connection
        self._referral_id = referral_id

    async def history(self) -> History:
        referral = await self._connection.fetchrow(_REFERRAL, self._referral_id)
        need = await self._connection.fetchrow(_NEED, self._referral_id)
        kind = (referral or need)["service_type"]
        is_restricted = _is_restricted(kind)
        names = await self._names(str((referral or need)["sender_agency_id"]), is_restricted=is_restricted)
        proposals = await self._connection.fetch(_PROPOSALS, self._referral_id)
        offers = await self._connection.fetch(_OFFERS, self._referral_id)
        entries = await self._need_entries(need, names)
        entries += matches(proposals, names, is_restricted=is_restricted)
        entries += await self._fact_entries(names, offers, proposals, is_restricted=is_restricted)
        entries += _arrivals(offers, names)
        entries += await given(self._connection, self._referral_id, names, is_restricted=is_restricted)
        waits = referral is not None and referral["state"] == "WAITLISTED" and not is_restricted
        place = await waiting_place(self._connection, self._referral_id) if waits else ""
        return History(
            self._referral_id,
            _summary(referral, need, names, kind=HIDDEN if is_restricted else kind) | {"waiting": place},
            is_restricted,
            tuple(sorted(entries, key=lambda entry: (entry.time, entry.order))),
            await self._next_due(referral),
        )

    async def _names(self, sender_id: str, *, is_restricted: bool) -> Names:
        agencies = await self._connection.fetch("select agency_id, name_en from referral.agency")
        services = await self._connection.fetch(
            """
            select service_id, name_en from referral.service where service_id in
                (select service_id from referral.offer where referral_id = $1
                 union select service_id from referral.proposal where referral_id = $1)
            """,
            self._referral_id,
        )
        return Names(
            {str(row["agency_id"]): row["name_en"] for row in agencies},
            {} if is_restricted else {str(row["service_id"]): row["name_en"] for row in services},
            frozenset({sender_id}) if is_restricted else None,
        )

    async def _need_entries(self, need: asyncpg.Record | None, names: Names) -> list[Entry]:
        if need is None:
            return []
        entries = []
        partition = _partition(need["beneficiary_id"])
        rows = await self._connection.fetch(_NEED_FACTS, need["beneficiary_id"], need["need_id"], partition)
        for row in rows:
            event = IntakeEvent.FromString(row["payload"])
            kind = "NeedWithdrawn" if event.WhichOneof("fact") == "need_withdrawn" else "NeedRecorded"
            says = (
                "The person no longer wants it."
                if kind == "NeedWithdrawn"
                else f"The need was recorded: {need['urgency'].lower()}, {_ROUTINGS[need['routing']]}."
            )
            entries.append(Entry(_time(event), row["place"], _who(event.actor, names), kind, says))
        return entries

    async def _fact_entries(
        self,
        names: Names,
        offers: list[asyncpg.Record],
        proposals: list[asyncpg.Record],
        *,
        is_restricted: bool,
    ) -> list[Entry]:
        services = {str(offer["offer_id"]): offer["service_id"] for offer in offers}
        entries = []
        for row in await self._connection.fetch(_FACTS, self._referral_id, _partition(self._referral_id)):
            event = ReferralEvent.FromString(row["payload"])
            member = event.WhichOneof("fact")
            if member is None:
                entries.append(Entry(_time(event), row["place"], HUB, "Unknown", "A newer kind of fact."))
                continue
            fact = getattr(event, member)
            name = fact.DESCRIPTOR.name
            reasons: tuple[str, ...] = ()
            if name == "ReferralOffered" and not is_restricted:
                reasons = why(services.get(fact.offer_id), _time(event), proposals)
            entries.append(
                Entry(_time(event), row["place"], _who(event.actor, names), name, say(fact, names), reasons)
            )
        return entries

    async def _next_due(self, referral: asyncpg.Record | None) -> tuple[Entry, ...]:
        if referral is None or referral["closed_time"] is not None:
            return ()
        rows = await self._connection.fetch(_DEADLINES, self._referral_id)
        return tuple(
            Entry(row["due_time"], 0, HUB, row["kind"], _says(row["kind"], row["detail"])) for row in rows
        )


_ROUTINGS: Final = {
    "ASK_FIRST": "the person chooses first",
    "CONSENTED": "to agencies that the person has already allowed",
    "HOLD": "nothing is sent yet",
}
_DEADLINE_SAYS: Final = {
    "OFFER": "The agency is reminded.",
    "PERSON_CLOCK": "The person should have had a positive answer by then.",
    "FIND_PROVIDER": "A provider is looked for.",
    "REMATCH": "A provider is looked for again.",
    "LOOK_AGAIN": "A provider is looked for again.",
}


def _says(kind: str, detail: str) -> str:
    if (kind, detail) == ("OFFER", "END"):
        return "The time to answer the offer ends."
    return _DEADLINE_SAYS.get(kind, kind)


def _is_restricted(kind: str | None) -> bool:
    """What is unknown is treated as restricted."""
    try:
        return kind is None or service_type(kind).restricted
    except Invalid:
        return True


def _partition(key: UUID) -> int:
    return partition_of(key_bytes(key))


def _summary(
    referral: asyncpg.Record | None, need: asyncpg.Record | None, names: Names, *, kind: str
) -> dict[str, Any]:
    known = referral or need
    assert known is not None  # noqa: S101 - one of both was found
    return {
        "state": referral["state"] if referral else "RECORDED",
        "service_type": kind,
        "urgency": known["urgency"],
        "routing": known["routing"],
        "sender": names.agency(known["sender_agency_id"]),
        "holder": names.agency(referral["holder_agency_id"]) if referral else "",
        "recorded_time": known["recorded_time"],
        "person_due_time": referral["person_due_time"] if referral else None,
        "closed_time": referral["closed_time"] if referral else None,
        "policy_version": referral["policy_version"] if referral else "",
    }


def _arrivals(offers: list[asyncpg.Record], names: Names) -> list[Entry]:
    return [
        Entry(
            offer["delivered_time"],
            0,
            Who("CLIENT", names.agency(offer["agency_id"])),
            "OfferDelivered",
            f"Offer {offer['number']} has arrived at {names.agency(offer['agency_id'])}.",
        )
        for offer in offers
        if offer["delivered_time"] is not None
    ]


def _who(actor: Actor, names: Names) -> Who:
    kind = Actor.Kind.Name(actor.kind).removeprefix("KIND_")
    if kind not in ("STAFF", "AGENCY"):
        return HUB
    return Who(kind, names.agency(actor.agency_id), actor.id, actor.acting_person)


def _time(event: ReferralEvent | IntakeEvent) -> datetime:
    return event.event_time.ToDatetime(tzinfo=UTC)
