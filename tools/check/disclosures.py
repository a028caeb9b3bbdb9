"""Disclosures and consent as they stand in the tables; second_opinion.py decides them all again."""

from typing import Final

from tools.check.invariant import Finding, Invariant, Snapshot

_INTAKE: Final = ("intake",)
_BOTH: Final = ("intake", "referral")
# what rests on a vital interest or on a duty is judged in emergencies.py
_GIVEN: Final = (
    "outcome = 'GIVEN' and kind in ('PULLED', 'VERBAL') and not 'VITAL_INTEREST' = any(legal_bases)"
)
_DISCLOSURES: Final = f"select count(*) from intake.disclosure where {_GIVEN}"

# the bits of NAME, LANGUAGES, SAFE_CONTACT: all that an assessment may see
ASSESSMENT_MASK: Final = 0b111

INVARIANTS: Final = (
    Invariant(
        "I6-covered-by-an-agreement",
        "Whoever was given something had an agreement in force that covers purpose and categories",
        _INTAKE,
        _DISCLOSURES,
        f"""
        select d.disclosure_id from intake.disclosure d where {_GIVEN} and not exists (
            select from intake.agreement_version a
            where a.agency_id = d.agency_id and a.version = d.agreement_version
              and d.purpose = any(a.purposes) and d.given_mask & ~a.categories = 0
              and a.valid_from_time <= d.disclosed_time and d.disclosed_time < a.valid_until_time)
        """,
    ),
    Invariant(
        "I6-an-assessment-sees-little",
        "For an assessment no more is given than name, language and safe contact",
        _INTAKE,
        f"{_DISCLOSURES} and for_assessment",
        f"""
        select disclosure_id from intake.disclosure
        where {_GIVEN} and for_assessment and given_mask & ~{ASSESSMENT_MASK} <> 0
        """,
    ),
    Invariant(
        "I6-needs-are-as-the-officer-set-them",
        "What disclosure takes a service type to need is what an officer set last, unless that is on its way",
        _BOTH,
        "select count(*) from referral.needed_categories",
        """
        select officer.service_type from referral.needed_categories officer
        left join intake.needed_categories heard using (service_type)
        where (heard.version, heard.mask) is distinct from (officer.version, officer.mask)
          and not exists (select from referral.outbox where type = 'NeededCategoriesSet')
          and not exists (select from referral.event_log e
                          where e.type = 'NeededCategoriesSet'
                            and not exists (select from intake.inbox i where i.event_id = e.event_id))
        """,
    ),
    Invariant(
        "I6-a-notice-was-published-before",
        "Each consent names a text that was published before, letter by letter",
        _INTAKE,
        "select count(*) from intake.consent",
        """
        select c.consent_id from intake.consent c
        where c.record_schema <> 'kem-consent/1' and not exists (
            select from intake.notice n join intake.notice_text t using (version)
            where (t.version, t.language, t.sha256) = (c.notice_version, c.notice_language, c.notice_sha256)
              and n.published_time <= c.recorded_time)
        """,
    ),
    Invariant(
        "I6-cells-are-what-was-signed",
        "Every grant cell is exactly what a consent event gave, open or ended as later events say",
        _INTAKE,
        "select count(*) from intake.grant_cell",
        """
        select coalesce(cell.cell_id::text, signed.consent_event_id || ' for ' || signed.agency_id)
        from intake.grant_cell cell
        full join (
            select given.consent_event_id, line.agency_id, line.purpose, line.legal_basis, line.effect,
                   bit_or(line.categories) as categories, c.valid_from_time, c.valid_until_time,
                   min(back.sequence) as ended_by, given.beneficiary_id
            from intake.consent_event given
            join intake.consent c using (consent_id)
            join intake.consent_grant line using (consent_id)
            left join intake.consent_event back
              on back.beneficiary_id = given.beneficiary_id
              and case
                  when line.effect = 'DENY'
                  then back.state = 'DENIAL_LIFTED' and back.consent_id = given.consent_id
                  when line.legal_basis <> 'CONSENT' then back.state = 'OBJECTED'
                  else back.state = 'WITHDRAWN' and coalesce(back.agency_id, line.agency_id) = line.agency_id
                       and coalesce(back.consent_id, given.consent_id) = given.consent_id
                   or back.state in ('TERMINATED', 'INVALIDATED') and back.consent_id = given.consent_id end
              and back.sequence > given.sequence and back.recorded_time < c.valid_until_time
            where given.state in ('GIVEN', 'RENEWED')
            group by 1, 2, 3, 4, 5, 7, 8, 10) signed
          using (consent_event_id, agency_id, purpose, legal_basis, effect)
        left join intake.consent_event ended
          on ended.beneficiary_id = signed.beneficiary_id and ended.sequence = signed.ended_by
        where cell.categories is distinct from signed.categories
           or cell.valid_from_time is distinct from signed.valid_from_time
           or cell.valid_until_time is distinct from signed.valid_until_time
           or cell.withdrawn_event_id is distinct from ended.consent_event_id
           or cell.withdrawn_time is distinct from ended.recorded_time
        """,
    ),
    Invariant(
        "I7-nothing-after-withdrawal",
        "Nothing was given that rested on a cell taken back by then",
        _INTAKE,
        _DISCLOSURES,
        f"""
        select d.disclosure_id from intake.disclosure d where {_GIVEN} and (
            cardinality(d.cell_ids) = 0
            or exists (select from unnest(d.cell_ids) relied (cell_id)
                       left join intake.grant_cell cell using (cell_id)
                       where cell.cell_id is null or cell.withdrawn_time <= d.disclosed_time))
        """,
    ),
    Invariant(
        "I8-each-disclosure-is-told",
        "Each disclosure and each refusal has its fact in intake's log, or in its outbox",
        _INTAKE,
        "select count(*) from intake.disclosure",
        """
        select d.disclosure_id from intake.disclosure d
        where not exists (select from intake.event_log e where e.aggregate_id = d.disclosure_id)
          and not exists (select from intake.outbox o where o.aggregate_id = d.disclosure_id)
        """,
    ),
    Invariant(
        "I11-only-to-who-took-it-up",
        "Only the agency that had taken up the referral by then was given anything",
        _BOTH,
        _DISCLOSURES,
        f"""
        select d.disclosure_id from intake.disclosure d where {_GIVEN} and kind = 'PULLED' and not exists (
            select from referral.offer o
            where o.offer_id = d.offer_id and o.referral_id = d.referral_id and o.agency_id = d.agency_id
              and o.answered_time <= d.disclosed_time)
        """,
    ),
)


async def disclosures(snapshot: Snapshot) -> list[Finding]:
    """Inside intake's tables, and against referral's."""
    return await snapshot.test(INVARIANTS)
