"""What agencies were given before consent ended: asked back, answered, told.

As in disclosures.py, what is permitted follows from what people signed and took back, not from grant cells.
"""

from typing import Final

from tools.check.invariant import Finding, Invariant, Snapshot

_INTAKE: Final = ("intake",)
_RECALLS: Final = "select count(*) from intake.recall"

# an erasure asks back everything; otherwise what rests on a grant is asked for when that has ended
_CONCERNED: Final = """
    intake.disclosure d join intake.beneficiary person using (beneficiary_id)
    where d.outcome = 'GIVEN' and d.kind in ('PULLED', 'VERBAL', 'EMERGENCY')
      and (person.erased_time is not null or cardinality(d.cell_ids) > 0)
"""

_STILL_PERMITTED: Final = """
    select bit_or(line.categories) from intake.consent_event given
    join intake.consent c on c.consent_id = given.consent_id
    join intake.consent_grant line on line.consent_id = c.consent_id
    where given.beneficiary_id = d.beneficiary_id and given.state in ('GIVEN', 'RENEWED')
      and line.agency_id = d.agency_id and line.purpose = d.purpose and line.effect = 'PERMIT'
      and c.valid_from_time <= now() and now() < c.valid_until_time and person.erased_time is null
      and not exists (
          select from intake.consent_event back
          where back.beneficiary_id = given.beneficiary_id and back.sequence > given.sequence
            and case when line.legal_basis <> 'CONSENT' then back.state = 'OBJECTED'
                else back.state = 'WITHDRAWN' and coalesce(back.agency_id, line.agency_id) = line.agency_id
                     and coalesce(back.consent_id, given.consent_id) = given.consent_id
                 or back.state in ('TERMINATED', 'INVALIDATED') and back.consent_id = given.consent_id end)
"""

_DENIED: Final = """
    select bit_or(line.categories) from intake.consent_event given
    join intake.consent c on c.consent_id = given.consent_id
    join intake.consent_grant line on line.consent_id = c.consent_id
    where (given.beneficiary_id = d.beneficiary_id or given.beneficiary_id in (
              select seen.other_id from intake.same_person seen
              where seen.beneficiary_id = d.beneficiary_id and seen.unmerged_time is null))
      and given.state in ('GIVEN', 'RENEWED')
      and line.agency_id = d.agency_id and line.purpose = d.purpose and line.effect = 'DENY'
      and c.valid_from_time <= now() and now() < c.valid_until_time
      and not exists (
          select from intake.consent_event lifted
          where lifted.state = 'DENIAL_LIFTED' and lifted.consent_id = c.consent_id)
"""

