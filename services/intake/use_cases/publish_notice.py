"""Publishes a notice: from then on consent can be recorded on it."""

from datetime import datetime
from uuid import UUID

from chassis.postgres import Transaction
from kernel.errors import Conflict
from services.intake.adapters.postgres_consent_policy import PostgresConsentPolicy
from services.intake.domain.consent_policy_events import NoticePublished
from services.intake.domain.notice import PublishedNotice, check_notice
from services.intake.use_cases.hub_officer import hub_officer_only


async def publish_notice(
    request_id: UUID, notice: PublishedNotice, tx: Transaction, policy: PostgresConsentPolicy
) -> datetime:
    """When it was published. Repeat-safe only inside `chassis.requests.once`.

    Raises:
        NotPermitted: HUB_OFFICER_ONLY.
        Invalid: as `check_notice` says.
        Conflict: NOTICE_VERSION_USED: what people have agreed to is never changed under them.
    """
    hub_officer_only(tx.caller)
    check_notice(notice.texts)
    now = await tx.now()
    if not await policy.publish(tx, notice, now):
        raise Conflict(
            f"There is a notice {notice.version} already; give this one a new version.",
            reason="NOTICE_VERSION_USED",
        )
    hashes = tuple((text.language, text.sha256) for text in notice.texts)
    tx.publish(NoticePublished(notice.version, hashes, request_id=request_id))
    return now
