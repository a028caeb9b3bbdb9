"""When consent begins or ends by time alone: reminders that a timer takes."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from chassis.postgres import Transaction
from kernel.ids import BeneficiaryId, ConsentId
from services.intake.domain.consent import EXPIRED

# Neither a reminder nor a person is waited for: commands lock the person first and may hold it for long.
# The clock is read once, so that the index serves; the arrays make sure that all of `due` is locked before
# anything changes, for a row that this very statement has changed is passed over. What one record says holds
# for all that are seen as the same person's, so a reminder is only taken with all of them.
_TAKE: Final = """
    with due as materialized (
        select moment.consent_moment_id, person.beneficiary_id
        from consent_moment moment join beneficiary person using (beneficiary_id)
        where moment.due_time <= (select clock_timestamp())
        order by moment.due_time, moment.consent_moment_id limit $1
        for update of moment skip locked for no key update of person skip locked
    ), others as materialized (
        select seen.beneficiary_id as of_id, person.beneficiary_id
        from same_person as seen join beneficiary as person on person.beneficiary_id = seen.other_id
        where seen.beneficiary_id = any(array(select beneficiary_id from due)) and seen.unmerged_time is null
        for no key update of person skip locked
    ), ready as (
        select consent_moment_id, beneficiary_id from due
        where (
            select count(*) from same_person as seen
            where seen.beneficiary_id = due.beneficiary_id and seen.unmerged_time is null
        ) = (select count(*) from others where of_id = due.beneficiary_id)
    ), taken as (
        delete from consent_moment
        where consent_moment_id = any(array(select consent_moment_id from ready))
    )
    update beneficiary set profile_version = profile_version + 1
    where erased_time is null and beneficiary_id = any(array(
        select beneficiary_id from ready
        union
        select beneficiary_id from others where of_id = any(array(select beneficiary_id from ready))
    ))
    returning beneficiary_id, profile_version
"""
# whoever consents from now on is matched by the agreement as it is
_SPREAD: Final = """
    with changed as (
        delete from agreement_moment where agreement_moment_id = any(array(
            select agreement_moment_id from agreement_moment order by agreement_moment_id limit 1
            for update skip locked))
        returning agency_id
    )
    insert into consent_moment (due_time, beneficiary_id)
    select distinct clock_timestamp(), beneficiary_id from grant_cell join changed using (agency_id)
    where effect = 'PERMIT' and withdrawn_time is null and valid_until_time > clock_timestamp()
"""
# a record of which some line still counts has ended by time; what was taken back or ended before has not
_EXPIRE: Final = """
    with due as (
        select consent_id, beneficiary_id, obtained_by_agency_id, valid_until_time,
            row_number() over (partition by beneficiary_id order by valid_until_time, consent_id) as place
        from consent
        where beneficiary_id = any($1) and valid_until_time <= $2
          and not exists (select from consent_event as ended
                          where ended.consent_id = consent.consent_id and ended.state = $3)
          and exists (select from grant_cell as cell
                      where cell.consent_id = consent.consent_id and cell.withdrawn_time is null)
    )
    insert into consent_event (consent_event_id, beneficiary_id, sequence, state, consent_id, by_agency_id,
        by_principal_id, happened_time, recorded_time)
    select uuidv7(), beneficiary_id,
        place + (select coalesce(max(sequence), 0) from consent_event as said
                 where said.beneficiary_id = due.beneficiary_id),
        $3, consent_id, obtained_by_agency_id, $4, valid_until_time, $2
    from due
    returning beneficiary_id, sequence, consent_id
"""


class PostgresConsentMoments:
    """The table `consent_moment`; rows are written along with the record (`PostgresConsents.add`)."""

    async def spread_agreement(self, tx: Transaction) -> None:
        """Turns one changed agreement into a reminder for each person who lets the agency see something."""
        await tx.connection.execute(_SPREAD)

    async def take_due(self, tx: Transaction, limit: int) -> list[tuple[BeneficiaryId, int]]:
        """Takes up to `limit` due reminders that nobody holds; answers whose they are, all records that are
        seen as theirs, each once and with the new version of the profile.

        The people are locked, and the reminders are gone when `tx` commits. Of a person who is erased there
        is nothing to tell.
        """
        rows = await tx.connection.fetch(_TAKE, limit)
        return [(row["beneficiary_id"], row["profile_version"]) for row in rows]

    async def expire(
        self, tx: Transaction, people: Sequence[BeneficiaryId], now: datetime
    ) -> list[tuple[BeneficiaryId, int, ConsentId]]:
        """Writes of each record of these people that has ended by time that it has; answers whose, as which
        of their consent events, and which.

        The people are locked.
        """
        rows = await tx.connection.fetch(_EXPIRE, people, now, EXPIRED, tx.caller.principal_id)
        return [(row["beneficiary_id"], row["sequence"], row["consent_id"]) for row in rows]
