"""When consent begins or ends by time alone: reminders that a timer takes."""

from typing import Final

from chassis.postgres import Transaction
from kernel.ids import BeneficiaryId

# Neither a reminder nor a person is waited for: commands lock the person first and may hold it for long.
# The clock is read once, so that the index serves; the arrays make sure that all of `due` is locked before
# anything changes, for a row that this very statement has changed is passed over.
_TAKE: Final = """
    with due as materialized (
        select moment.consent_moment_id, person.beneficiary_id
        from consent_moment moment join beneficiary person using (beneficiary_id)
        where moment.due_time <= (select clock_timestamp())
        order by moment.due_time, moment.consent_moment_id limit $1
        for update of moment skip locked for no key update of person skip locked
    ), taken as (
        delete from consent_moment
        where consent_moment_id = any(array(select consent_moment_id from due))
    )
    update beneficiary set profile_version = profile_version + 1
    where beneficiary_id = any(array(select beneficiary_id from due)) and erased_time is null
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


class PostgresConsentMoments:
    """The table `consent_moment`; rows are written along with the record (`PostgresConsents.add`)."""

    async def spread_agreement(self, tx: Transaction) -> None:
        """Turns one changed agreement into a reminder for each person who lets the agency see something."""
        await tx.connection.execute(_SPREAD)

    async def take_due(self, tx: Transaction, limit: int) -> list[tuple[BeneficiaryId, int]]:
        """Takes up to `limit` due reminders that nobody holds; answers whose they are, each person once and
        with the new version of the profile.

        The people are locked, and the reminders are gone when `tx` commits. Of a person who is erased there
        is nothing to tell.
        """
        rows = await tx.connection.fetch(_TAKE, limit)
        return [(row["beneficiary_id"], row["profile_version"]) for row in rows]
