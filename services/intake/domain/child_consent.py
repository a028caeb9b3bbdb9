"""Who may permit something for somebody under 18, how long that lasts, and when the child is asked too."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Final

from kernel.errors import Invalid, RuleBroken
from kernel.vocabulary import AgeBand, band_of
from services.intake.domain.age_rules import FULL_AGE_YEARS, AgeRule, rule_for
from services.intake.domain.athens_day import athens_midnight
from services.intake.domain.beneficiary import Birth, Guardian
from services.intake.domain.consent import ConsentGiver, ConsentRecord

ON_RECORD_AS: Final[Mapping[ConsentGiver, str]] = {
    ConsentGiver.PARENT: "PARENT",
    ConsentGiver.GUARDIAN: "GUARDIAN",
}
"""The relation under which the person's record must name whoever says to be parent or guardian."""


def youngest(births: Iterable[Birth], today: date) -> Birth:
    """By which of their records a person is the youngest: a child by one of them is treated as a child.

    What is not known counts only where nothing is.
    """
    return min(births, key=lambda birth: (birth.date is None, birth.age_on(today) or 0))


def check_child_consent(
    record: ConsentRecord, birth: Birth, guardian: Guardian | None, rules: Sequence[AgeRule], today: date
) -> None:
    """Returns where nothing is permitted, where the person is of full age, or where their age is not known.

    A child may always forbid: a record of denials only is taken from anybody; `has_authority` says how far it
    reaches.

    Raises:
        RuleBroken: CHILD_CANNOT_CONSENT_ALONE, CHILD_ASSENT_MISSING, GUARDIAN_NOT_ON_RECORD,
            GUARDIAN_AUTHORITY_EXPIRED, CONSENT_BEYOND_MAJORITY.
        Invalid: AUTHORITY_REFERENCE_MISSING.
    """
    rule = rule_for(rules, birth.age_on(today))
    if rule is None or not record.permits:
        return
    if record.given_by is ConsentGiver.SELF and rule.may_permit_alone:
        return
    if record.given_by is ConsentGiver.SELF:
        raise RuleBroken(
            "This person is under 18: a parent, guardian or legal representative permits it,"
            " and the child agrees.",
            reason="CHILD_CANNOT_CONSENT_ALONE",
        )
    if not record.authority_reference.strip():
        raise Invalid(
            "Name the paper that shows that the parent, guardian or representative may decide for the child.",
            reason="AUTHORITY_REFERENCE_MISSING",
        )
    _check_guardian(record.given_by, guardian, today)
    if rule.assent_needed and not record.child_assents:
        raise RuleBroken(
            "Ask the child too: at this age nothing is shared unless the child agrees.",
            reason="CHILD_ASSENT_MISSING",
        )
    _check_majority(record, birth)


def has_authority(
    record: ConsentRecord, birth: Birth, guardian: Guardian | None, today: date, *, is_doubted: bool
) -> bool:
    """Whether who said it may decide for the person, by the rules for a permit: else what they deny holds for
    what rests on consent, and nobody's life is left to it.

    Args:
        is_doubted: an officer doubts whoever decides for the person.
    """
    if record.given_by is ConsentGiver.SELF:
        return True
    age = birth.age_on(today)
    if age is not None and age >= FULL_AGE_YEARS:
        return record.given_by is not ConsentGiver.PARENT
    if is_doubted or not record.authority_reference.strip():
        return False
    if record.authority_expires_date is not None and record.authority_expires_date < today:
        return False
    try:
        _check_guardian(record.given_by, guardian, today)
    except RuleBroken:
        return False
    return True


def _check_guardian(given_by: ConsentGiver, guardian: Guardian | None, today: date) -> None:
    relation = ON_RECORD_AS.get(given_by)
    if relation is None:
        return
    if guardian is None or guardian.relation != relation:
        raise RuleBroken(
            "The child's record names nobody who may decide as this parent or guardian;"
            " correct the record first.",
            reason="GUARDIAN_NOT_ON_RECORD",
        )
    if guardian.authority_expires_date is not None and guardian.authority_expires_date < today:
        raise RuleBroken(
            "The guardian's authority has ended; enter the new order in the child's record first.",
            reason="GUARDIAN_AUTHORITY_EXPIRED",
        )


def _check_majority(record: ConsentRecord, birth: Birth) -> None:
    """What somebody else permitted for a child ends on the 18th birthday: from then on the person decides."""
    if birth.date is None:
        return
    of_age = full_age_date(birth.date)
    if record.valid_until_time > athens_midnight(of_age):
        # without the day: it would tell the birth date to whoever keeps errors
        raise RuleBroken(
            "This person comes of age before that and decides from then on;"
            " let the consent end by their 18th birthday.",
            reason="CONSENT_BEYOND_MAJORITY",
        )


def full_age_date(born: date) -> date:
    """The 18th birthday; 1 March for somebody born on a 29 February."""
    try:
        return born.replace(year=born.year + FULL_AGE_YEARS)
    except ValueError:
        return date(born.year + FULL_AGE_YEARS, 3, 1)


def child_age_band(birth: Birth, today: date) -> AgeBand | None:
    """The band of somebody who has not come of age; None of all others."""
    age = birth.age_on(today)
    return band_of(max(age, 0)) if age is not None and age < FULL_AGE_YEARS else None


def authority_end(record: ConsentRecord, guardian: Guardian | None) -> date | None:
    """The last day on which whoever gives it may decide: as the record says, and as the person's data say."""
    is_theirs = guardian is not None and guardian.relation == ON_RECORD_AS.get(record.given_by)
    on_record = guardian.authority_expires_date if guardian and is_theirs else None
    return min((day for day in (record.authority_expires_date, on_record) if day), default=None)


def check_authority_end(record: ConsentRecord, last_day: date | None) -> None:
    """Nobody permits for longer than they may decide; denials are taken from anybody.

    Raises:
        RuleBroken: CONSENT_BEYOND_AUTHORITY.
    """
    if (
        last_day is not None
        and record.permits
        and record.valid_until_time > athens_midnight(last_day + timedelta(days=1))
    ):
        raise RuleBroken(
            f"The authority of whoever decides ends on {last_day}; let the consent end by that day.",
            reason="CONSENT_BEYOND_AUTHORITY",
            last_day=str(last_day),
        )
