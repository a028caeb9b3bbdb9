"""Appointments in PostgreSQL, and what became of each: row-level security shows an agency its people's."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from chassis.postgres import Transaction
from kernel.ids import BeneficiaryId, ReferralId
from kernel.restricted import RESTRICTED_TYPES, may_see_restricted
from services.intake.domain.appointment import Appointment, AppointmentState

_COLUMNS: Final = """appointment_id, beneficiary_id, agency_id, referral_id, with_agency_id, service_id,
    start_time, sealed_place, state, cancel_reason, booked_time, changed_time"""
_ADD: Final = f"""
    insert into appointment ({_COLUMNS}, booked_by_principal_id, acting_person)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
"""  # noqa: S608  constant
_CHANGE: Final = """
    update appointment set start_time = $2, sealed_place = $3, state = $4, cancel_reason = $5,
        changed_time = $6, changed_by_principal_id = $7
    where appointment_id = $1
"""
_NOTE: Final = """
    insert into appointment_change (appointment_id, sequence, state, start_time, changed_by_principal_id,
        acting_person, changed_time)
    select $1, 1 + count(*), $2, $3, $4, $5, $6 from appointment_change where appointment_id = $1
"""
_LOCK: Final = f"select {_COLUMNS} from appointment where appointment_id = $1 for no key update"  # noqa: S608  constant
_OF_PERSON: Final = f"""
    select {_COLUMNS} from appointment
    where beneficiary_id = any($1::uuid[]) and ($2::uuid is null or booked_by_principal_id = $2)
      and ($3::timestamptz is null or (start_time, appointment_id) < ($3, $4))
    order by start_time desc, appointment_id desc limit $5
"""  # noqa: S608  constant
# who needs a restricted service by one of their records does so by all; whoever booked knows it anyway
_OF_DAY: Final = f"""
    select {_COLUMNS} from appointment
    where agency_id = $1 and start_time >= $2 and start_time < $3
      and ($4::uuid is null or booked_by_principal_id = $4)
      and ($5::timestamptz is null or (start_time, appointment_id) > ($5, $6))
      and (booked_by_principal_id = $7 or not exists (
          select from need
          where need.service_type = any($8::text[]) and (
              need.beneficiary_id = appointment.beneficiary_id
              or exists (
                  select from same_person as seen
                  where seen.beneficiary_id = appointment.beneficiary_id
                    and seen.other_id = need.beneficiary_id and seen.unmerged_time is null))))
    order by start_time, appointment_id limit $9
"""  # noqa: S608  constant
_IS_REFERRAL_OF: Final = """
    select exists (select from need where referral_id = $1 and beneficiary_id = any($2::uuid[]))
"""

_Place = tuple[datetime, UUID] | None


class PostgresAppointments:
    """An appointment changes while it is booked; each change stays on record."""

    async def is_referral_of(
        self, tx: Transaction, referral_id: ReferralId, records: Sequence[BeneficiaryId]
    ) -> bool:
        """Whether the referral is of one of these records of a person."""
        found: bool = await tx.connection.fetchval(_IS_REFERRAL_OF, referral_id, records)
        return found

    async def add(self, tx: Transaction, appointment: Appointment) -> None:
        """Keeps a new one of a locked person."""
        values = [getattr(appointment, name) for name in Appointment.__dataclass_fields__]
        await tx.connection.execute(_ADD, *values, tx.caller.principal_id, tx.caller.acting_person)
        await self._note(tx, appointment, appointment.booked_time)

    async def person_of(self, tx: Transaction, appointment_id: UUID) -> BeneficiaryId | None:
        """Whose it is; None where the caller may not know of it."""
        found: BeneficiaryId | None = await tx.connection.fetchval(
            "select beneficiary_id from appointment where appointment_id = $1", appointment_id
        )
        return found

    async def lock(self, tx: Transaction, appointment_id: UUID) -> Appointment | None:
        """The appointment, kept as it is; the person's row comes first."""
        row = await tx.connection.fetchrow(_LOCK, appointment_id)
        return None if row is None else _appointment(row)

    async def change(self, tx: Transaction, appointment: Appointment) -> None:
        """Writes a locked appointment as it stands now, by the caller's word."""
        changed_time = appointment.changed_time or await tx.now()
        await tx.connection.execute(
            _CHANGE,
            appointment.appointment_id,
            appointment.start_time,
            appointment.sealed_place,
            appointment.state,
            appointment.cancel_reason,
            changed_time,
            tx.caller.principal_id,
        )
        await self._note(tx, appointment, changed_time)

    async def of_person(
        self,
        tx: Transaction,
        records: Sequence[BeneficiaryId],
        booked_by_id: UUID | None,
        before: _Place,
        size: int,
    ) -> list[Appointment]:
        """Up to `size` on these records of a person, the latest first."""
        rows = await tx.connection.fetch(_OF_PERSON, records, booked_by_id, *(before or (None, None)), size)
        return [_appointment(row) for row in rows]

    async def between(
        self,
        tx: Transaction,
        since: datetime,
        until: datetime,
        booked_by_id: UUID | None,
        after: _Place,
        size: int,
    ) -> list[Appointment]:
        """Up to `size` of the caller's agency that begin then, the earliest first. Of people with restricted
        services only those that the caller has booked, unless they may know of such people.
        """
        rows = await tx.connection.fetch(
            _OF_DAY,
            tx.caller.agency_id,
            since,
            until,
            booked_by_id,
            *(after or (None, None)),
            tx.caller.principal_id,
            [] if may_see_restricted(tx.caller.roles) else list(RESTRICTED_TYPES),
            size,
        )
        return [_appointment(row) for row in rows]

    async def _note(self, tx: Transaction, appointment: Appointment, changed_time: datetime) -> None:
        await tx.connection.execute(
            _NOTE,
            appointment.appointment_id,
            appointment.state,
            appointment.start_time,
            tx.caller.principal_id,
            tx.caller.acting_person,
            changed_time,
        )


def _appointment(row: Any) -> Appointment:
    return Appointment(**{**dict(row), "state": AppointmentState(row["state"])})
