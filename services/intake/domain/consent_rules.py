"""What a consent record must say to stand: nothing is guessed and nothing is repaired."""

from datetime import datetime, timedelta
from functools import reduce
from typing import Final

from kernel.codes import INDIVIDUAL_ONLY_MASK, categories_in, language, purpose
from kernel.errors import Invalid, RuleBroken
from kernel.names import check_name
from kernel.vocabulary import LegalBasis
from services.intake.domain.cells import Grant, GrantEffect
from services.intake.domain.consent import NEEDS_AUTHORITY, NEEDS_WITNESS, ConsentRecord, Interpreter

CLOCK_TOLERANCE: Final = timedelta(minutes=5)
"""How far a worker's clock may be ahead of the database's."""


def check_record(record: ConsentRecord, now: datetime) -> None:
    """Refuses a record that could not stand. Category codes are checked where they become bits.

    Raises:
        Invalid: UNKNOWN_CODE, CONSENT_PERIOD_INVALID, CONSENT_PERIOD_TOO_LONG, CONSENT_ALREADY_ENDED,
            HAPPENED_IN_FUTURE, AUTHORITY_REFERENCE_MISSING, BASIS_NOT_CONSENT, SAFETY_IS_A_DENIAL,
            WITNESS_MISSING, NAME_NOT_PLAIN.
        RuleBroken: FAMILY_CONSENT_TOO_WIDE, INTERPRETER_NOT_BOUND, INTERPRETER_NOT_INDEPENDENT.
    """
    language(record.spoken_language)
    for grant in record.grants:
        _check_grant(grant)
    _check_family(record)
    if record.valid_until_time <= record.valid_from_time:
        raise Invalid("Consent must end after it begins.", reason="CONSENT_PERIOD_INVALID")
    if record.valid_from_time > twelve_months_after(now):
        raise Invalid("Consent must begin within the next 12 months.", reason="CONSENT_PERIOD_INVALID")
    if record.valid_until_time > twelve_months_after(record.valid_from_time):
        raise Invalid("Consent may last 12 months at most.", reason="CONSENT_PERIOD_TOO_LONG")
    if record.valid_until_time <= now:
        raise Invalid("This consent has already ended; ask the person again.", reason="CONSENT_ALREADY_ENDED")
    check_happened(record.happened_time, now)
    if record.interpreter is not None:
        _check_interpreter(record.interpreter)
    if record.method in NEEDS_WITNESS and not record.witness.strip():
        raise Invalid("Name the witness of what was said or marked.", reason="WITNESS_MISSING")
    check_name("witness", record.witness)
    if record.given_by in NEEDS_AUTHORITY and not record.authority_reference.strip():
        raise Invalid(
            "Name the act by which a guardian or representative may decide for the person.",
            reason="AUTHORITY_REFERENCE_MISSING",
        )


def _check_grant(grant: Grant) -> None:
    purpose(grant.purpose)
    if grant.effect is GrantEffect.PERMIT and grant.legal_basis is not LegalBasis.CONSENT:
        # a withdrawal closes what rests on consent only, so nothing else may come in by this door
        raise Invalid(
            "What a person agrees to rests on consent; another legal basis is not theirs to give.",
            reason="BASIS_NOT_CONSENT",
        )
    if grant.is_safety_critical and grant.effect is not GrantEffect.DENY:
        raise Invalid(
            "Only a denial can be one on which somebody's safety hangs.", reason="SAFETY_IS_A_DENIAL"
        )


def _check_family(record: ConsentRecord) -> None:
    """Survivors and children are asked alone: what a family says together never opens what is theirs."""
    permits = [grant.categories for grant in record.grants if grant.effect is GrantEffect.PERMIT]
    opened = reduce(lambda bits, mask: bits | mask, permits, 0) & INDIVIDUAL_ONLY_MASK
    if record.covers_family and opened:
        raise RuleBroken(
            "A family's consent does not open this; see the person alone and ask them.",
            reason="FAMILY_CONSENT_TOO_WIDE",
            categories=" ".join(categories_in(opened)),
        )


def _check_interpreter(interpreter: Interpreter) -> None:
    check_name("interpreter.reference", interpreter.reference)
    if not interpreter.has_signed_confidentiality:
        raise RuleBroken(
            "The interpreter must sign confidentiality before the person is asked.",
            reason="INTERPRETER_NOT_BOUND",
        )
    if interpreter.is_related or not interpreter.is_of_full_age:
        raise RuleBroken(
            "A relative or a child does not interpret; ask again with another interpreter.",
            reason="INTERPRETER_NOT_INDEPENDENT",
        )


def check_happened(happened_time: datetime | None, now: datetime) -> None:
    """Raises Invalid, HAPPENED_IN_FUTURE, for something that cannot have been said yet."""
    if happened_time is not None and happened_time > now + CLOCK_TOLERANCE:
        raise Invalid("What is recorded cannot have happened in the future.", reason="HAPPENED_IN_FUTURE")


def twelve_months_after(instant: datetime) -> datetime:
    """The same day and time of the next year; 28 February where that year has no 29th."""
    try:
        return instant.replace(year=instant.year + 1)
    except ValueError:
        return instant.replace(year=instant.year + 1, day=28)
