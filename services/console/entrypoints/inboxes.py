"""Where the reader's inbox ends, and how much a case has: from there on an open page follows what happens."""

from typing import Final

import structlog

from kem.intake.v1 import case_service_pb2 as cases
from kem.notifications.v1 import delivery_pb2
from kem.notifications.v1 import inbox_service_pb2 as inbox
from kernel.errors import Exhausted, Invalid, Unavailable
from services.console.entrypoints.page import Visit

COUNT_CHANGES: Final = "CaseService/CountCaseChanges"
_PATIENCE_SECONDS: Final = 1.0

log = structlog.get_logger(__name__)


async def end_of_inbox(
    visit: Visit, which: delivery_pb2.Inbox.ValueType
) -> inbox.ListDeliveriesResponse | None:
    """How far it has come; asked before the list is read, so that what comes in between is told once more.

    None where notifications does not answer soon: the list itself is others' to tell, and is shown so.
    """
    request = inbox.ListDeliveriesRequest(inbox=which, page_size=1)
    try:
        answer: inbox.ListDeliveriesResponse = await visit.ask(
            visit.hub.inbox.ListDeliveries, request, timeout=_PATIENCE_SECONDS
        )
    except (Unavailable, Exhausted) as error:
        log.warning("page_does_not_follow", reason=error.stable_reason)
        return None
    return answer


async def changes_of_case(visit: Visit, person_id: str) -> int | None:
    """How much has been recorded in a case: a number alone, asked before the case is read, likewise.

    None where it is not answered soon, and where the reader has no such case: the page then follows its
    referrals alone.
    """
    request = cases.CountCaseChangesRequest(beneficiary_ids=[person_id])
    try:
        answer = await visit.ask(visit.hub.cases.CountCaseChanges, request, timeout=_PATIENCE_SECONDS)
    except (Unavailable, Exhausted, Invalid) as error:
        log.warning("case_does_not_follow", reason=error.stable_reason)
        return None
    return next((one.changes for one in answer.cases), None)
