"""Sums up for those who coordinate. Reads only; nobody can be told from what is answered."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from chassis.access_records import AccessRecord
from chassis.postgres import Transaction
from kernel.errors import NotPermitted
from services.referral.adapters.postgres_agencies import PostgresAgencies
from services.referral.adapters.postgres_referral_pages import PageEnd
from services.referral.adapters.postgres_reports import CapacityCount, Counts, OverdueCase, PostgresReports
from services.referral.domain.report import (
    Dimension,
    Figures,
    Named,
    Period,
    Scope,
    count_figures,
    masks,
    pace_figures,
    sees_the_whole,
    total_told,
    wait_figures,
)
from services.referral.use_cases.directory_keeping import KEM_CODE

LIST_OVERDUE: Final = "/kem.referral.v1.ReportService/ListOverdueReferrals"
_shuffle: Final = random.SystemRandom().shuffle

_T = TypeVar("_T")


class NoCommittee(NotPermitted):
    """The caller's agency is in no committee, or they act for none."""

    reason = "NO_COMMITTEE"


class CommitteeNotOwn(NotPermitted):
    """The caller's agency is not in the committee that they name."""

    reason = "COMMITTEE_NOT_OWN"


@dataclass(frozen=True, slots=True)
class ReportStores:
    """What reports read."""

    reports: PostgresReports
    agencies: PostgresAgencies


@dataclass(frozen=True, slots=True)
class Report:
    """Rows by dimension, and the sum over everything; None where that is of few.

    Args:
        committee: what of; empty: everything.
    """

    tables: Mapping[Dimension, Sequence[tuple[Named, Figures]]]
    total: int | None
    committee: str


async def demand_report(period: Period, committee: str, tx: Transaction, stores: ReportStores) -> Report:
    """Needs of the period beside what there is now.

    Args:
        committee: of which of the caller's, as in every report; empty: the first of them.

    Raises:
        NoCommittee: the caller coordinates nothing.
        CommitteeNotOwn: or not this.
    """
    scope = await _scope(committee, tx, stores)
    needs = await stores.reports.demand(tx, scope, period)
    capacity = await stores.reports.capacity(tx, scope)
    tables = {}
    for dimension in (Dimension.SECTOR, Dimension.DISTRICT, Dimension.LANGUAGE):
        asked, there = needs.get(dimension, {}), capacity.get(dimension, {})
        known = sorted({*asked, *there})
        figures = count_figures("needs", [asked.get(code, 0) for code in known])
        tables[dimension] = [
            (Named(code), row | _capacity_figures(there.get(code, CapacityCount())))
            for code, row in zip(known, figures, strict=True)
        ]
    return Report(tables, total_told(sum(needs.get(Dimension.SECTOR, {}).values())), scope.committee)


async def response_times_report(
    period: Period, committee: str, tx: Transaction, stores: ReportStores
) -> Report:
    """How soon offers of the period were answered.

    Raises:
        NoCommittee: the caller coordinates nothing.
        CommitteeNotOwn: or not this.
    """
    scope = await _scope(committee, tx, stores)
    counts = await stores.reports.pace(tx, scope, period)
    dimensions = (Dimension.SECTOR, Dimension.URGENCY, Dimension.AGENCY)
    return Report(
        _tables(counts, dimensions, scope, pace_figures),
        total_told(sum(one.offers for one in counts.get(Dimension.SECTOR, {}).values())),
        scope.committee,
    )


async def waiting_lists_report(committee: str, tx: Transaction, stores: ReportStores) -> Report:
    """Who waits for a place now.

    Raises:
        NoCommittee: the caller coordinates nothing.
        CommitteeNotOwn: or not this.
    """
    scope = await _scope(committee, tx, stores)
    counts = await stores.reports.waiting(tx, scope)
    dimensions = (Dimension.SECTOR, Dimension.URGENCY, Dimension.AGENCY)
    return Report(
        _tables(counts, dimensions, scope, wait_figures),
        total_told(sum(one.waiting for one in counts.get(Dimension.SECTOR, {}).values())),
        scope.committee,
    )


