"""docs/security.md answers every item of the list, and each file that it names is there."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/security.md").read_text()
# of OWASP ASVS 5.0, those that a hub of this kind must meet
ITEMS = [
    *("2.3.3", "2.3.4", "2.4.1", "8.1.2", "8.2.2", "8.2.3", "8.3.2", "8.3.3", "8.4.1", "11.3.3"),
    *("12.1.3", "12.3.1", "12.3.2", "12.3.3", "12.3.4", "12.3.5", "13.2.2", "13.3.1"),
    *("14.2.1", "14.2.6", "14.2.7", "14.3.2", "16.2.5", "16.3.2", "16.4.2", "16.5.3"),
]


def test_each_item_has_one_row() -> None:
    assert re.findall(r"^\| (\d+\.\d+\.\d+) \| ", PAGE, re.MULTILINE) == ITEMS


def test_each_file_and_decision_that_it_names_is_there() -> None:
    named = re.findall(r"`([a-z]+/[A-Za-z0-9_./-]+)`", PAGE)
    assert len(named) > len(ITEMS)
    assert [path for path in named if not (ROOT / path).exists()] == []
    for number in set(re.findall(r"decision (\d{4})", PAGE)):
        assert len(list((ROOT / "docs/decisions").glob(f"{number}-*.md"))) == 1, number
