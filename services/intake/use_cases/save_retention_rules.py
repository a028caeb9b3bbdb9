"""Replaces the rules by which what is known of people is kept."""

from collections.abc import Sequence
from uuid import UUID

from chassis.postgres import Transaction
from services.intake.adapters.postgres_retention import PostgresRetention
from services.intake.domain.retention import RetentionRule, check_retention_rules
from services.intake.domain.retention_events import RetentionRulesSaved
from services.intake.use_cases.hub_officer import hub_officer_only


async def save_retention_rules(
    request_id: UUID, rules: Sequence[RetentionRule], tx: Transaction, retention: PostgresRetention
) -> int:
    """The new version; what was destroyed by an earlier one stays so.

    Repeat-safe only inside `chassis.requests.once`.

    Raises:
        NotPermitted: HUB_OFFICER_ONLY.
        Invalid: as `check_retention_rules` says.
    """
    hub_officer_only(tx.caller)
    check_retention_rules(rules)
    version = await retention.save_rules(tx, rules, await tx.now())
    tx.publish(RetentionRulesSaved(version, request_id=request_id))
    return version
