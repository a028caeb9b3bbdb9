"""Reads what a record of processing is made of: the notice, the agreements, the agencies."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from kem.directory.v1 import directory_pb2
from kem.directory.v1.directory_service_pb2 import ListAgenciesRequest
from kem.disclosure.v1.disclosure_service_pb2 import Agreement, ListAgreementsRequest
from kem.intake.v1.consent_policy_service_pb2 import ListedNotice, ListNoticesRequest
from tools.officer import Officer

_PAGE: Final = 200


@dataclass(frozen=True, slots=True)
class Record:
    """What the hub says of itself at an instant.

    Args:
        notice: the newest; None where none is published.
        agreements: those in force.
        agencies: by id.
    """

    now: datetime
    notice: ListedNotice | None
    agreements: Sequence[Agreement]
    agencies: Mapping[str, directory_pb2.Agency]


async def read_record(officer: Officer) -> Record:
    """Asks the hub.

    Raises:
        Refused: in the hub's own words.
    """
    hub, now = officer.hub, datetime.now(UTC)
    notices = await officer(hub.policy.ListNotices, ListNoticesRequest(page_size=1))
    agreements = [
        one
        async for page in _pages(
            officer, hub.disclosure.ListAgreements, ListAgreementsRequest(page_size=_PAGE)
        )
        for one in page.agreements
        if _begins(one) <= now < one.valid_until_time.ToDatetime(tzinfo=UTC)
    ]
    agencies = {
        agency.agency_id: agency
        async for page in _pages(officer, hub.directory.ListAgencies, ListAgenciesRequest(page_size=_PAGE))
        for agency in page.agencies
    }
    return Record(now, notices.notices[0] if notices.notices else None, agreements, agencies)


def _begins(agreement: Agreement) -> datetime:
    return agreement.valid_from_time.ToDatetime(tzinfo=UTC)


async def _pages(officer: Officer, method: Any, request: Any) -> AsyncIterator[Any]:
    while True:
        page = await officer(method, request)
        yield page
        if not page.next_page_token:
            return
        request.page_token = page.next_page_token
