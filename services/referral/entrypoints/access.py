"""Who may call what. What a permitted caller then sees is decided by the use case and by the database."""

from collections.abc import Mapping
from typing import Final

from chassis.access import Access
from kernel.codes import Role
from services.referral.entrypoints.calls import SERVICE
from services.referral.entrypoints.directory_server import DIRECTORY_ACCESS
from services.referral.entrypoints.paces_server import GET_PACES
from services.referral.entrypoints.receipt_lines_server import GET as GET_RECEIPT_LINES
from services.referral.entrypoints.reports_server import REPORT_ACCESS

DESK_ROLES: Final = frozenset(
    {
        Role.INTAKE_WORKER,
        Role.CASEWORKER,
        Role.SUPERVISOR,
        Role.CHILD_PROTECTION_OFFICER,
        Role.GBV_FOCAL_POINT,
    }
)
AGENCY_ROLES: Final = frozenset({Role.AGENCY_MEMBER, Role.AGENCY_ADMIN})

_EITHER: Final = Access(roles=DESK_ROLES | AGENCY_ROLES)
"""KEM's own services are answered by KEM's staff, and agencies refer people themselves."""

ACCESS: Final[Mapping[str, Access]] = {
    **{
        SERVICE + method: _EITHER
        for method in (
            "ExplainMatches",
            "OfferTo",
            "AcceptOffer",
            "DeclineOffer",
            "WaitlistOffer",
            "ReturnReferral",
            "RequestInformation",
            "ProvideInformation",
            "StartService",
            "CompleteReferral",
            "CloseNotCompleted",
            "CancelReferral",
            "MarkEnteredInError",
            "AcknowledgeOffer",
            "GetReferral",
            "ListReferrals",
            "ListPressing",
        )
    },
    GET_RECEIPT_LINES: Access(internal=True),
    GET_PACES: Access(internal=True),
    **DIRECTORY_ACCESS,
    **REPORT_ACCESS,
}
