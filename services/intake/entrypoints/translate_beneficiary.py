"""Between a person in the proto and a person in the domain."""

from collections.abc import Iterable
from datetime import date
from typing import Final

from kem.common.v1 import common_pb2
from kem.intake.v1 import beneficiary_pb2 as proto
from kem.intake.v1 import intake_service_pb2 as service
from kernel.vocabulary import Origin, Sex
from services.intake.adapters.identifier_search import FoundPerson
from services.intake.adapters.listed_people import ListedPerson
from services.intake.domain.beneficiary import (
    MAY_BE_ABSENT,
    Absence,
    Beneficiary,
    Birth,
    Contact,
    ContactKind,
    Document,
    Guardian,
    HouseholdMember,
    LanguageLevel,
    LanguageSkill,
    Name,
    Names,
    OptionalText,
)
from services.intake.domain.beneficiary_rules import BeneficiaryInvalid
from services.intake.entrypoints.enums import by_number

SEXES: Final = by_number(proto.Sex, "SEX_", Sex)
ORIGINS: Final = by_number(proto.Origin, "ORIGIN_", Origin)
_LEVELS: Final = by_number(proto.LanguageSkill.Level, "LEVEL_", LanguageLevel)
_KINDS: Final = by_number(proto.Contact.Kind, "KIND_", ContactKind)
_ABSENCES: Final = by_number(common_pb2.Absence, "ABSENCE_", Absence)


def beneficiary_from(message: proto.Beneficiary) -> Beneficiary:
    """The person as told; optional answers that are missing altogether were not asked.

    Raises:
        BeneficiaryInvalid: a date that no calendar has; a field of which is told twice why it is empty.
    """
    return Beneficiary(
        names=Names(
            original=Name(message.names.original.given, message.names.original.family),
            latin=Name(message.names.latin.given, message.names.latin.family),
            withheld=message.names.withheld,
        ),
        birth=Birth(
            date=_day(message.birth.date, "birth.date"),
            absence=_ABSENCES.get(message.birth.absence),
            estimated=message.birth.estimated,
        ),
        sex=SEXES[message.sex],
        nationality=_optional_text_from(message.nationality),
        languages=tuple(LanguageSkill(one.language, _LEVELS[one.level]) for one in message.languages),
        interpreter_needed=message.interpreter_needed,
        interpreter_wishes=message.interpreter_wishes,
        contacts=tuple(
            Contact(_KINDS[one.kind], one.value, one.from_hour, one.until_hour, one.message_may_be_left)
            for one in message.contacts
        ),
        household=tuple(HouseholdMember(one.relation, one.birth_year) for one in message.household),
        specific_needs=tuple(message.specific_needs),
        guardian=_guardian_from(message.guardian) if message.HasField("guardian") else None,
        legal_status=message.legal_status,
        documents=tuple(
            Document(
                one.kind, one.number, one.state, _day(one.expires_date, f"documents[{place}].expires_date")
            )
            for place, one in enumerate(message.documents)
        ),
        amka=_optional_text_from(message.amka),
        district=message.district,
        avoided_districts=tuple(message.avoided_districts),
        step_free_access_needed=message.step_free_access_needed,
        **_absences_from(message.absences),
    )


def beneficiary_message(person: Beneficiary) -> proto.Beneficiary:
    """The person as their own agency sees them: everything."""
    return proto.Beneficiary(
        names=names_message(person.names),
        birth=birth_message(person.birth),
        sex=sex_value(person.sex),
        nationality=_optional_text_message(person.nationality),
        languages=language_messages(person.languages),
        interpreter_needed=person.interpreter_needed,
        interpreter_wishes=person.interpreter_wishes,
        contacts=contact_messages(person.contacts),
        household=household_messages(person.household),
        specific_needs=person.specific_needs,
        guardian=guardian_message(person.guardian) if person.guardian else None,
        legal_status=person.legal_status,
        documents=document_messages(person.documents),
        amka=_optional_text_message(person.amka),
        district=person.district,
        avoided_districts=person.avoided_districts,
        step_free_access_needed=person.step_free_access_needed,
        absences=[
            proto.FieldAbsence(
                field=proto.FieldAbsence.Field.Value(f"FIELD_{name.upper()}"),
                absence=common_pb2.Absence.Value(f"ABSENCE_{absence}"),
            )
            for name in MAY_BE_ABSENT
            if (absence := person.absence_of(name)) is not None
        ],
    )


