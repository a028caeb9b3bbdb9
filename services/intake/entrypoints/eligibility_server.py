"""The door through which referral learns what matching may know."""

from typing import Final
from uuid import UUID

import grpc

from chassis.current import current_caller
from kem.intake.v1 import eligibility_service_pb2 as messages
from kem.intake.v1 import eligibility_service_pb2_grpc
from kernel.ids import NeedId
from services.intake.entrypoints.consent_parts import ConsentParts
from services.intake.entrypoints.translate_needs import profile_message
from services.intake.use_cases.get_profiles import get_profiles

GET_PROFILES: Final = "/kem.intake.v1.EligibilityService/GetProfiles"

_Context = grpc.aio.ServicerContext


class EligibilityServer(eligibility_service_pb2_grpc.EligibilityServiceServicer):
    """kem.intake.v1.EligibilityService."""

    def __init__(self, parts: ConsentParts) -> None:
        self._parts = parts

    async def GetProfiles(
        self,
        request: messages.GetProfilesRequest,
        context: _Context[messages.GetProfilesRequest, messages.GetProfilesResponse],
    ) -> messages.GetProfilesResponse:
        parts = self._parts
        need_ids = [NeedId(UUID(need_id)) for need_id in request.need_ids]
        async with parts.database.transaction(current_caller()) as tx:
            profiles = await get_profiles(
                need_ids,
                GET_PROFILES,
                tx,
                needs=parts.needs,
                agreements=parts.agreements,
                vault=parts.vault,
            )
        parts.backlog.admission.note_asked(need_ids)
        return messages.GetProfilesResponse(profiles=map(profile_message, profiles))
