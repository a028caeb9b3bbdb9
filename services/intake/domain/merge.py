"""Two records of one person, seen as one: the merged one points to the kept one, and neither is changed."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from kernel.errors import Invalid, RuleBroken
from kernel.ids import BeneficiaryId
from services.intake.domain.cells import ConsentEvent, ConsentGiven, ConsentTakenBack


@dataclass(frozen=True, slots=True)
class Merge:
    """A merge that is in force, or was until `unmerged_time`."""

    merge_id: UUID
    merged_id: BeneficiaryId
    kept_id: BeneficiaryId
    merged_time: datetime
    unmerged_time: datetime | None = None


def check_mergeable(merged_id: BeneficiaryId, kept_id: BeneficiaryId, in_force: Iterable[Merge]) -> None:
    """Lets a merge pass that points from a record to another one in one step.

    Args:
        in_force: the merges that either record is part of.

    Raises:
        Invalid: SAME_RECORD.
        RuleBroken: ALREADY_MERGED, MERGE_CYCLE, MERGE_CHAIN.
    """
    if merged_id == kept_id:
        raise Invalid("These are not two records but one.", reason="SAME_RECORD")
    for one in in_force:
        if (one.merged_id, one.kept_id) == (merged_id, kept_id):
            raise RuleBroken("These two records are merged already.", reason="ALREADY_MERGED")
        if (one.merged_id, one.kept_id) == (kept_id, merged_id):
            raise RuleBroken(
                "These two records are merged the other way round; un-merge them first.",
                reason="MERGE_CYCLE",
            )
        if one.merged_id == merged_id:
            raise RuleBroken(
                "This record was merged into another one already; un-merge it first, or merge into that one"
                " the record that you wanted to keep.",
                reason="MERGE_CHAIN",
                kept_beneficiary_id=str(one.kept_id),
            )
        if one.merged_id == kept_id:
            raise RuleBroken(
                "The record that you want to keep was itself merged into another one; merge into that one.",
                reason="MERGE_CHAIN",
                kept_beneficiary_id=str(one.kept_id),
            )
        if one.kept_id == merged_id:
            raise RuleBroken(
                "Other records were merged into this one; keep this one, or un-merge those first.",
                reason="MERGE_CHAIN",
                merged_beneficiary_id=str(one.merged_id),
            )


def taken_back_elsewhere(
    own: Iterable[ConsentEvent], elsewhere: Iterable[ConsentEvent]
) -> Iterator[ConsentTakenBack]:
    """The withdrawals that another record's merge brings to this one: each for one consent of this record
    that was said before the hub heard there that it is taken back; of each, the earliest first.

    The newest word counts: what was said after that stays.

    Args:
        own, elsewhere: what was said on this record, and on the other ones, until the merge.
    """
    withdrawals = sorted(
        (one for one in elsewhere if isinstance(one, ConsentTakenBack) and one.consent_id is None),
        key=lambda one: (one.recorded_time, one.sequence),
    )
    for given in own:
        if not isinstance(given, ConsentGiven):
            continue
        for withdrawal in withdrawals:
            if (given.said_time or given.recorded_time) <= withdrawal.recorded_time:
                yield replace(withdrawal, consent_id=given.consent_id)


@dataclass(frozen=True, slots=True)
class Happened:
    """What was written on one of two records while they were seen as one; it stays there.

    Args:
        kind: the table that has it; the person itself where their data were changed.
        id: of the row.
    """

    beneficiary_id: BeneficiaryId
    kind: str
    id: UUID
    happened_time: datetime
