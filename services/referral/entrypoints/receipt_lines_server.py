"""The door by which intake learns what a receipt may tell."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final
from uuid import UUID

from chassis.current import current_caller
from chassis.postgres import Database
from kem.directory.v1.directory_pb2 import BilingualText
from kem.referral.v1 import receipt_lines_service_pb2 as rpc
from kem.referral.v1.receipt_lines_service_pb2_grpc import ReceiptLinesServiceServicer
from kernel.ids import AgencyId
from services.referral.adapters.postgres_receipt_lines import PostgresReceiptLines
from services.referral.domain.receipt_line import ReferralLine
from services.referral.entrypoints.translate_referral import state_number

GET: Final = "/kem.referral.v1.ReceiptLinesService/GetReceiptLines"


class ReceiptLinesServicer(ReceiptLinesServiceServicer):
    """Reads only. Who read it for whom is put on record by intake, which alone knows the person."""

    def __init__(self, database: Database) -> None:
        self._database, self._lines = database, PostgresReceiptLines()

    async def GetReceiptLines(
        self, request: rpc.GetReceiptLinesRequest, context: Any
    ) -> rpc.GetReceiptLinesResponse:
        sender = AgencyId(UUID(request.sender_agency_id))
        # row-level security lets the hub itself see no referrals: it looks with the sender's eyes
        looking = replace(current_caller(), agency_id=sender)
        async with self._database.transaction(looking) as tx:
            referrals = await self._lines.referrals(tx, sender, [UUID(one) for one in request.referral_ids])
            agencies = await self._lines.agencies(tx, [UUID(one) for one in request.agency_ids])
        return rpc.GetReceiptLinesResponse(
            referrals=[_message(line) for line in referrals],
            agencies=[
                rpc.AgencyLine(
                    agency_id=str(one.agency_id), name=BilingualText(el=one.name_el, en=one.name_en)
                )
                for one in agencies
            ],
        )


def _message(line: ReferralLine) -> rpc.ReferralLine:
    return rpc.ReferralLine(
        referral_id=str(line.referral_id),
        sector=line.sector,
        state=state_number(line.state),
        provider=_named(line.name) if line.name else None,
        district=line.district,
        address=line.address,
    )


def _named(name: Mapping[str, str]) -> BilingualText:
    return BilingualText(el=name["el"], en=name["en"])
