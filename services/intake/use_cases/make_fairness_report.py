"""Counts by bands whether help comes as soon to some as to others; nothing of anybody leaves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from chassis.access_records import AccessRecord
from chassis.caller import Caller
from chassis.postgres import Database, Transaction
from kernel.errors import Conflict, RuleBroken
from services.intake.adapters.postgres_fairness import FairnessReport, NeedToCount, PostgresFairness
from services.intake.adapters.postgres_needs import PostgresNeeds
from services.intake.adapters.referral_client import ReferralClient
from services.intake.adapters.vault import Vault
from services.intake.domain.athens_day import athens_day
from services.intake.domain.fairness import (
    LEAST_NEEDS,
    UNKNOWN,
    CountedNeed,
    Dimension,
    FairnessCount,
    Pace,
)
from services.intake.domain.person_profile import PersonProfile
from services.intake.use_cases.hub_officer import hub_officer_only, reach_everything

AT_ONCE: Final = 500
SETTLED: Final = timedelta(seconds=30)
"""A need bears a time before its commit: what is younger may not be seen yet, and goes into the next one."""


@dataclass(frozen=True, slots=True)
class FairnessParts:
    """What reports are made of."""

    reports: PostgresFairness
    needs: PostgresNeeds
    vault: Vault
    referral: ReferralClient


@dataclass(frozen=True, slots=True)
class _Period:
    """Which needs the next report is about."""

    number: int
    from_time: datetime | None
    until_time: datetime
    need_ids: Sequence[UUID]


async def make_fairness_report(
    request_id: UUID, method: str, caller: Caller, database: Database, parts: FairnessParts
) -> FairnessReport:
    """The report of the needs since the last one; a repeat gets the one that it made.

    Bands are opened page by page and counted at once: what is kept meanwhile are numbers. It is on record as
    one read of so many people.

    Raises:
        NotPermitted: HUB_OFFICER_ONLY.
        RuleBroken: TOO_FEW_NEEDS.
        Conflict: REPORT_MADE_MEANWHILE.
        Unavailable: referral does not answer; nothing was made.
    """
    hub_officer_only(caller)
    async with database.transaction(caller) as tx:
        await reach_everything(tx)
        if (earlier := await parts.reports.earlier(tx, request_id)) is not None:
            return earlier
        period = await _next_period(tx, parts.reports)
    count, people = FairnessCount(), set[UUID]()
    for first in range(0, len(period.need_ids), AT_ONCE):
        need_ids = period.need_ids[first : first + AT_ONCE]
        async with database.transaction(caller) as tx:
            await reach_everything(tx)
            needs = await parts.reports.needs(tx, need_ids)
            profiles = await _profiles(tx, needs, parts)
        paces = await parts.referral.paces([need.referral_id for need in needs])
        people |= {need.beneficiary_id for need in needs}
        for need in needs:
            count.count(_counted(need, profiles, paces), period.until_time + SETTLED)
    async with database.transaction(caller) as tx:
        await reach_everything(tx)
        report = FairnessReport(
            period.number,
            period.from_time,
            period.until_time,
            count.needs,
            await tx.now(),
            {dimension: count.table(dimension) for dimension in Dimension},
        )
        if not await parts.reports.add(tx, request_id, report):
            raise Conflict(
                "Somebody else made the report meanwhile; list the reports.", reason="REPORT_MADE_MEANWHILE"
            )
        tx.record_access(AccessRecord("intake", method, [], subject_count=len(people)))
    return report


async def list_fairness_reports(
    size: int, tx: Transaction, reports: PostgresFairness
) -> list[FairnessReport]:
    """Those that were made, the newest first.

    Raises:
        NotPermitted: HUB_OFFICER_ONLY.
    """
    hub_officer_only(tx.caller)
    await reach_everything(tx)
    return await reports.listed(tx, size)


async def _next_period(tx: Transaction, reports: PostgresFairness) -> _Period:
    number, from_time = await reports.last(tx)
    until_time = await tx.now() - SETTLED
    need_ids = await reports.period(tx, from_time, until_time)
    if len(need_ids) < LEAST_NEEDS:
        raise RuleBroken(
            f"{len(need_ids)} needs were recorded since the last report; of fewer than {LEAST_NEEDS} none is"
            " made, because it could tell of single people. Ask again later.",
            reason="TOO_FEW_NEEDS",
        )
    return _Period(number + 1, from_time, until_time, need_ids)


async def _profiles(
    tx: Transaction, needs: Sequence[NeedToCount], parts: FairnessParts
) -> Mapping[UUID, PersonProfile | None]:
    records = await parts.needs.profile_records(tx, list({need.beneficiary_id for need in needs}))
    opened = parts.vault.open_profile(records)
    return {record["beneficiary_id"]: person for record, person in zip(records, opened, strict=True)}


def _counted(
    need: NeedToCount, profiles: Mapping[UUID, PersonProfile | None], paces: Mapping[UUID, Pace]
) -> CountedNeed:
    """The need under its bands; of whoever is erased only how urgent it was is known."""
    groups = {Dimension.URGENCY: need.urgency}
    if (person := profiles.get(need.beneficiary_id)) is not None:
        groups |= {
            Dimension.LANGUAGE: person.languages[0] if person.languages else UNKNOWN,
            Dimension.SEX: person.sex.value,
            Dimension.AGE_BAND: person.age_band(athens_day(need.recorded_time)) or UNKNOWN,
            Dimension.HOUSEHOLD_BAND: person.household_band or UNKNOWN,
        }
    pace = paces.get(need.referral_id, Pace())
    return CountedNeed(groups, need.service_type, need.recorded_time, pace)
