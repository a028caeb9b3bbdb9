"""Explains to the sender which services fit, and why the others do not."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.postgres import Transaction
from kernel.errors import Invalid
from kernel.ids import AgencyId, ReferralId, ServiceId
from services.referral.adapters.postgres_directory import PostgresDirectory, Wanted
from services.referral.domain.conditions import Exclusion
from services.referral.domain.explanation import (
    ExcludedService,
    Explanation,
    counted,
    visible_exclusions,
    visible_proposals,
)
from services.referral.domain.matching import MatchPolicy, match
from services.referral.domain.profile import Profile
from services.referral.domain.visibility import Viewer

FIRST = UUID(int=0)


@dataclass(frozen=True, slots=True)
class ExcludedPage:
    """Which of the services left out are listed: of one reason, after a service id; reason empty: none."""

    reason: str = ""
    after: UUID = FIRST
    limit: int = 50


async def explain_matches(
    profile: Profile,
    referral_id: ReferralId,
    page: ExcludedPage,
    *,
    permitted: frozenset[AgencyId] | None,
    declined: frozenset[ServiceId],
    policy: MatchPolicy,
    now: datetime,
    tx: Transaction,
    directory: PostgresDirectory,
) -> Explanation:
    """Decides anew, on the directory as it stands; the caller has already been found to be the sender.

    Services that the caller may not know of are neither proposed nor counted.

    Raises:
        Invalid: UNKNOWN_CODE, there is no such excluding reason.
    """
    if page.reason and page.reason not in Exclusion.__members__:
        raise Invalid("There is no such reason for leaving a service out.", reason="UNKNOWN_CODE")
    viewer = Viewer(tx.caller.agency_id, tx.caller.roles)
    wanted = (profile.service_type, profile.district)
    candidates = (await directory.candidates(tx, [wanted]))[wanted]
    result = match(
        profile,
        candidates,
        referral_id=referral_id,
        now=now,
        policy=policy,
        permitted=permitted,
        declined=declined,
    )
    excluded = visible_exclusions(result, viewer)
    counts: Counter[str] = counted(excluded)
    of_type = await directory.count_of_type(tx, profile.service_type, with_named_staff=viewer.is_named_staff)
    in_reach = sum(viewer.finds(candidate.listing, candidate.agency_id) for candidate in candidates)
    counts[Exclusion.AREA.value] += max(of_type - in_reach, 0)
    listed = await _page(excluded, wanted, page, viewer, tx, directory)
    return Explanation(
        proposals=visible_proposals(result, viewer),
        exclusions=+counts,
        excluded=tuple(listed[: page.limit]),
        next_after=listed[page.limit - 1].service_id if len(listed) > page.limit else None,
        policy_version=result.policy_version,
    )


async def _page(
    excluded: list[ExcludedService],
    wanted: Wanted,
    page: ExcludedPage,
    viewer: Viewer,
    tx: Transaction,
    directory: PostgresDirectory,
) -> list[ExcludedService]:
    """One more than the page holds, where there is more."""
    if not page.reason:
        return []
    listed = [
        one for one in excluded if one.reason == page.reason and one.service_id.bytes > page.after.bytes
    ]
    if page.reason == Exclusion.AREA:
        elsewhere = await directory.out_of_reach(
            tx, wanted, after=page.after, limit=page.limit + 1, with_named_staff=viewer.is_named_staff
        )
        listed += [
            ExcludedService(service_id, agency_id, Exclusion.AREA.value)
            for service_id, agency_id in elsewhere
        ]
        listed.sort(key=lambda one: one.service_id.bytes)
    return listed[: page.limit + 1]
