"""Each house rule is seen failing once, and the whole house keeps all of them."""

from pathlib import PurePosixPath

import pytest

from tools.lint.__main__ import findings
from tools.lint.rules import RULES, Source

_BROKEN = {
    "file_says_what_it_holds": ("chassis/event_helpers.py", ""),
    "class_says_what_it_is": ("chassis/a.py", "class OfferManager: ..."),
    "function_names_its_deed": ("chassis/a.py", "async def handle_offer(): ..."),
    "state_is_called_state": ("chassis/a.py", "class Offer:\n    status: str"),
    "instant_ends_in_time": ("chassis/a.py", "class Offer:\n    due: datetime | None"),
    "domain_reads_no_clock": ("services/referral/domain/a.py", "due = datetime.now(UTC)"),
    "test_waits_for_a_condition": ("tests/unit/test_a.py", "async def test_a():\n    await asyncio.sleep(1)"),
    "file_is_short": ("chassis/a.py", "x = 1\n" * 501),
    "ignore_has_a_reason": ("chassis/a.py", "x = 1  # noqa: S101"),
}
_KEPT = {
    "file_says_what_it_holds": ("chassis/database.py", ""),
    "class_says_what_it_is": ("chassis/a.py", "class Helpful: ..."),
    "function_names_its_deed": ("chassis/a.py", "def handled_by(): ..."),
    "state_is_called_state": ("chassis/a.py", "class Person:\n    legal_status: str\n\nprint(error.status)"),
    "instant_ends_in_time": ("chassis/a.py", "class Offer:\n    due_time: datetime | None\n    day: date"),
    "domain_reads_no_clock": ("services/referral/adapters/a.py", "due = datetime.now(UTC)"),
    "test_waits_for_a_condition": ("tests/unit/test_a.py", "while not done():\n    time.sleep(0.1)"),
    "file_is_short": ("chassis/a.py", "x = 1\n" * 500),
    "ignore_has_a_reason": ("chassis/a.py", "x = 1  # noqa: S101 (shown to the person as it is)"),
}


def _found(rule_name: str, path: str, text: str) -> int:
    rule = next(rule for rule in RULES if rule.__name__ == rule_name)
    return len(list(rule(Source(PurePosixPath(path), text))))


def test_every_rule_has_its_example() -> None:
    assert {rule.__name__ for rule in RULES} == set(_BROKEN) == set(_KEPT)


@pytest.mark.parametrize("rule_name", _BROKEN)
def test_a_rule_finds_what_breaks_it(rule_name: str) -> None:
    assert _found(rule_name, *_BROKEN[rule_name]) == 1


@pytest.mark.parametrize("rule_name", _KEPT)
def test_a_rule_lets_pass_what_keeps_it(rule_name: str) -> None:
    assert _found(rule_name, *_KEPT[rule_name]) == 0


def test_the_door_of_a_service_stays_under_eighty_lines() -> None:
    assert _found("file_is_short", "services/referral/__main__.py", "x = 1\n" * 79) == 0
    assert _found("file_is_short", "services/referral/__main__.py", "x = 1\n" * 80) == 1


def test_the_house_keeps_its_rules() -> None:
    assert findings() == []
