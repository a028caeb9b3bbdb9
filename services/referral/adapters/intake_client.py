"""What this service asks of intake: profiles before a decision, and the sealing of words about a person."""

from collections.abc import Iterable, Sequence
from typing import Final
from uuid import UUID

import grpc

from chassis.caller import Caller
from chassis.remote_errors import remote_refusals
from kem.intake.v1 import eligibility_service_pb2 as eligibility
from kem.intake.v1 import text_service_pb2 as text
from kem.intake.v1.eligibility_service_pb2_grpc import EligibilityServiceStub
from kem.intake.v1.text_service_pb2_grpc import TextServiceStub
from kernel.ids import NeedId, ReferralId
from services.referral.adapters.profile_format import NeedAnswer, answer_of

PROFILES_A_CALL: Final = 500
TEXTS_A_CALL: Final = 50
DEADLINE_SECONDS: Final = 5.0


class IntakeClient:
    """Calls intake as this service. Never inside a transaction.

    Every method raises Unavailable while intake does not answer; nothing is guessed.
    """

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._eligibility = EligibilityServiceStub(channel)
        self._text = TextServiceStub(channel)

    async def get_profiles(self, need_ids: Iterable[NeedId]) -> dict[NeedId, NeedAnswer]:
        """What matching may know of each need; one call for up to 500."""
        asked = list(dict.fromkeys(need_ids))
        answers: dict[NeedId, NeedAnswer] = {}
        for start in range(0, len(asked), PROFILES_A_CALL):
            part = asked[start : start + PROFILES_A_CALL]
            request = eligibility.GetProfilesRequest(need_ids=[str(need_id) for need_id in part])
            with remote_refusals():
                response = await self._eligibility.GetProfiles(request, timeout=DEADLINE_SECONDS)
            for need_id, message in zip(part, response.profiles, strict=True):
                answers[need_id] = answer_of(message)
        return answers

    async def seal(self, referral_id: ReferralId, words: str) -> bytes:
        """The words under the person's key; only intake can open them again."""
        request = text.SealRequest(referral_id=str(referral_id), text=words)
        with remote_refusals():
            response = await self._text.Seal(request, timeout=DEADLINE_SECONDS)
        return bytes(response.sealed)

    async def open(self, referral_id: ReferralId, sealed: Sequence[bytes], reader: Caller) -> list[str]:
        """The words for a named reader, whose reading intake puts on record; empty where the key is gone."""
        opened: list[str] = []
        for start in range(0, len(sealed), TEXTS_A_CALL):
            request = text.OpenRequest(
                referral_id=str(referral_id),
                sealed=sealed[start : start + TEXTS_A_CALL],
                reader_id=str(reader.principal_id),
                reader_agency_id=_agency(reader.agency_id),
                reader_acting_person=reader.acting_person,
            )
            with remote_refusals():
                response = await self._text.Open(request, timeout=DEADLINE_SECONDS)
            opened.extend(response.texts)
        return opened


def _agency(agency_id: UUID | None) -> str | None:
    return str(agency_id) if agency_id else None