async def gaps_report(period: Period, committee: str, tx: Transaction, stores: ReportStores) -> Report:
    """For how many referrals nothing fitted.

    Raises:
        NoCommittee: the caller coordinates nothing.
        CommitteeNotOwn: or not this.
    """
    scope = await _scope(committee, tx, stores)
    counts = await stores.reports.gaps(tx, scope, period)
    return _referrals(counts, (Dimension.SECTOR, Dimension.URGENCY, Dimension.REASON), scope)


async def overdue_report(committee: str, tx: Transaction, stores: ReportStores) -> Report:
    """How many people have had no positive answer in their time.

    Raises:
        NoCommittee: the caller coordinates nothing.
        CommitteeNotOwn: or not this.
    """
    scope = await _scope(committee, tx, stores)
    counts = await stores.reports.overdue(tx, scope)
    return _referrals(counts, (Dimension.SECTOR, Dimension.URGENCY, Dimension.STATE), scope)


async def list_overdue(
    after: PageEnd | None, limit: int, tx: Transaction, stores: ReportStores
) -> tuple[list[OverdueCase], PageEnd | None]:
    """Cases for the City's officer, and where to go on; that they were read is on record.

    Args:
        after: the end of the page before; its time is when the last case was due.
    """
    await stores.reports.reach(tx)
    found = await stores.reports.overdue_cases(tx, Scope.whole(), after, limit + 1)
    page = found[:limit]
    if page:
        tx.record_access(AccessRecord("referral", LIST_OVERDUE, [one.referral_id for one in page]))
    has_more = len(found) > limit
    return page, PageEnd(0, page[-1].person_due_time, page[-1].referral_id) if has_more else None


async def _scope(committee: str, tx: Transaction, stores: ReportStores) -> Scope:
    """Of what the caller is told; from then on the transaction may sum up."""
    agency_id = tx.caller.agency_id
    own = await stores.agencies.find(tx, agency_id) if agency_id else None
    if sees_the_whole(tx.caller.roles, is_of_kem=own is not None and own.code == KEM_CODE):
        if committee:
            # beside the sums of everything those of a part would give away what is withheld
            raise CommitteeNotOwn("You are told of everything: name no committee.")
        scope = Scope.whole()
    elif own is None or not own.committees:
        raise NoCommittee("You are told of what your agency's committees report on, and it is in none.")
    elif committee and committee not in own.committees:
        raise CommitteeNotOwn("You are told of what a committee of your own agency reports on.")
    else:
        scope = Scope.of_committee(committee or min(own.committees), own.agency_id)
    await stores.reports.reach(tx)
    return scope


def _referrals(counts: Counts[int], dimensions: Sequence[Dimension], scope: Scope) -> Report:
    tables = _tables(counts, dimensions, scope, lambda numbers: count_figures("referrals", numbers))
    return Report(tables, total_told(sum(counts.get(Dimension.SECTOR, {}).values())), scope.committee)


def _tables(
    counts: Counts[_T],
    dimensions: Sequence[Dimension],
    scope: Scope,
    figures: Callable[[Sequence[_T]], list[Figures]],
) -> dict[Dimension, list[tuple[Named, Figures]]]:
    tables = {}
    for dimension in dimensions:
        found = counts.get(dimension, {})
        names = {code: Named(code) for code in found}
        if dimension is Dimension.AGENCY and scope.own_agency_id is not None:
            mixed = list(found)
            _shuffle(mixed)
            names = masks(mixed, scope.own_agency_id)
        rows = figures([found[code] for code in names])
        tables[dimension] = list(zip(names.values(), rows, strict=True))
    return tables


def _capacity_figures(capacity: CapacityCount) -> Figures:
    return {
        "services": capacity.services,
        "unlimited_services": capacity.unlimited_services,
        "places": capacity.places,
        "free_places": capacity.free_places,
    }
