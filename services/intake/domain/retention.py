"""For how long what is known of people is kept: rules with their sources, one for what lies under one key."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import auto
from typing import Final

from kernel import codes
from kernel.errors import Invalid
from kernel.vocabulary import Code

CORE: Final = "core"
"""Who somebody is. It is destroyed last, and with it whatever is left: the person is erased then."""
KEY_CLASSES: Final = tuple(dict.fromkeys(entry.key_class for entry in codes.CATEGORIES.values()))


class RetentionStart(Code):
    """From when on the time runs."""

    LAST_CONTACT = auto()
    CASE_CLOSED = auto()
    CONSENT_ENDED = auto()


class HoldGround(Code):
    """Why everything of a person is kept: GDPR article 17(3)(e) and (b)."""

    LEGAL_CLAIM = auto()
    LEGAL_OBLIGATION = auto()


@dataclass(frozen=True, slots=True)
class RetentionRule:
    """What lies under the keys of one class is kept for so many months, and is overdue `grace_days` later."""

    key_class: str
    start: RetentionStart
    months: int
    grace_days: int
    source: str


def categories_of(key_class: str) -> list[str]:
    """The data categories that the keys of this class seal."""
    return [code for code, entry in codes.CATEGORIES.items() if entry.key_class == key_class]


def key_class_of(categories: Iterable[str]) -> str:
    """The class of keys that seals exactly these categories.

    Raises:
        Invalid: UNKNOWN_CODE; RETENTION_OF_ONE_KEY, some of what lies under one key is missing, or too much.
    """
    wanted = set(categories)
    classes = sorted({codes.category(code).key_class for code in wanted})
    together = [categories_of(name) for name in classes]
    if len(classes) != 1 or wanted != set(together[0]):
        raise Invalid(
            "What lies under one key is destroyed together, so it has one rule: "
            + "; ".join(", ".join(one) for one in together)
            + ".",
            reason="RETENTION_OF_ONE_KEY",
        )
    return classes[0]


def check_retention_rules(rules: Sequence[RetentionRule]) -> None:
    """Refuses rules that leave a category out, or have two for one.

    Raises:
        Invalid: RETENTION_RULES_INCOMPLETE, RETENTION_RULE_WITHOUT_SOURCE.
    """
    if sorted(rule.key_class for rule in rules) != sorted(KEY_CLASSES):
        raise Invalid("The rules must have each data category once.", reason="RETENTION_RULES_INCOMPLETE")
    if not all(rule.source.strip() for rule in rules):
        raise Invalid("Name the source of each rule.", reason="RETENTION_RULE_WITHOUT_SOURCE")
