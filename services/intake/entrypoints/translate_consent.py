"""Between consent and agreements in the proto and in the domain."""

from datetime import date
from typing import Final
from uuid import UUID

from chassis.instants import instant_from, optional_instant_from, timestamp
from kem.disclosure.v1 import disclosure_service_pb2 as disclosure_proto
from kem.intake.v1 import consent_pb2 as proto
from kernel.codes import categories_in, mask
from kernel.errors import Invalid
from kernel.ids import AgencyId, ConsentId
from kernel.vocabulary import LegalBasis
from services.intake.domain.agreement import Agreement, LegalRegime
from services.intake.domain.cells import Grant, GrantEffect
from services.intake.domain.consent import (
    ConsentAnswer,
    ConsentEnding,
    ConsentGiver,
    ConsentMethod,
    ConsentRecord,
    Interpreter,
    InterpreterMode,
    Notice,
)
from services.intake.entrypoints.enums import by_number

_BASES: Final = by_number(proto.LegalBasis, "LEGAL_BASIS_", LegalBasis)
_METHODS: Final = by_number(proto.ConsentMethod, "CONSENT_METHOD_", ConsentMethod)
_GIVERS: Final = by_number(proto.ConsentGiver, "CONSENT_GIVER_", ConsentGiver)
ANSWERS: Final = by_number(proto.ConsentAnswer, "CONSENT_ANSWER_", ConsentAnswer)
ENDINGS: Final = by_number(proto.ConsentEnding, "CONSENT_ENDING_", ConsentEnding)
INTERPRETER_MODES: Final = by_number(proto.InterpreterMode, "INTERPRETER_MODE_", InterpreterMode)
_EFFECTS: Final = by_number(proto.GrantEffect, "GRANT_EFFECT_", GrantEffect)


def consent_from(message: proto.ConsentRecord) -> ConsentRecord:
    """The record as told.

    Raises:
        Invalid: UNKNOWN_CODE, a category that no list has; TIME_OUT_OF_RANGE; DATE_INVALID;
            INTERPRETER_MISSING.
    """
    return ConsentRecord(
        notice=Notice(message.notice.version, message.notice.language, bytes.fromhex(message.notice.sha256)),
        spoken_language=message.spoken_language,
        method=_METHODS[message.method],
        given_by=_GIVERS[message.given_by],
        authority_reference=message.authority_reference,
        read_aloud=message.read_aloud,
        understanding_checked=message.understanding_checked,
        child_assents=message.child_assents,
        grants=tuple(_grant_from(grant) for grant in message.grants),
        valid_from_time=instant_from(message.valid_from_time, "valid_from_time"),
        valid_until_time=instant_from(message.valid_until_time, "valid_until_time"),
        happened_time=optional_instant_from(message, "happened_time"),
        interpreter=_interpreter_from(message),
        witness=message.witness,
        place=message.place,
        safe_contact_rule=message.safe_contact_rule,
        evidence_sha256=bytes.fromhex(message.evidence_sha256) or None,
        authority_expires_date=_day_from(message.authority_expires_date),
        covers_family=message.covers_family,
        renews_consent_id=ConsentId(UUID(message.renews_consent_id))
        if message.HasField("renews_consent_id")
        else None,
    )


def agreement_from(message: disclosure_proto.Agreement) -> Agreement:
    """The agreement as told.

    Raises:
        Invalid: UNKNOWN_CODE, a category or regime that no list has; TIME_OUT_OF_RANGE.
    """
    try:
        regime = LegalRegime(message.legal_regime)
    except ValueError:
        raise Invalid(
            f"There is no legal regime called {message.legal_regime!r}.",
            reason="UNKNOWN_CODE",
            list="legal regime",
        ) from None
    return Agreement(
        agency_id=AgencyId(UUID(message.agency_id)),
        purposes=tuple(message.purposes),
        categories=mask(message.categories),
        legal_regime=regime,
        transfer_basis=message.transfer_basis,
        valid_from_time=instant_from(message.valid_from_time, "valid_from_time"),
        valid_until_time=instant_from(message.valid_until_time, "valid_until_time"),
    )


def agreement_message(agreement: Agreement) -> disclosure_proto.Agreement:
    """The agreement as it is shown."""
    return disclosure_proto.Agreement(
        agency_id=str(agreement.agency_id),
        purposes=agreement.purposes,
        categories=categories_in(agreement.categories),
        legal_regime=agreement.legal_regime,
        transfer_basis=agreement.transfer_basis,
        valid_from_time=timestamp(agreement.valid_from_time),
        valid_until_time=timestamp(agreement.valid_until_time),
        version=agreement.version,
    )


def _interpreter_from(message: proto.ConsentRecord) -> Interpreter | None:
    if not message.HasField("interpreter"):
        if message.with_interpreter:
            raise Invalid("Say who interpreted, and how.", reason="INTERPRETER_MISSING")
        return None
    return interpreter_from(message.interpreter)


def interpreter_from(said: proto.Interpreter) -> Interpreter:
    """Who interpreted, as told."""
    return Interpreter(
        reference=said.reference,
        mode=INTERPRETER_MODES[said.mode],
        has_signed_confidentiality=said.confidentiality_signed,
        is_related=said.related,
        is_of_full_age=said.of_full_age,
    )


def _day_from(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Invalid(f"{text} is no day of the calendar.", reason="DATE_INVALID") from None


def _grant_from(message: proto.Grant) -> Grant:
    return Grant(
        agency_id=AgencyId(UUID(message.agency_id)),
        purpose=message.purpose,
        categories=mask(message.categories),
        legal_basis=_BASES[message.legal_basis],
        effect=_EFFECTS[message.effect],
        is_safety_critical=message.is_safety_critical,
    )
