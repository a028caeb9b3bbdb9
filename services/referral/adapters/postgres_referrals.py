"""Referrals and their offers as rows. A referral is locked before its offer, both before capacity."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

import asyncpg

from chassis.postgres import Transaction
from chassis.together import Writing
from kernel.ids import AgencyId, BeneficiaryId, NeedId, OfferId, ReferralId, ServiceId, UnitId
from services.referral.adapters.referral_rows import (
    OFFER_COLUMNS,
    REFERRAL_COLUMNS,
    columns_of,
    insert,
    offer_from,
    offer_of,
    referral_from,
    referral_of,
    update,
    update_one,
)
from services.referral.domain.offer import Offer
from services.referral.domain.referral import Referral

_READ_REFERRALS: Final = f"select {', '.join(REFERRAL_COLUMNS)} from referral"  # noqa: S608 - our own names
_READ_OFFERS: Final = f"select {', '.join(OFFER_COLUMNS)} from offer"  # noqa: S608 - our own names
# The clock is read for a row of the join, so after both locks. An offer that was put while this waited for
# its referral is not seen by this statement; the referral is, as it stands after waiting, and names it.
_LOCK_BOTH: Final = f"""
    with locked as materialized (
        {_READ_REFERRALS} where referral_id = {{referral_id}} for no key update
    ), its_offer as materialized (
        select {", ".join(f"offer.{name}" for name in OFFER_COLUMNS)}
        from locked join offer on offer.offer_id = {{offer_id}}
        for no key update of offer
    )
    select locked.*, its_offer.*, clock_timestamp() from locked left join its_offer on true
"""  # noqa: S608 - our own names
_LOCK_BY_OFFER: Final = _LOCK_BOTH.format(
    referral_id="(select referral_id from offer where offer_id = $1)", offer_id="$1"
)
# by a subquery: PostgreSQL takes coalesce for leaky, and would ask row-level security of every offer there is
_LOCK_WITH_OFFER: Final = _LOCK_BOTH.format(
    referral_id="$1", offer_id="(select coalesce(current_offer_id, waiting_offer_id) from locked)"
)
_SAVE_REFERRALS: Final = update("referral", "referral_id", REFERRAL_COLUMNS)
_SAVE_REFERRAL: Final = update_one("referral", "referral_id", REFERRAL_COLUMNS)
_NEW_COLUMNS: Final = tuple(name for name in REFERRAL_COLUMNS if name != "chosen_service_ids")
_ADD_REFERRALS: Final = insert("referral", (*_NEW_COLUMNS, "beneficiary_id"))
_SAVE_OFFERS: Final = update("offer", "offer_id", OFFER_COLUMNS)
_SAVE_OFFER: Final = update_one("offer", "offer_id", OFFER_COLUMNS)
_ADD_OFFERS: Final = insert("offer", OFFER_COLUMNS)

_EXISTING: Final = "select referral_id from referral where referral_id = any($1::uuid[])"
_OFFERS_OF_SERVICE: Final = """
    select referral_id from offer where service_id = $1 and state in ('SENT', 'NEEDS_INFORMATION')
"""
_OFFERS_OF_AGENCY: Final = """
    select referral_id from offer where agency_id = $1 and state in ('SENT', 'NEEDS_INFORMATION')
"""
_OFFERS_OF_UNIT: Final = """
    select referral_id from offer where unit_id = $1 and state in ('SENT', 'NEEDS_INFORMATION')
"""
_OF_BENEFICIARIES: Final = """
    select referral_id, need_id, beneficiary_id from referral
    where beneficiary_id = any($1::uuid[]) and closed_time is null
"""
_OF_TYPE: Final = """
    select referral_id from referral
    where service_type = $1 and referral_id > $2
        and (state in ('WAITLISTED', 'UNMATCHED')
             or state = 'AWAITING_PERSON' and routing = 'CONSENTED' and offers_made = 0)
    order by referral_id limit $3
"""
_NEEDS: Final = """
    select need_id from referral where referral_id = any($1::uuid[]) and closed_time is null
"""
_ASKED: Final = "select offer_id, referral_id, agency_id from offer where offer_id = any($1::uuid[])"
_DELIVERED: Final = """
    update offer set delivered_time = delivered.time
    from unnest($1::uuid[], $2::timestamptz[]) as delivered (offer_id, time)
    where offer.offer_id = delivered.offer_id and offer.delivered_time is null
