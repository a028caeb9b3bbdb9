"""What may be shared with an agency, as it is typed: what is refused, and at which field that is said."""

from typing import Final

import pytest

from kernel.vocabulary import Role
from tests.support.console import ConsoleHub
from tests.support.partner_agency import PartnerAgency, make_agency

Typed = dict[str, str | list[str]]
AGREED: Final[Typed] = {
    "from_day": "01/03/2026",
    "until_day": "31/12/2098",
    "regime": "THIRD_COUNTRY",
    "basis": "Standard clauses",
    "purposes": ["SERVICE_LEGAL"],
    "categories": ["NAME", "LANGUAGES"],
}
WRONG: Final[dict[str, tuple[Typed, str]]] = {
    "until_day": ({"until_day": "28/02/2026"}, "An agreement must end after it begins."),
    "regime": ({"regime": "CUSTOM"}, "Choose one of the list."),
    "basis": ({"basis": ""}, "Write on what the transfer rests."),
    "purposes": ({"purposes": ["SERVICE_LEGAL", "CURIOSITY"]}, "Tick only what stands here."),
    "categories": ({"categories": ["SHOE_SIZE"]}, "Tick only what stands here."),
}
"""By the field at which something is wrong: what is typed there, and what is said."""


@pytest.fixture
async def agency(console: ConsoleHub) -> PartnerAgency:
    return await make_agency(console)


def path_of(agency: PartnerAgency) -> str:
    return f"/admin/agencies/{agency.agency_id}"


@pytest.mark.parametrize("field", WRONG)
async def test_what_is_wrong_is_said_at_its_field_and_what_was_typed_stays(
    console: ConsoleHub, agency: PartnerAgency, field: str
) -> None:
    changes, words = WRONG[field]
    typed = AGREED | changes
    async with console.browser(Role.OPERATOR) as browser:
        page = await browser.get(path_of(agency))
        before = page.form("until_day").fields
        refused = await browser.fill_in(page, "until_day", typed)
        assert refused.code == 400
        assert refused.title.startswith("Error:")
        assert f'href="#{field}"' in refused.html
        assert words in refused.words
        kept = refused.form("until_day").fields
        for name in ("from_day", "until_day", "basis"):
            assert (name, typed[name]) in kept
        for name, known in (("purposes", {"SERVICE_LEGAL"}), ("categories", {"NAME", "LANGUAGES"})):
            assert {value for one, value in kept if one == name} == known & set(typed[name])
        again = (await browser.get(path_of(agency))).form("until_day").fields
        assert _without_id(again) == _without_id(before), "nothing was saved"


def _without_id(fields: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [one for one in fields if one[0] not in ("request_id", "csrf")]


async def test_an_agreement_of_one_day_is_one(console: ConsoleHub, agency: PartnerAgency) -> None:
    async with console.browser(Role.DPO) as browser:
        page = await browser.get(path_of(agency))
        saved = await browser.fill_in(page, "until_day", AGREED | {"until_day": AGREED["from_day"]})
        assert saved.path == f"{path_of(agency)}?said=agreement-saved"
        kept = dict(saved.form("until_day").fields)
        assert (kept["from_day"], kept["until_day"]) == ("01/03/2026", "01/03/2026")


async def test_of_two_who_save_at_once_the_later_one_is_shown_what_stands_before_it_is_replaced(
    console: ConsoleHub, agency: PartnerAgency
) -> None:
    path = path_of(agency)
    async with console.browser(Role.OPERATOR) as first, console.browser(Role.DPO) as second:
        page, other = await first.get(path), await second.get(path)
        saved = await first.fill_in(page, "until_day", AGREED)
        assert saved.path == f"{path}?said=agreement-saved"
        typed = AGREED | {"until_day": "31/12/2050", "basis": "Other clauses"}
        refused = await second.fill_in(other, "until_day", typed)
        assert refused.code == 400
        assert refused.title.startswith("Error:")
        assert "Somebody has changed this agreement since you opened the page." in refused.words
        assert "31/12/2098" in refused.words, "what stands is shown"
        kept = dict(refused.form("until_day").fields)
        assert (kept["until_day"], kept["basis"]) == ("31/12/2050", "Other clauses"), "what was typed stays"
        # a slip does not make one forget what was read
        slip = await second.fill_in(other, "until_day", {**typed, "until_day": "soon"})
        still = await second.fill_in(slip, "until_day", typed)
        assert "Somebody has changed this agreement" in still.words
        assert dict((await first.get(path)).form("until_day").fields)["until_day"] == "31/12/2098"
        done = await second.fill_in(refused, "until_day", {})
        assert done.path == f"{path}?said=agreement-saved"
        assert dict(done.form("until_day").fields)["until_day"] == "31/12/2050"
        nothing = dict(done.form("until_day").fields) | {"version": ""}
        assert (await second.post(f"{path}/agreement", nothing)).code == 400
