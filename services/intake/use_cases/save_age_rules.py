"""Replaces the rules for children by a new version."""

from collections.abc import Sequence
from uuid import UUID

from chassis.postgres import Transaction
from services.intake.adapters.postgres_consent_policy import PostgresConsentPolicy
from services.intake.domain.age_rules import AgeRule, check_age_rules
from services.intake.domain.consent_policy_events import AgeRulesSaved
from services.intake.use_cases.hub_officer import hub_officer_only


async def save_age_rules(
    request_id: UUID, rules: Sequence[AgeRule], tx: Transaction, policy: PostgresConsentPolicy
) -> int:
    """The new version; what was recorded by an earlier one stands.

    Repeat-safe only inside `chassis.requests.once`.

    Raises:
        NotPermitted: HUB_OFFICER_ONLY.
        Invalid: as `check_age_rules` says.
    """
    hub_officer_only(tx.caller)
    check_age_rules(rules)
    version = await policy.save_age_rules(tx, rules, await tx.now())
    tx.publish(AgeRulesSaved(version, request_id=request_id))
    return version
