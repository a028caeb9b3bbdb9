"""Records that are seen as one person's: in one step, of one agency, erased together, and told."""

from typing import Final

from tools.check.invariant import Finding, Invariant, Snapshot

_INTAKE: Final = ("intake",)
_MERGES: Final = "select count(*) from intake.beneficiary_merge"

INVARIANTS: Final = (
    Invariant(
        "I20-merged-in-one-step",
        "A merged record points to one that points to none, both of the agency that merged them",
        _INTAKE,
        _MERGES,
        """
        select m.merge_id from intake.beneficiary_merge m
        join intake.beneficiary merged on merged.beneficiary_id = m.merged_beneficiary_id
        join intake.beneficiary kept on kept.beneficiary_id = m.kept_beneficiary_id
        where merged.registered_by_agency_id <> m.agency_id or kept.registered_by_agency_id <> m.agency_id
           or m.unmerged_time is null and exists (
                select from intake.beneficiary_merge other
                where other.unmerged_time is null and other.merge_id <> m.merge_id
                  and m.merged_beneficiary_id in (other.merged_beneficiary_id, other.kept_beneficiary_id))
        """,
    ),
    Invariant(
        "I20-erased-together",
        "Whoever is erased is so on all records that are seen as theirs",
        _INTAKE,
        _MERGES,
        """
        select m.merge_id from intake.beneficiary_merge m
        join intake.beneficiary merged on merged.beneficiary_id = m.merged_beneficiary_id
        join intake.beneficiary kept on kept.beneficiary_id = m.kept_beneficiary_id
        where m.unmerged_time is null and (merged.erased_time is null) <> (kept.erased_time is null)
        """,
    ),
    Invariant(
        "I20-needs-go-to-the-kept-one",
        "No need was recorded on a record while it was merged into another one",
        _INTAKE,
        _MERGES,
        """
        select n.need_id from intake.need n
        join intake.beneficiary_merge m on m.merged_beneficiary_id = n.beneficiary_id
        where m.merged_time <= n.recorded_time and n.recorded_time < coalesce(m.unmerged_time, 'infinity')
        """,
    ),
    Invariant(
        "I20-each-merge-is-told",
        "Each merge and its end have their facts in intake's log, or in its outbox",
        _INTAKE,
        _MERGES,
        """
        select m.merge_id from intake.beneficiary_merge m
        where (select count(*) from intake.event_log e where e.aggregate_id = m.merge_id)
            + (select count(*) from intake.outbox o where o.aggregate_id = m.merge_id)
            < 1 + num_nonnulls(m.unmerged_time)
        """,
    ),
)


async def merges(snapshot: Snapshot) -> list[Finding]:
    """Inside intake's tables."""
    return await snapshot.test(INVARIANTS)
