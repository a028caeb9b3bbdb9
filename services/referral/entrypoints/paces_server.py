"""The door by which intake learns how referrals went."""

from typing import Any, Final
from uuid import UUID

from chassis.current import current_caller
from chassis.instants import timestamp
from chassis.postgres import Database
from kem.referral.v1 import pace_service_pb2 as rpc
from kem.referral.v1.pace_service_pb2_grpc import PaceServiceServicer
from services.referral.adapters.postgres_paces import Pace, PostgresPaces

GET_PACES: Final = "/kem.referral.v1.PaceService/GetPaces"


class PacesServicer(PaceServiceServicer):
    """Reads only, of nobody by name. For whom it is counted is put on record by intake."""

    def __init__(self, database: Database) -> None:
        self._database, self._paces = database, PostgresPaces()

    async def GetPaces(self, request: rpc.GetPacesRequest, context: Any) -> rpc.GetPacesResponse:
        async with self._database.transaction(current_caller()) as tx:
            paces = await self._paces.of(tx, [UUID(one) for one in request.referral_ids])
        return rpc.GetPacesResponse(paces=map(_message, paces))


def _message(pace: Pace) -> rpc.Pace:
    return rpc.Pace(
        referral_id=str(pace.referral_id),
        first_offer_time=timestamp(pace.first_offer_time) if pace.first_offer_time else None,
        accepted_time=timestamp(pace.accepted_time) if pace.accepted_time else None,
        closed_time=timestamp(pace.closed_time) if pace.closed_time else None,
        offers=[
            rpc.PacedOffer(
                agency_id=str(agency_id),
                answer=rpc.OFFER_ANSWER_DECLINED if is_declined else rpc.OFFER_ANSWER_TAKEN,
            )
            for agency_id, is_declined in zip(pace.agency_ids, pace.is_declined, strict=True)
        ],
    )
