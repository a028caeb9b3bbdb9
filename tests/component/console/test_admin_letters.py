"""What a service could not take, in an operator's hands: taken again or discarded, one step after another."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import uuid4

import asyncpg
import pytest

from kernel.vocabulary import Role
from tests.support.console import ConsoleHub
from tests.support.pages import Browser, Shown

HERE = "/admin/health/notifications"
CONSUMER = "invented-for-a-test"
"""No worker takes its letters again, so that they wait for the operator alone."""
_PLANT = """
    insert into notifications.dead_letter (consumer, source, topic, partition, "offset", position, event_id,
        key, type, payload, payload_bytes, reason, tries)
    select $1, 'referral', 'kem.referral.v1', 0, n, n, gen_random_uuid(), '\\x00', 'Invented', '\\x00', 1,
        'CANNOT_BE_TAKEN', 1
    from generate_series(1, $2) n
    returning id
"""


@dataclass
class Letters:
    """Letters that wait, by their numbers."""

    numbers: list[int]
    connection: "asyncpg.Connection[asyncpg.Record]"

    async def state(self, number: int) -> tuple[bool, str | None]:
        """Whether it was asked to be taken again, and why it was discarded."""
        row = await self.connection.fetchrow(
            "select redrive_asked_time, discard_reason from notifications.dead_letter where id = $1", number
        )
        assert row is not None
        return row["redrive_asked_time"] is not None, row["discard_reason"]


@pytest.fixture
async def letters(console: ConsoleHub) -> AsyncIterator[Letters]:
    """More than a page of them; none stays."""
    postgres = console.stack.postgres
    connection = await asyncpg.connect(postgres.url(postgres.superuser))
    try:
        rows = await connection.fetch(_PLANT, CONSUMER, 52)
        yield Letters([row["id"] for row in rows], connection)
    finally:
        await connection.execute("delete from notifications.dead_letter where consumer = $1", CONSUMER)
        await connection.close()


async def sent(browser: Browser, page: Shown, step: str, *numbers: int, reason: str = "") -> Shown:
    """The page after its form was sent by one of its two buttons, with these letters ticked."""
    form = page.form("letters")
    fields = dict(form.fields) | {"letters": [str(one) for one in numbers], "reason": reason, step: "yes"}
    return await browser.post(form.action, {name: value for name, value in fields.items() if value})


def ticked(page: Shown) -> set[int]:
    return {int(value) for name, value in page.form("letters").fields if name == "letters"}


async def test_one_step_after_another_is_done_from_the_page_as_it_came_back(
    console: ConsoleHub, letters: Letters
) -> None:
    first, second, third, *_ = letters.numbers
    async with console.browser(Role.OPERATOR) as browser:
        page = await browser.get(HERE)
        page = await sent(browser, page, "redrive", first)
        assert (page.code, ticked(page)) == (200, set())
        assert "1 was settled." in page.words
        page = await sent(browser, page, "discard", second, reason="Never to be told")
        assert page.code == 200, page.words[:300]
        assert "1 was settled." in page.words
        assert str(second) not in re.findall(r'name="letters" value="(\d+)"', page.html)
        page = await sent(browser, page, "discard", third, reason="Nor this one")
        assert page.code == 200, page.words[:300]
    assert await letters.state(first) == (True, None)
    assert await letters.state(second) == (False, "Never to be told")
    assert await letters.state(third) == (False, "Nor this one")


async def test_a_form_that_was_sent_before_says_so_once_and_goes_on_with_its_ticks(
    console: ConsoleHub, letters: Letters
) -> None:
    first, second, *_ = letters.numbers
    async with console.browser(Role.OPERATOR) as browser:
        page = await browser.get(HERE)
        assert (await sent(browser, page, "redrive", first)).code == 200
        back = await sent(browser, page, "redrive", second)
        assert (back.code, ticked(back)) == (400, {second})
        done = await sent(browser, back, "redrive", second)
        assert done.code == 200, done.words[:300]
    assert await letters.state(second) == (True, None)


async def test_a_slip_on_the_second_page_leaves_its_reader_there_with_what_was_ticked(
    console: ConsoleHub, letters: Letters
) -> None:
    last = letters.numbers[-1]
    async with console.browser(Role.OPERATOR) as browser:
        page = await browser.get(HERE)
        onward = next(one for one in page.links if one.startswith(f"{HERE}?after="))
        page = await browser.get(onward)
        assert str(last) in page.words
        back = await sent(browser, page, "discard", last)
        assert (back.code, back.path, ticked(back)) == (400, onward, {last})
        assert "Write why it is discarded." in back.words
        nothing = await sent(browser, page, "discard", reason="Whatever")
        assert "Tick at least one." in nothing.words
        assert 'value="Whatever"' in nothing.html
        done = await sent(browser, back, "discard", last, reason="Nobody needs it")
        assert (done.code, done.path) == (200, onward)
        strange = await browser.get(f"{HERE}?after={'9' * 40}")
        assert strange.code == 200, "a number that is none begins at the first"
    assert await letters.state(last) == (False, "Nobody needs it")


async def test_what_is_no_letter_is_told_as_such(console: ConsoleHub, letters: Letters) -> None:
    async with console.browser(Role.OPERATOR) as browser:
        page = await browser.get(HERE)
        token = dict(page.form("letters").fields)["csrf"]
        fields = {
            "csrf": token,
            "request_id": str(uuid4()),
            "redrive": "yes",
            "letters": ["²", "x", "9" * 30],
        }
        refused = await browser.post(HERE, fields)
    assert refused.code == 400
    assert "Tick at least one." in refused.words