"""


class Locked(NamedTuple):
    """A referral and its offer, locked until the transaction ends, and `now` (UTC) once both were."""

    referral: Referral
    offer: Offer | None
    now: datetime


class PostgresReferrals:
    """Reads, locks and saves. Row-level security decides which rows exist for the caller."""

    async def lock_by_offer(self, tx: Transaction, offer_id: OfferId) -> Locked | None:
        """An offer and, before it, its referral; None where the caller sees none."""
        row = await tx.connection.fetchrow(_LOCK_BY_OFFER, offer_id)
        return None if row is None else _locked(tx, row)

    async def lock_with_offer(self, tx: Transaction, referral_id: ReferralId) -> Locked | None:
        """A referral, then what `lock_current_offers` locks; None where the caller sees none."""
        row = await tx.connection.fetchrow(_LOCK_WITH_OFFER, referral_id)
        if row is None:
            return None
        found = _locked(tx, row)
        if found.offer is not None:
            return found
        put_meanwhile = await self.lock_current_offers(tx, [found.referral])
        if not put_meanwhile:
            return found
        return Locked(found.referral, put_meanwhile[referral_id], await tx.now())

    async def lock_free(
        self, tx: Transaction, referral_ids: Iterable[ReferralId]
    ) -> dict[ReferralId, Referral]:
        """Those of the referrals that nobody else has locked, locked now; for timers, which come again."""
        rows = await tx.connection.fetch(
            f"{_READ_REFERRALS} where referral_id = any($1::uuid[]) order by referral_id"
            " for no key update skip locked",
            list(referral_ids),
        )
        return {ReferralId(row["referral_id"]): referral_from(row) for row in rows}

    async def lock_all(
        self, tx: Transaction, referral_ids: Iterable[ReferralId]
    ) -> dict[ReferralId, Referral]:
        """The referrals, locked in the order of their ids; waits for each."""
        rows = await tx.connection.fetch(
            f"{_READ_REFERRALS} where referral_id = any($1::uuid[]) order by referral_id for no key update",
            list(referral_ids),
        )
        return {ReferralId(row["referral_id"]): referral_from(row) for row in rows}

    async def read(self, tx: Transaction, referral_id: ReferralId) -> Referral | None:
        """The referral as it stands, without a lock."""
        row = await tx.connection.fetchrow(f"{_READ_REFERRALS} where referral_id = $1", referral_id)
        return None if row is None else referral_from(row)

    async def existing(self, tx: Transaction, referral_ids: Iterable[ReferralId]) -> set[ReferralId]:
        """Those of the ids that stand for a referral."""
        rows = await tx.connection.fetch(_EXISTING, list(referral_ids))
        return {ReferralId(row["referral_id"]) for row in rows}

    async def find_offer(self, tx: Transaction, offer_id: OfferId) -> Offer | None:
        """An offer by its id, without a lock: its referral must be locked first."""
        row = await tx.connection.fetchrow(f"{_READ_OFFERS} where offer_id = $1", offer_id)
        return None if row is None else offer_from(row)

    async def lock_current_offers(
        self, tx: Transaction, referrals: Iterable[Referral]
    ) -> dict[ReferralId, Offer]:
        """The offers that are open or taken up, of referrals that are locked already.

        Of a person on an agency's waiting list it is the offer that the agency answered so.
        """
        ids = [offer_id for one in referrals if (offer_id := one.current_offer_id or one.waiting_offer_id)]
        if not ids:
            return {}
        rows = await tx.connection.fetch(
            f"{_READ_OFFERS} where offer_id = any($1::uuid[]) order by offer_id for no key update", ids
        )
        return {ReferralId(row["referral_id"]): offer_from(row) for row in rows}

    async def offers_of(
        self, tx: Transaction, referral_ids: Sequence[ReferralId]
    ) -> dict[ReferralId, list[Offer]]:
        """All offers of the referrals that the caller may see, in the order in which they were made."""
        rows = await tx.connection.fetch(
            f"{_READ_OFFERS} where referral_id = any($1::uuid[]) order by number", list(referral_ids)
        )
        found: dict[ReferralId, list[Offer]] = {}
        for row in rows:
            found.setdefault(ReferralId(row["referral_id"]), []).append(offer_from(row))
        return found

    async def add(
        self,
        tx: Transaction,
        referrals: Sequence[Referral],
        people: Mapping[ReferralId, BeneficiaryId],
        causes: Mapping[ReferralId, UUID],
    ) -> None:
        """Writes new referrals, for which nobody can have chosen yet, and tells what has happened to them.

        Args:
            people: whose they are; only batches ever read that again.
        """
        if not referrals:
            return
        whose = [people[one.referral_id] for one in referrals]
        await tx.connection.execute(_ADD_REFERRALS, *columns_of(referrals, _NEW_COLUMNS), whose)
        for referral in referrals:
            for event in referral.take_events(causes.get(referral.referral_id)):
                tx.publish(event)

    async def save(self, tx: Writing, referral: Referral, causation_id: UUID | None) -> None:
        """Writes a locked referral and tells what has happened to it."""
        await tx.connection.execute(_SAVE_REFERRAL, *(getattr(referral, name) for name in REFERRAL_COLUMNS))
        for event in referral.take_events(causation_id):
            tx.publish(event)

    async def save_all(
        self, tx: Transaction, referrals: Sequence[Referral], causation_id: UUID | None = None
    ) -> None:
        """The same for many, by one statement."""
        if not referrals:
            return
        await tx.connection.execute(_SAVE_REFERRALS, *columns_of(referrals, REFERRAL_COLUMNS))
        for referral in referrals:
            for event in referral.take_events(causation_id):
                tx.publish(event)

    async def add_offers(self, tx: Transaction, offers: Sequence[Offer]) -> None:
        """Writes new offers; their referrals must stand already."""
        if offers:
            await tx.connection.execute(_ADD_OFFERS, *columns_of(offers, OFFER_COLUMNS))

    async def save_offer(self, tx: Writing, offer: Offer) -> None:
        """Writes a locked offer."""
        await tx.connection.execute(_SAVE_OFFER, *(getattr(offer, name) for name in OFFER_COLUMNS))

    async def save_offers(self, tx: Transaction, offers: Sequence[Offer]) -> None:
        """The same for many, by one statement."""
        if offers:
            await tx.connection.execute(_SAVE_OFFERS, *columns_of(offers, OFFER_COLUMNS))

    async def with_open_offer_to(
        self,
        tx: Transaction,
        *,
        service_id: ServiceId | None = None,
        agency_id: AgencyId | None = None,
        unit_id: UnitId | None = None,
    ) -> list[ReferralId]:
        """Referrals that a service, an agency or a unit has been asked about and has not answered."""
        statement, key = _OFFERS_OF_AGENCY, agency_id or unit_id or service_id
        if agency_id is None:
            statement = _OFFERS_OF_UNIT if unit_id else _OFFERS_OF_SERVICE
        return [ReferralId(row["referral_id"]) for row in await tx.connection.fetch(statement, key)]

    async def unfinished_of(
        self, tx: Transaction, beneficiary_ids: Iterable[BeneficiaryId]
    ) -> Sequence[Mapping[str, UUID]]:
        """referral_id, need_id and beneficiary_id of all that is not final."""
        rows = await tx.connection.fetch(_OF_BENEFICIARIES, list(beneficiary_ids))
        return [dict(row) for row in rows]

    async def waiting_of_type(
        self, tx: Transaction, service_type: str, after: ReferralId, limit: int
    ) -> list[ReferralId]:
        """A page of what waits for a place, has found nobody, or nobody who was permitted."""
        rows = await tx.connection.fetch(_OF_TYPE, service_type, after, limit)
        return [ReferralId(row["referral_id"]) for row in rows]

    async def needs_of(self, tx: Transaction, referral_ids: Iterable[ReferralId]) -> list[NeedId]:
        """The needs of unfinished referrals."""
        rows = await tx.connection.fetch(_NEEDS, list(referral_ids))
        return [NeedId(row["need_id"]) for row in rows]

    async def asked_by(self, tx: Transaction, offer_ids: Iterable[OfferId]) -> Sequence[Mapping[str, UUID]]:
        """offer_id, referral_id and agency_id of each offer."""
        return [dict(row) for row in await tx.connection.fetch(_ASKED, list(offer_ids))]

    async def mark_delivered(self, tx: Transaction, delivered: Mapping[OfferId, datetime]) -> None:
        """Notes since when the agency's client has the offers; the first time counts.

        Call it with their referrals locked.
        """
        await tx.connection.execute(_DELIVERED, list(delivered), list(delivered.values()))


def _locked(tx: Transaction, row: asyncpg.Record) -> Locked:
    *columns, clock_time = row
    offer = offer_of(columns[len(REFERRAL_COLUMNS) :])
    return Locked(referral_of(columns), offer, tx.note_now(clock_time))
