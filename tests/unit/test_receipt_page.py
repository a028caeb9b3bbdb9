"""The page of a receipt: readable from either side, its code as it is typed, nothing from elsewhere."""

from datetime import UTC, datetime, timedelta
from uuid import UUID
from xml.etree import ElementTree

import pytest

from kernel.ids import AgencyId
from services.console.adapters.receipt.page import page_of
from services.intake.domain.receipt import Permit
from services.intake.domain.receipt_wording import PAGES, ToldReceipt, ToldReferral, worded
from services.intake.entrypoints.receipt_message import content_message

AGENCY = AgencyId(UUID("a0000000-0000-4000-8000-000000000001"))
NAME = {"el": "Δείγμα <ΜΚΟ>", "en": "Sample <NGO>"}
NOW = datetime(2026, 3, 5, tzinfo=UTC)
CODE = "X2E61-664JQ-F1WNY-PKKMM-F"
TOLD = ToldReceipt(
    NOW,
    NOW + timedelta(days=365),
    [Permit(AGENCY, "SERVICE_LEGAL", 1, NOW)],
    {AGENCY: NAME},
    [ToldReferral("EDUCATION", "ACCEPTED", NOW, NAME, "ATHENS_6", "Οδός Δείγματος 12")],
)


@pytest.mark.parametrize("language", PAGES)
def test_the_page_is_whole_and_loads_nothing(language: str) -> None:
    text = page_of(content_message(worded(TOLD, language)), CODE)
    page = ElementTree.fromstring(text.split("\n", 1)[1])
    is_right_to_left = language in ("ar", "fa", "ur")
    assert (page.get("lang"), page.get("dir")) == (language, "rtl" if is_right_to_left else "ltr")
    shown = [one.text for one in page.iter("bdi")]
    assert shown.count(CODE) == 1
    assert NAME["el" if language == "el" else "en"] in shown
    assert all(one.get("dir") == "ltr" for one in page.iter("bdi") if one.get("lang"))
    assert len(list(page.iter("h2"))) == 5
    [picture] = page.iter("img")
    assert str(picture.get("src")).startswith("data:image/svg+xml")
    assert not {"script", "link", "iframe"} & {one.tag for one in page.iter()}
    assert "http://www.w3.org/2000/svg" not in text.replace(str(picture.get("src")), "")
    assert "://" not in text.replace(str(picture.get("src")), "")


def test_what_is_not_known_is_a_line_for_a_hand_to_write_on() -> None:
    assert page_of(content_message(worded(TOLD, "en")), CODE).count('class="hand"') == 1