def masked_message(found: FoundPerson) -> proto.MaskedBeneficiary:
    message = proto.MaskedBeneficiary(
        beneficiary_id=str(found.beneficiary_id),
        masked_name=found.masked_name,
        birth_year=found.birth_year,
        registered_by_agency_id=str(found.registered_by_agency_id),
    )
    message.registered_time.FromDatetime(found.registered_time)
    return message


def listed_message(person: ListedPerson) -> service.ListedBeneficiary:
    """The person as a list shows them."""
    return service.ListedBeneficiary(
        beneficiary_id=str(person.beneficiary_id),
        names=names_message(person.names),
        case_code=person.case_code,
        birth_year=person.birth.date.year if person.birth.date else 0,
        birth_estimated=person.birth.estimated,
        restricted=person.is_restricted,
        consent_frozen=person.is_consent_frozen,
    )


def names_message(names: Names) -> proto.Names:
    return proto.Names(
        original=proto.Name(given=names.original.given, family=names.original.family),
        latin=proto.Name(given=names.latin.given, family=names.latin.family),
        withheld=names.withheld,
    )


def birth_message(birth: Birth) -> proto.Birth:
    message = proto.Birth(estimated=birth.estimated)
    if birth.date is not None:
        message.date = birth.date.isoformat()
    elif birth.absence is not None:
        message.absence = common_pb2.Absence.Value(f"ABSENCE_{birth.absence}")
    return message


def sex_value(sex: Sex) -> proto.Sex.ValueType:
    return proto.Sex.Value(f"SEX_{sex}")


def language_messages(languages: Iterable[LanguageSkill]) -> list[proto.LanguageSkill]:
    return [
        proto.LanguageSkill(
            language=one.language, level=proto.LanguageSkill.Level.Value(f"LEVEL_{one.level}")
        )
        for one in languages
    ]


def contact_messages(contacts: Iterable[Contact]) -> list[proto.Contact]:
    return [
        proto.Contact(
            kind=proto.Contact.Kind.Value(f"KIND_{one.kind}"),
            value=one.value,
            from_hour=one.from_hour,
            until_hour=one.until_hour,
            message_may_be_left=one.message_may_be_left,
        )
        for one in contacts
    ]


def household_messages(household: Iterable[HouseholdMember]) -> list[proto.HouseholdMember]:
    return [proto.HouseholdMember(relation=one.relation, birth_year=one.birth_year) for one in household]


def document_messages(documents: Iterable[Document]) -> list[proto.Document]:
    return [
        proto.Document(
            kind=one.kind, number=one.number, state=one.state, expires_date=_day_text(one.expires_date)
        )
        for one in documents
    ]


def guardian_message(guardian: Guardian) -> proto.Guardian:
    return proto.Guardian(
        name=guardian.name,
        relation=guardian.relation,
        authority_reference=guardian.authority_reference,
        authority_expires_date=_day_text(guardian.authority_expires_date),
    )


def _absences_from(messages: Iterable[proto.FieldAbsence]) -> dict[str, Absence]:
    """By attributes of a person."""
    told: dict[str, Absence] = {}
    for one in messages:
        name = proto.FieldAbsence.Field.Name(one.field).removeprefix("FIELD_").lower()
        if f"{name}_absence" in told:
            raise BeneficiaryInvalid(f"{name}: why it is empty is told twice.", field=name, fields=name)
        told[f"{name}_absence"] = _ABSENCES[one.absence]
    return told


def _guardian_from(message: proto.Guardian) -> Guardian:
    return Guardian(
        name=message.name,
        relation=message.relation,
        authority_reference=message.authority_reference,
        authority_expires_date=_day(message.authority_expires_date, "guardian.authority_expires_date"),
    )


def _optional_text_from(message: common_pb2.OptionalText) -> OptionalText:
    if message.WhichOneof("answer") == "value":
        return OptionalText(value=message.value)
    return OptionalText(absence=_ABSENCES.get(message.absence, Absence.NOT_ASKED))


def _optional_text_message(answer: OptionalText) -> common_pb2.OptionalText:
    if answer.value is not None:
        return common_pb2.OptionalText(value=answer.value)
    return common_pb2.OptionalText(
        absence=common_pb2.Absence.Value(f"ABSENCE_{answer.absence or Absence.NOT_ASKED}")
    )


def _day(text: str, field: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BeneficiaryInvalid(f"{field}: no calendar has this day.", field=field, fields=field) from None


def _day_text(day: date | None) -> str:
    return day.isoformat() if day else ""
