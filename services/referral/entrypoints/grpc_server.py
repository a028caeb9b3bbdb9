"""The gRPC doors: referrals here, the directory beside them."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from chassis.current import current_caller
from chassis.grpc_server import Registration
from chassis.postgres import Database
from kem.directory.v1.directory_service_pb2_grpc import add_DirectoryServiceServicer_to_server
from kem.referral.v1 import referral_service_pb2 as rpc
from kem.referral.v1.pace_service_pb2_grpc import add_PaceServiceServicer_to_server
from kem.referral.v1.receipt_lines_service_pb2_grpc import add_ReceiptLinesServiceServicer_to_server
from kem.referral.v1.referral_service_pb2_grpc import (
    ReferralServiceServicer,
    add_ReferralServiceServicer_to_server,
)
from kem.referral.v1.report_service_pb2_grpc import add_ReportServiceServicer_to_server
from kernel.ids import ReferralId
from services.referral.adapters.directory_stores import DirectoryStores
from services.referral.adapters.intake_client import IntakeClient
from services.referral.adapters.stores import Stores
from services.referral.entrypoints.directory_server import DirectoryServicer
from services.referral.entrypoints.holder_reports import HolderReports
from services.referral.entrypoints.offer_answers import OfferAnswers
from services.referral.entrypoints.paces_server import PacesServicer
from services.referral.entrypoints.receipt_lines_server import ReceiptLinesServicer
from services.referral.entrypoints.reports_server import ReportServicer
from services.referral.entrypoints.sender_steps import SenderSteps
from services.referral.entrypoints.translate_pages import (
    asked_order,
    asked_pressing,
    asked_state,
    asked_view,
    page_end,
    page_token,
)
from services.referral.entrypoints.translate_referral import referral_message, state_number
from services.referral.use_cases.get_referral import get_referral
from services.referral.use_cases.list_pressing import ListPressing, list_pressing
from services.referral.use_cases.list_referrals import ListReferrals, list_referrals

DEFAULT_PAGE = 50
DEFAULT_GROUP = 20


class ReferralServicer(OfferAnswers, HolderReports, SenderSteps, ReferralServiceServicer):
    """All methods of ReferralService; the verbs stand with those who use them."""

    async def GetReferral(self, request: rpc.GetReferralRequest, context: Any) -> rpc.GetReferralResponse:
        caller = current_caller()
        async with self._database.transaction(caller) as tx:
            seen = await get_referral(ReferralId(UUID(request.referral_id)), caller, tx, self._stores)
        texts: list[str] = []
        if seen.notes:
            sealed = [note.sealed for note in seen.notes]
            texts = await self._intake.open(seen.referral.referral_id, sealed, caller)
        opened = dict(zip(seen.notes, texts, strict=False))
        return rpc.GetReferralResponse(referral=referral_message(seen, opened))

    async def ListReferrals(
        self, request: rpc.ListReferralsRequest, context: Any
    ) -> rpc.ListReferralsResponse:
        caller = current_caller()
        query = ListReferrals(
            asked_view(request.view),
            asked_state(request.state),
            page_end(request.page_token),
            request.page_size or DEFAULT_PAGE,
            asked_order(request.order),
            request.with_counts,
            [ReferralId(UUID(one)) for one in request.referral_ids],
        )
        async with self._database.transaction(caller) as tx:
            page = await list_referrals(query, caller, tx, self._stores)
        return rpc.ListReferralsResponse(
            referrals=[referral_message(one) for one in page.referrals],
            next_page_token=page_token(page.end),
            counts=[
                rpc.StateCount(state=state_number(state), count=count) for state, count in page.counts.items()
            ],
        )

    async def ListPressing(self, request: rpc.ListPressingRequest, context: Any) -> rpc.ListPressingResponse:
        caller = current_caller()
        query = ListPressing(
            None if request.all_sent else [ReferralId(UUID(one)) for one in request.referral_ids],
            request.page_size or DEFAULT_GROUP,
            asked_pressing(request.longer),
        )
        async with self._database.transaction(caller) as tx:
            groups = await list_pressing(query, caller, tx, self._stores)
        return rpc.ListPressingResponse(
            groups=[
                rpc.PressingGroup(
                    pressing=rpc.Pressing.Value(f"PRESSING_{group.pressing}"),
                    count=group.count,
                    referrals=[referral_message(one) for one in group.referrals],
                )
                for group in groups
            ]
        )


def registrations(database: Database, intake: IntakeClient) -> Sequence[Registration]:
    """The servicers over the calls' database."""
    referrals = ReferralServicer(database, Stores(), intake)
    directory = DirectoryServicer(database, DirectoryStores())
    lines, paces, reports = ReceiptLinesServicer(database), PacesServicer(database), ReportServicer(database)
    return [
        lambda server: add_ReferralServiceServicer_to_server(referrals, server),
        lambda server: add_DirectoryServiceServicer_to_server(directory, server),
        lambda server: add_ReceiptLinesServiceServicer_to_server(lines, server),
        lambda server: add_PaceServiceServicer_to_server(paces, server),
        lambda server: add_ReportServiceServicer_to_server(reports, server),
    ]
