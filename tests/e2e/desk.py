"""A worker at an agency's desk, over gRPC."""

from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import uuid4

from kem.common.v1 import common_pb2
from kem.intake.v1 import beneficiary_pb2, consent_pb2, intake_service_pb2, need_pb2
from kernel.codes import purpose_of
from tools.hub import Hub, Person
from tools.notices.publishing import sample_notice
from tools.partner.calls import call

SERVICE_TYPE: Final = "GREEK_A1"


class Desk:
    """A worker at the desk, over gRPC, with one person before them."""

    def __init__(self, hub: Hub, staff: Person, agency_id: str) -> None:
        self._hub = hub
        self._staff = staff
        self._agency_id = agency_id
        self._beneficiary_id = ""

    async def register(self) -> None:
        """One person, who agrees to be referred to the agency."""
        names = beneficiary_pb2.Name(given="Amal", family="Sample")
        answer = await call(
            self._hub.intake.RegisterBeneficiary,
            intake_service_pb2.RegisterBeneficiaryRequest(
                request_id=str(uuid4()),
                origin=beneficiary_pb2.ORIGIN_KEM_DESK,
                beneficiary=beneficiary_pb2.Beneficiary(
                    names=beneficiary_pb2.Names(original=names, latin=names),
                    birth=beneficiary_pb2.Birth(date="1990-05-17"),
                    sex=beneficiary_pb2.SEX_F,
                    nationality=common_pb2.OptionalText(absence=common_pb2.ABSENCE_REFUSED),
                    languages=[
                        beneficiary_pb2.LanguageSkill(
                            language="ell", level=beneficiary_pb2.LanguageSkill.LEVEL_FLUENT
                        )
                    ],
                    amka=common_pb2.OptionalText(absence=common_pb2.ABSENCE_NOT_ASKED),
                    district="ATHENS_6",
                    legal_status="REFUGEE",
                ),
            ),
            self._staff,
        )
        self._beneficiary_id = answer.beneficiary_id
        consent = consent_pb2.ConsentRecord(
            notice=sample_notice("el"),
            spoken_language="ell",
            method=consent_pb2.CONSENT_METHOD_VERBAL_WITNESSED,
            given_by=consent_pb2.CONSENT_GIVER_SELF,
            read_aloud=True,
            understanding_checked=True,
            witness="Worker of the desk (sample)",
            grants=[
                consent_pb2.Grant(
                    agency_id=self._agency_id,
                    purpose=purpose_of(SERVICE_TYPE).code,
                    categories=["NAME", "LANGUAGES", "SAFE_CONTACT"],
                    legal_basis=consent_pb2.LEGAL_BASIS_CONSENT,
                    effect=consent_pb2.GRANT_EFFECT_PERMIT,
                )
            ],
        )
        consent.valid_from_time.FromDatetime(datetime.now(UTC) - timedelta(seconds=5))
        consent.valid_until_time.FromDatetime(datetime.now(UTC) + timedelta(days=30))
        await call(
            self._hub.intake.RecordConsent,
            intake_service_pb2.RecordConsentRequest(
                request_id=str(uuid4()), beneficiary_id=self._beneficiary_id, consent=consent
            ),
            self._staff,
        )

    async def withdraw(self) -> None:
        """The person takes their consent back, wholly."""
        request = intake_service_pb2.WithdrawConsentRequest(
            request_id=str(uuid4()), beneficiary_id=self._beneficiary_id
        )
        await call(self._hub.intake.WithdrawConsent, request, self._staff)

    async def record_need(self) -> str:
        """A need that goes out at once; answers its referral's id."""
        answer = await call(
            self._hub.intake.RecordNeed,
            intake_service_pb2.RecordNeedRequest(
                request_id=str(uuid4()),
                need=need_pb2.NewNeed(
                    beneficiary_id=self._beneficiary_id,
                    service_type=SERVICE_TYPE,
                    urgency=common_pb2.URGENCY_NORMAL,
                    routing=need_pb2.ROUTING_CONSENTED,
                    origin=beneficiary_pb2.ORIGIN_KEM_DESK,
                ),
            ),
            self._staff,
        )
        return str(answer.need.referral_id)
