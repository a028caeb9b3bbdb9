"""Somebody under 18 has a person who may decide, or a record that says that nobody was appointed yet."""

from collections.abc import Iterator
from datetime import date

from kernel import codes
from kernel.names import unseen_in
from services.intake.domain.age_rules import FULL_AGE_YEARS
from services.intake.domain.beneficiary import Beneficiary, Guardian

NOT_APPOINTED = "NOT_APPOINTED"


def guardian_complaints(beneficiary: Beneficiary, today: date) -> Iterator[tuple[str, str]]:
    """What is wrong with the guardian of a record, as (field, sentence).

    A guardian acts under an order that has a reference and an end (Law 4960/2022). An authority that has
    ended is a fact to keep, not a mistake: recording consent under it is what gets refused.
    """
    age = beneficiary.birth.age_on(today)
    guardian = beneficiary.guardian
    if guardian is None:
        if age is not None and age < FULL_AGE_YEARS:
            yield (
                "guardian",
                f"this person is under {FULL_AGE_YEARS}: name the parent, guardian or caregiver,"
                f" or choose {NOT_APPOINTED}.",
            )
        return
    if age is not None and age >= FULL_AGE_YEARS:
        yield (
            "guardian",
            f"only for somebody under {FULL_AGE_YEARS}; leave it out or check the birth date.",
        )
    if guardian.relation not in codes.LISTS["GUARDIAN_RELATIONS"]:
        yield "guardian.relation", "choose PARENT, GUARDIAN, CAREGIVER or NOT_APPOINTED."
    elif (guardian.relation == NOT_APPOINTED) != (not guardian.name.strip()):
        yield "guardian.name", f"give the name; it stays empty only where {NOT_APPOINTED} is chosen."
    if unseen := unseen_in(guardian.name):
        yield (
            "guardian.name",
            f"it has a character that nobody sees ({unseen}): type it anew instead of copying it.",
        )
    if guardian.relation == "GUARDIAN" and not guardian.authority_reference.strip():
        yield "guardian.authority_reference", "give the reference of the order that appoints the guardian."
    if guardian.relation == "GUARDIAN" and guardian.authority_expires_date is None:
        yield "guardian.authority_expires_date", "give the last day of the order that appoints the guardian."


def has_another_authority(before: Guardian | None, after: Guardian | None) -> bool:
    """Whether somebody else decides now, or for a shorter time, or under another paper.

    None is the person themselves. A longer order of the same guardian changes nothing that was permitted.
    """
    if before is None or after is None:
        return before is not after
    end, former_end = after.authority_expires_date, before.authority_expires_date
    is_cut = end is not None and (former_end is None or end < former_end)
    return is_cut or _who_decides(before) != _who_decides(after)


def _who_decides(guardian: Guardian) -> tuple[str, str, str]:
    name = " ".join(guardian.name.casefold().split())
    return guardian.relation, name, guardian.authority_reference.strip()
