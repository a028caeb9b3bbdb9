"""A person who signs in at a terminal, and the authenticator in their hand."""

import base64
import re
import time

from services.access.domain.authenticator import STEP_SECONDS, code_at
from tests.e2e.typed_terminal import PATIENCE_SECONDS, TypedTerminal
from tests.integration.chassis.waiting import until
from tools.stack.layout import Layout


async def first_sign_in(layout: Layout, login: str, one_time: str, password: str, role: str) -> bytes:
    """Changes the one-time password and enrols an authenticator on the way; answers its secret."""
    async with TypedTerminal(layout.data, "login", "--as", login) as terminal:
        await terminal.until_seen("Password: ")
        terminal.type(one_time)
        await terminal.until_seen("Enter if you have none")
        terminal.type("")
        for prompt in ("Your own password: ", "Once more: "):
            await terminal.until_seen(prompt)
            terminal.type(password)
        secret = secret_in(await terminal.until_seen("The code that the new one shows"))
        terminal.type(code_of(secret))
        await terminal.until_seen(f"{login} is signed in with a second factor as {role}")
        assert await terminal.ended() == 0
    return secret


async def enrol_at_once(layout: Layout, login: str, one_time: str, password: str) -> bytes:
    """Changes the one-time password and enrols an authenticator, asked for; answers its secret."""
    async with TypedTerminal(layout.data, "login", "--as", login, "--enrol") as terminal:
        await terminal.until_seen("Password: ")
        terminal.type(one_time)
        await terminal.until_seen("Enter if you have none")
        terminal.type("")
        for prompt in ("Your own password: ", "Once more: "):
            await terminal.until_seen(prompt)
            terminal.type(password)
        first = secret_in(await terminal.until_seen("The code that the new one shows"))
        await until(a_step_is_young, within=PATIENCE_SECONDS)
        terminal.type(code_of(first, -1))
        await terminal.until_seen(f"{login} is signed in with a second factor")
    return first


async def enrol_another(layout: Layout, login: str, password: str, first: bytes) -> bytes:
    """Enrols another authenticator by two codes of the present one; answers the new one's secret."""
    async with TypedTerminal(layout.data, "login", "--as", login, "--enrol") as terminal:
        await terminal.until_seen("Password: ")
        terminal.type(password)
        await terminal.until_seen("Enter if you have none")
        await until(a_step_is_young, within=PATIENCE_SECONDS)
        terminal.type(code_of(first))
        second = secret_in(await terminal.until_seen("The next code of your present authenticator"))
        terminal.type(code_of(first, 1))
        await terminal.until_seen("The code that the new one shows")
        terminal.type(code_of(second))
        await terminal.until_seen(f"{login} is signed in with a second factor")
        assert await terminal.ended() == 0
    return second


def secret_in(screen: str) -> bytes:
    """What an authenticator would read on the screen."""
    found = re.search(r"secret=([A-Z2-7]+)", screen)
    assert found is not None, screen
    return base64.b32decode(found[1])


def code_of(secret: bytes, steps: int = 0) -> str:
    """What an authenticator shows, so many steps from now."""
    return code_at(secret, int(time.time()) // STEP_SECONDS + steps)


def a_step_is_young() -> bool:
    """Whether the present code is so for long enough to be typed."""
    return time.time() % STEP_SECONDS < STEP_SECONDS / 2
