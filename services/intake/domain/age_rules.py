"""From what age somebody permits alone, and from what age a child is asked too: rules with their sources."""

from collections.abc import Sequence
from dataclasses import dataclass

from kernel.errors import Invalid

FULL_AGE_YEARS = 18


@dataclass(frozen=True, slots=True)
class AgeRule:
    """What holds from `from_age` on and below `below_age`, in completed years.

    Args:
        may_permit_alone: without parent, guardian or representative.
        assent_needed: the child is asked too.
        source: the law or guideline that says so.
    """

    from_age: int
    below_age: int
    may_permit_alone: bool
    assent_needed: bool
    source: str


def check_age_rules(rules: Sequence[AgeRule]) -> None:
    """Refuses rules that leave an age below 18 out, or have two for one.

    Raises:
        Invalid: AGE_RULES_INCOMPLETE, AGE_RULE_WITHOUT_SOURCE.
    """
    expected = 0
    for rule in sorted(rules, key=lambda one: one.from_age):
        if rule.from_age != expected or rule.below_age <= rule.from_age:
            break
        expected = rule.below_age
    if expected != FULL_AGE_YEARS or sum(rule.below_age - rule.from_age for rule in rules) != FULL_AGE_YEARS:
        raise Invalid(
            "The rules must cover each age from 0 to 17 once.",
            reason="AGE_RULES_INCOMPLETE",
        )
    if not all(rule.source.strip() for rule in rules):
        raise Invalid("Name the source of each rule.", reason="AGE_RULE_WITHOUT_SOURCE")


def rule_for(rules: Sequence[AgeRule], age: int | None) -> AgeRule | None:
    """The rule for this age; None where somebody is of full age, or where the age is not known."""
    if age is None:
        return None
    return next((rule for rule in rules if rule.from_age <= max(age, 0) < rule.below_age), None)
