"""Reads what a record of processing is made of: the notice, the agreements, the agencies, the periods."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from kem.directory.v1 import directory_pb2
from kem.disclosure.v1.disclosure_service_pb2 import Agreement, ListAgreementsRequest
from kem.intake.v1.consent_policy_service_pb2 import ListedNotice, ListNoticesRequest
from kem.intake.v1.retention_service_pb2 import ListRetentionRulesRequest, RetentionRule
from tools.office import PAGE, Office


@dataclass(frozen=True, slots=True)
class Record:
    """What the hub says of itself at an instant.

    Args:
        notice: the newest; None where none is published.
        agreements: those in force.
        agencies: by id.
        retention_rules: those in force.
    """

    now: datetime
    notice: ListedNotice | None
    agreements: Sequence[Agreement]
    agencies: Mapping[str, directory_pb2.Agency]
    retention_rules: Sequence[RetentionRule]


async def read_record(office: Office) -> Record:
    """Asks the hub.

    Raises:
        Refused: in the hub's own words.
    """
    hub, now = office.hub, datetime.now(UTC)
    notices = await office(hub.policy.ListNotices, ListNoticesRequest(page_size=1))
    agreements = [
        one
        async for page in office.pages(hub.disclosure.ListAgreements, ListAgreementsRequest(page_size=PAGE))
        for one in page.agreements
        if _begins(one) <= now < one.valid_until_time.ToDatetime(tzinfo=UTC)
    ]
    rules = (await office(hub.retention.ListRetentionRules, ListRetentionRulesRequest())).rules
    notice = notices.notices[0] if notices.notices else None
    return Record(now, notice, agreements, await office.agencies(), rules)


def _begins(agreement: Agreement) -> datetime:
    return agreement.valid_from_time.ToDatetime(tzinfo=UTC)
