"""Who may permit something for somebody under 18, and from what age the child is asked too."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from kernel.errors import Invalid, RuleBroken
from kernel.vocabulary import AgeBand, band_of
from services.intake.domain.beneficiary import Birth, Guardian
from services.intake.domain.cells import GrantEffect
from services.intake.domain.consent import ConsentGiver, ConsentRecord

_CASE_WORK: Final = "Inter-agency Guidelines for Case Management and Child Protection (2014), consent by age"


@dataclass(frozen=True, slots=True)
class ChildRule:
    """What holds for children of one age band.

    Nobody under 18 permits alone: Civil Code, art. 1510 (parents); Law 4960/2022 (guardians).
    """

    assent_needed: bool
    source: str


CHILD_RULES: Final[Mapping[AgeBand, ChildRule]] = {
    AgeBand.BAND_0_5: ChildRule(assent_needed=False, source=_CASE_WORK),
    AgeBand.BAND_6_11: ChildRule(assent_needed=True, source=_CASE_WORK),
    AgeBand.BAND_12_14: ChildRule(assent_needed=True, source=_CASE_WORK),
    AgeBand.BAND_15_17: ChildRule(assent_needed=True, source=_CASE_WORK),
}
"""By age band; a band that is not here is of full age. For a lawyer to confirm, as all lists of law.

The 15 years of Law 4624/2019, art. 21, are about online services only, so they are not here.
"""

ON_RECORD_AS: Final[Mapping[ConsentGiver, str]] = {
    ConsentGiver.PARENT: "PARENT",
    ConsentGiver.GUARDIAN: "GUARDIAN",
}
"""The relation under which the person's record must name whoever says to be parent or guardian."""


def check_child_consent(record: ConsentRecord, birth: Birth, guardian: Guardian | None, today: date) -> None:
    """Returns where nothing is permitted, where the person is of full age, or where their age is not known.

    A child may always forbid: a record of denials only is taken from anybody.

    Raises:
        RuleBroken: CHILD_CANNOT_CONSENT_ALONE, CHILD_ASSENT_MISSING, GUARDIAN_NOT_ON_RECORD,
            GUARDIAN_AUTHORITY_EXPIRED.
        Invalid: AUTHORITY_REFERENCE_MISSING.
    """
    rule = _rule_for(birth, today)
    if rule is None or all(grant.effect is GrantEffect.DENY for grant in record.grants):
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
            "Ask the child too: from the age of 6 on nothing is shared unless the child agrees.",
            reason="CHILD_ASSENT_MISSING",
        )


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


def _rule_for(birth: Birth, today: date) -> ChildRule | None:
    age = birth.age_on(today)
    return None if age is None else CHILD_RULES.get(band_of(min(max(age, 0), 130)))
