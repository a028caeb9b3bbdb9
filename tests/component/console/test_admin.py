"""What operators look at: health, what could not be taken, registers."""

import pytest

from kernel.vocabulary import Role
from tests.support.console import ConsoleHub
from tools.stack.services import schemas_of

REGISTERS = {
    "/admin/agencies": "UNHCR",
    "/admin/agreements": "in force",
    "/admin/certificates": "console",
    "/admin/notices": "Ελληνικά",
    "/admin/codes": "GBV_SHELTER",
}


async def test_an_operator_sees_how_each_service_stands(console: ConsoleHub) -> None:
    async with console.browser(Role.OPERATOR) as browser:
        page = await browser.get("/admin/health")
        assert page.code == 200
        assert page.words.count("serves") == len(schemas_of(console.stack.services))
        assert "does not answer" not in page.words
        letters = await browser.get("/admin/health/referral")
        assert "Everything was taken" in letters.words
        assert (await browser.get("/admin/health/nobody")).code == 404


@pytest.mark.parametrize("path", REGISTERS)
async def test_registers_show_what_the_hub_stands_on(console: ConsoleHub, path: str) -> None:
    async with console.browser(Role.OPERATOR) as browser:
        start = await browser.get("/admin")
        assert path in start.links
        page = await browser.get(path)
        assert page.code == 200
        assert REGISTERS[path] in page.words


@pytest.mark.parametrize("role", [Role.CASEWORKER, Role.AUDITOR, Role.AGENCY_ADMIN])
async def test_administration_is_closed_to_others(console: ConsoleHub, role: Role) -> None:
    async with console.browser(role, agency="" if role is Role.AUDITOR else "KEM") as browser:
        for path in ("/admin", "/admin/health", "/admin/health/intake", *REGISTERS):
            assert (await browser.get(path)).code == 403, path


async def test_a_data_protection_officer_sees_registers_and_not_the_machines(console: ConsoleHub) -> None:
    async with console.browser(Role.DPO) as browser:
        assert (await browser.get("/admin/agreements")).code == 200
        assert (await browser.get("/admin/health")).code == 403
        assert "/admin/health" not in (await browser.get("/admin")).links
