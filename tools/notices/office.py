"""Calls of a data protection officer who keeps the notices, and what is said about them."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from typing import Any

import typer

from kem.intake.v1 import consent_policy_service_pb2 as messages
from kernel.ids import derived_id
from kernel.vocabulary import Role
from tools.hub import Credentials, Doors, Hub
from tools.login.kept import signed_in_at
from tools.notices.files import read_notice
from tools.partner.calls import Refused, call
from tools.stack.failure import StackFailure
from tools.stack.layout import DATA, Layout
from tools.trace.story import athens


@dataclass(frozen=True, slots=True)
class Office:
    """The officer at a running hub."""

    hub: Hub
    officer: Credentials

    async def __call__(self, method: Any, request: Any) -> Any:
        """The hub's answer.

        Raises:
            Refused: in the hub's own words.
        """
        return await call(method, request, self.officer)


def act(do: Callable[[Office], Awaitable[str]], *, signed_in: bool) -> None:
    """Does it at the running hub and prints what came of it.

    Raises:
        StackFailure: nothing runs, nobody is signed in, or the hub refuses.
    """
    typer.echo(asyncio.run(_act(do, signed_in)))


async def _act(do: Callable[[Office], Awaitable[str]], signed_in: bool) -> str:
    layout = Layout(DATA)
    hub = Hub(Doors.of(layout))
    try:
        officer = hub.person(derived_id("staff", "dpo"), None, Role.DPO)
        return await do(Office(hub, await signed_in_at(hub, layout) if signed_in else officer))
    except Refused as refusal:
        raise StackFailure(f"{refusal.words} ({refusal.reason})", 1) from None
    finally:
        await hub.close()


async def publish(office: Office, folder: Path) -> str:
    """Publishes the notice of a folder."""
    notice = read_notice(folder)
    await office(office.hub.policy.PublishNotice, notice)
    languages = ", ".join(text.language for text in notice.texts)
    return f"Notice {notice.version} is published in {languages}."


async def show_notices(office: Office) -> str:
    """One line for each."""
    lines = []
    request = messages.ListNoticesRequest(page_size=200)
    while True:
        page = await office(office.hub.policy.ListNotices, request)
        lines += [
            f"{one.version}  published {athens(one.published_time.ToDatetime(tzinfo=UTC))}"
            f"  {' '.join(sha.language for sha in one.hashes)}"
            for one in page.notices
        ]
        if not page.next_page_token:
            break
        request.page_token = page.next_page_token
    return "\n".join(lines) or "No notice is published yet: ./kem notices publish FOLDER"


async def show_text(office: Office, version: str, language: str) -> str:
    """The text, and what identifies it."""
    request = messages.GetNoticeRequest(version=version, language=language)
    answer = await office(office.hub.policy.GetNotice, request)
    return f"{answer.text.text}\n({version}, {language}, SHA-256 {answer.sha256})"
