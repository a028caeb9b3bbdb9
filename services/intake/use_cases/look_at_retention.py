"""What is due by the rules of retention, and what holds some of it back; nothing is changed."""

from collections.abc import Sequence
from dataclasses import dataclass

from chassis.postgres import Transaction
from services.intake.adapters.measures import retention_overdue
from services.intake.adapters.postgres_retention import PostgresRetention, Standing
from services.intake.domain.retention import RetentionRule
from services.intake.use_cases.hub_officer import hub_officer_only, reach_complaints_too


@dataclass(frozen=True, slots=True)
class RuleStanding:
    """A rule, and how it stands with what it is about."""

    rule: RetentionRule
    standing: Standing


@dataclass(frozen=True, slots=True)
class RetentionLook:
    """All rules in force; `waiting_people` are those of whom something is due that nothing holds back."""

    rules_version: int
    standings: Sequence[RuleStanding]
    waiting_people: int


async def look_at_retention(tx: Transaction, retention: PostgresRetention) -> RetentionLook:
    """Counts over everybody, by the rules in force; it tells of nobody.

    Raises:
        NotPermitted: HUB_OFFICER_ONLY.
    """
    hub_officer_only(tx.caller)
    await reach_complaints_too(tx)
    rules_version, rules = await retention.rules(tx)
    found, waiting_people = await retention.standings(tx, [rule.key_class for rule in rules])
    return RetentionLook(
        rules_version,
        [RuleStanding(rule, found[rule.key_class]) for rule in rules],
        waiting_people,
    )


async def watch_retention(tx: Transaction, retention: PostgresRetention) -> int:
    """Sets the figure of what is overdue; destroys nothing. A timer's work, which is never left over: 0."""
    retention_overdue.set(await retention.overdue(tx))
    return 0