INVARIANTS: Final = (
    Invariant(
        "I19-what-ended-is-asked-back",
        "Whatever an agency was given and is permitted no longer is asked back, unless the timer is about to",
        _INTAKE,
        f"select count(*) from {_CONCERNED}",
        f"""
        select d.disclosure_id from {_CONCERNED}
          and d.given_mask & ~(coalesce(({_STILL_PERMITTED}), 0) & ~coalesce(({_DENIED}), 0))
            & ~coalesce((select bit_or(line.recalled_mask & ~case
                             when r.kept_ground = 'PERMITTED_AGAIN' then r.kept_mask else 0 end)
                         from intake.recalled_disclosure line join intake.recall r using (recall_id)
                         where line.disclosure_id = d.disclosure_id), 0) <> 0
          and not exists (select from intake.consent_moment m
                          where m.beneficiary_id = d.beneficiary_id and m.due_time <= now())
        """,
    ),
    Invariant(
        "I19-a-recall-is-of-what-was-given",
        "A recall asks one agency for what it was given for one referral: all of that, and nothing else",
        _INTAKE,
        _RECALLS,
        """
        select r.recall_id from intake.recall r
        left join (
            select recall_id, disclosure_id, recalled_mask, false as is_corrected
            from intake.recalled_disclosure
            union all
            select recall_id, disclosure_id, recalled_mask, true from intake.corrected_disclosure
        ) line on line.recall_id = r.recall_id and line.is_corrected = (r.cause = 'CORRECTED')
        left join intake.disclosure d on d.disclosure_id = line.disclosure_id and d.outcome = 'GIVEN'
            and d.agency_id = r.agency_id and d.referral_id = r.referral_id
            and d.beneficiary_id = r.beneficiary_id and line.recalled_mask & ~d.given_mask = 0
        group by r.recall_id
        having count(*) <> count(d.disclosure_id) or bit_or(line.recalled_mask) <> r.recalled_mask
        """,
    ),
    Invariant(
        "I19-corrections-reach-who-was-told-before",
        "Whoever holds an earlier value of what was corrected, and is permitted it, is asked to replace it",
        _INTAKE,
        "select count(*) from intake.correction where corrected_mask <> 0",
        f"""
        select d.disclosure_id from intake.correction
        join intake.beneficiary person using (beneficiary_id)
        join intake.disclosure d on d.beneficiary_id = correction.beneficiary_id
            and d.disclosed_time < correction.corrected_time
        where d.outcome = 'GIVEN' and d.kind in ('PULLED', 'VERBAL', 'EMERGENCY')
          and d.given_mask & correction.corrected_mask
            & case when cardinality(d.cell_ids) = 0 then d.given_mask
                   else coalesce(({_STILL_PERMITTED}), 0) end
            & ~coalesce((select bit_or(line.recalled_mask) from intake.recalled_disclosure line
                         where line.disclosure_id = d.disclosure_id), 0)
            & ~coalesce((select bit_or(line.recalled_mask) from intake.corrected_disclosure line
                         where line.disclosure_id = d.disclosure_id), 0) <> 0
        """,
    ),
    Invariant(
        "I19-an-answer-covers-what-was-given",
        "Of everything recalled a holder says that it is destroyed, or kept and on what ground",
        _INTAKE,
        f"{_RECALLS} where acknowledged_time is not null",
        """
        select recall_id from intake.recall
        where acknowledged_time is not null
          and (destroyed_mask | kept_mask <> recalled_mask or destroyed_mask & kept_mask <> 0
               or (kept_mask <> 0) <> (kept_ground <> '') or acknowledged_by_principal_id is null)
        """,
    ),
    Invariant(
        "I19-what-was-given-in-between-is-said",
        "What was given after a person had taken it back or denied it, before the hub heard, is marked so",
        _INTAKE,
        "select count(*) from intake.recalled_disclosure",
        """
        select d.disclosure_id from intake.recall r
        join intake.recalled_disclosure line using (recall_id)
        join intake.disclosure d using (disclosure_id)
        where line.is_in_between is distinct from coalesce((
            select d.disclosed_time >= said.said_time
            from (
                select ended.recorded_time, ended.sequence,
                       case ended.state when 'WITHDRAWN' then ended.happened_time end as said_time
                from intake.consent_event given
                join intake.consent c on c.consent_id = given.consent_id
                cross join lateral (
                    select back.* from intake.consent_event back
                    where back.beneficiary_id = given.beneficiary_id and back.sequence > given.sequence
                      and (back.state = 'WITHDRAWN' and coalesce(back.agency_id, d.agency_id) = d.agency_id
                              and coalesce(back.consent_id, given.consent_id) = given.consent_id
                           or back.state in ('TERMINATED', 'INVALIDATED')
                              and back.consent_id = given.consent_id)
                      and back.recorded_time < c.valid_until_time
                    order by back.sequence limit 1) ended
                where given.consent_event_id = any(d.consent_event_ids)
                  and ended.recorded_time <= r.opened_time
                  and exists (select from intake.consent_grant g where g.consent_id = c.consent_id
                              and g.agency_id = d.agency_id and g.purpose = d.purpose
                              and g.effect = 'PERMIT' and g.categories & line.recalled_mask <> 0)
                union all
                select given.recorded_time, given.sequence, greatest(given.happened_time, c.valid_from_time)
                from intake.consent_event given
                join intake.consent c on c.consent_id = given.consent_id
                join intake.consent_grant g on g.consent_id = c.consent_id
                where (given.beneficiary_id = d.beneficiary_id or given.beneficiary_id in (
                          select seen.other_id from intake.same_person seen
                          where seen.beneficiary_id = d.beneficiary_id and seen.merged_time <= r.opened_time
                            and r.opened_time < coalesce(seen.unmerged_time, 'infinity')))
                  and given.state in ('GIVEN', 'RENEWED')
                  and g.agency_id = d.agency_id and g.purpose = d.purpose and g.effect = 'DENY'
                  and g.categories & line.recalled_mask <> 0 and given.recorded_time <= r.opened_time
                  and c.valid_from_time <= r.opened_time and r.opened_time < c.valid_until_time
                  and not exists (
                      select from intake.consent_event lifted
                      where lifted.state = 'DENIAL_LIFTED' and lifted.consent_id = c.consent_id
                        and lifted.recorded_time <= r.opened_time)
            ) said
            where r.cause not in ('ERASED', 'OBJECTED')
            order by said.recorded_time desc, said.sequence desc limit 1), false)
        """,
    ),
    Invariant(
        "I19-each-recall-is-told",
        "Each recall, its being overdue and its answer have their fact in intake's log, or in its outbox",
        _INTAKE,
        _RECALLS,
        """
        select r.recall_id from intake.recall r
        where (select count(*) from intake.event_log e where e.aggregate_id = r.recall_id)
            + (select count(*) from intake.outbox o where o.aggregate_id = r.recall_id)
            < 3 - num_nulls(r.overdue_told_time, r.acknowledged_time)
        """,
    ),
)


async def recalls(snapshot: Snapshot) -> list[Finding]:
    """Inside intake's tables."""
    return await snapshot.test(INVARIANTS)
