"""Somebody who is registered through intake's own door."""

from uuid import uuid4

from kem.common.v1 import common_pb2
from kem.intake.v1 import beneficiary_pb2 as proto
from kem.intake.v1 import intake_service_pb2 as messages
from tests.support.people import invented_amka


def a_person(phone: str = "6912345678") -> proto.Beneficiary:
    """Somebody of whom everything is known, as a desk tells it."""
    return proto.Beneficiary(
        names=proto.Names(
            original=proto.Name(given="ماركة", family="الإختراع"),
            latin=proto.Name(given="Marka", family="Al-Ikhtira"),
        ),
        birth=proto.Birth(date="1990-01-01"),
        sex=proto.SEX_F,
        nationality=common_pb2.OptionalText(value="SYR"),
        languages=[
            proto.LanguageSkill(language="ara", level=proto.LanguageSkill.LEVEL_NATIVE),
            proto.LanguageSkill(language="eng", level=proto.LanguageSkill.LEVEL_BASIC),
        ],
        interpreter_needed=True,
        contacts=[proto.Contact(kind=proto.Contact.KIND_PHONE, value=phone, from_hour=9, until_hour=14)],
        household=[proto.HouseholdMember(relation="CHILD", birth_year=2015)],
        specific_needs=["SINGLE_PARENT"],
        legal_status="ASYLUM_APPLICANT",
        documents=[
            proto.Document(kind="ASYLUM_CARD", number="INV-77", state="VALID", expires_date="2031-01-31")
        ],
        amka=common_pb2.OptionalText(value=invented_amka(77)),
        district="ATHENS_6",
        avoided_districts=["ATHENS_1"],
    )


def registration(person: proto.Beneficiary) -> messages.RegisterBeneficiaryRequest:
    """Their registration at KEM's desk."""
    return messages.RegisterBeneficiaryRequest(
        request_id=str(uuid4()), beneficiary=person, origin=proto.ORIGIN_KEM_DESK
    )
