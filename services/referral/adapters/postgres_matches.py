"""What was known when a match was made, what came of it, and what was missing in the city."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from chassis.postgres import Transaction
from chassis.together import Writing
from kernel.ids import ReferralId
from services.referral.adapters.profile_format import NeedAnswer, profile_from
from services.referral.domain.gap import Gap
from services.referral.domain.matching import MatchResult, Proposal
from services.referral.domain.profile import Profile

_ENCODER: Final = json.JSONEncoder(ensure_ascii=False)  # json.dumps would make one each time
KEPT_PROPOSALS: Final = 50
"""As many as are explained to the sender."""

_SAVE_PROFILES: Final = """
    insert into need_profile (referral_id, profile, profile_version, fetched_time)
    select referral_id, profile, profile_version, $4
    from unnest($1::uuid[], $2::bytea[], $3::bigint[]) as fetched (referral_id, profile, profile_version)
    on conflict (referral_id) do update set profile = excluded.profile,
        profile_version = excluded.profile_version, fetched_time = excluded.fetched_time
    where need_profile.profile_version <= excluded.profile_version
"""
_REFRESH: Final = """
    update need_profile known set profile = fetched.profile, profile_version = fetched.profile_version,
        fetched_time = $4
    from unnest($1::uuid[], $2::bytea[], $3::bigint[]) as fetched (referral_id, profile, profile_version)
    where known.referral_id = fetched.referral_id and known.profile_version <= fetched.profile_version
    returning known.referral_id
"""
_PROFILES: Final = "select referral_id, profile from need_profile where referral_id = any($1::uuid[])"
_FORGET: Final = "delete from need_profile where referral_id = any($1::uuid[])"
_ADD_PROPOSALS: Final = """
    insert into proposal (
        referral_id, match_number, rank, service_id, agency_id, service_version, score, terms, warnings,
        free_places, permitted, policy_version, match_time
    )
    select referral_id, match_number, rank, service_id, agency_id, service_version, score, terms::jsonb,
        coalesce(string_to_array(nullif(warnings, ''), ' '), '{}'), free_places, permitted,
        policy_version, $13
    from unnest($1::uuid[], $2::integer[], $3::integer[], $4::uuid[], $5::uuid[], $6::bigint[], $7::float8[],
                $8::text[], $9::text[], $10::integer[], $11::boolean[], $12::text[])
        as made (referral_id, match_number, rank, service_id, agency_id, service_version, score, terms,
                 warnings, free_places, permitted, policy_version)
"""
_ADD_GAPS: Final = """
    insert into gap (gap_id, referral_id, service_type, sector, urgency, reason, gap_time)
    select gap_id, referral_id, service_type, sector, urgency, reason, $7
    from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[])
        as seen (gap_id, referral_id, service_type, sector, urgency, reason)
"""


@dataclass(frozen=True, slots=True)
class Match:
    """The outcome of one match of one referral; `number` counts its matches from 1."""

    referral_id: ReferralId
    number: int
    result: MatchResult


class PostgresMatches:
    """Profiles, proposals and gaps. Proposals and gaps are history and never changed."""

    async def save_profiles(
        self, tx: Transaction, answers: Mapping[ReferralId, NeedAnswer], now: datetime
    ) -> None:
        """Keeps the profiles of needs that stand; an older version never replaces a newer one."""
        known = [(referral_id, answer) for referral_id, answer in answers.items() if answer.profile]
        if not known:
            return
        await tx.connection.execute(
            _SAVE_PROFILES,
            [referral_id for referral_id, _ in known],
            [answer.cached for _, answer in known],
            [answer.profile.profile_version for _, answer in known if answer.profile],
            now,
        )

    async def refresh_profiles(
        self, tx: Transaction, answers: Mapping[ReferralId, NeedAnswer], now: datetime
    ) -> set[ReferralId]:
        """Takes over what intake said of known referrals, which are locked; answers for which it counts.

        It does not count where something newer is known, nor where the person was erased meanwhile.
        """
        known = [(one, answer.cached, answer.profile) for one, answer in answers.items() if answer.profile]
        if not known:
            return set()
        rows = await tx.connection.fetch(
            _REFRESH,
            [referral_id for referral_id, _, _ in known],
            [cached for _, cached, _ in known],
            [profile.profile_version for _, _, profile in known],
            now,
        )
        return {ReferralId(row["referral_id"]) for row in rows}

    async def profiles(
        self, tx: Transaction, referral_ids: Iterable[ReferralId]
    ) -> dict[ReferralId, Profile]:
        """What is known; a referral that is final, or whose person is erased, is left out."""
        rows = await tx.connection.fetch(_PROFILES, list(referral_ids))
        return {ReferralId(row["referral_id"]): profile_from(row["profile"]) for row in rows}

    async def forget_profiles(self, tx: Writing, referral_ids: Iterable[ReferralId]) -> None:
        """Deletes what is known; for referrals that have become final or whose person is erased."""
        await tx.connection.execute(_FORGET, list(referral_ids))

    async def add_proposals(self, tx: Transaction, matches: Sequence[Match], now: datetime) -> None:
        """Stores the best proposals of each match with their terms and the versions they rest on."""
        made = [
            (match, rank, proposal)
            for match in matches
            for rank, proposal in enumerate(match.result.proposals[:KEPT_PROPOSALS], start=1)
        ]
        if not made:
            return
        await tx.connection.execute(
            _ADD_PROPOSALS,
            [match.referral_id for match, _, _ in made],
            [match.number for match, _, _ in made],
            [rank for _, rank, _ in made],
            [proposal.service_id for _, _, proposal in made],
            [proposal.agency_id for _, _, proposal in made],
            [proposal.service_version for _, _, proposal in made],
            [proposal.score for _, _, proposal in made],
            [_terms(proposal) for _, _, proposal in made],
            [" ".join(proposal.warnings) for _, _, proposal in made],
            [proposal.free_places for _, _, proposal in made],
            [proposal.permitted for _, _, proposal in made],
            [match.result.policy_version for match, _, _ in made],
            now,
        )

    async def add_gaps(self, tx: Transaction, gaps: Sequence[Gap], now: datetime) -> None:
        """Stores gaps in service."""
        if not gaps:
            return
        await tx.connection.execute(
            _ADD_GAPS,
            [one.gap_id for one in gaps],
            [one.referral_id for one in gaps],
            [one.service_type for one in gaps],
            [one.sector for one in gaps],
            [one.urgency.value for one in gaps],
            [one.reason for one in gaps],
            now,
        )


def _terms(proposal: Proposal) -> str:
    return _ENCODER.encode([one._asdict() for one in proposal.terms])
