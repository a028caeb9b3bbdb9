"""A data protection officer at a running hub: how commands call as one."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import typer

from kernel.ids import derived_id
from kernel.vocabulary import Role
from tools.hub import Credentials, Doors, Hub
from tools.login.kept import signed_in_at
from tools.partner.calls import Refused, call
from tools.stack.failure import StackFailure
from tools.stack.layout import DATA, Layout


@dataclass(frozen=True, slots=True)
class Officer:
    """Calls the hub as whoever it was made for."""

    hub: Hub
    credentials: Credentials

    async def __call__(self, method: Any, request: Any) -> Any:
        """The hub's answer.

        Raises:
            Refused: in the hub's own words.
        """
        return await call(method, request, self.credentials)


def act(do: Callable[[Officer], Awaitable[str]], *, signed_in: bool) -> None:
    """Does it at the running hub and prints what came of it.

    Raises:
        StackFailure: nothing runs, nobody is signed in, or the hub refuses.
    """
    typer.echo(asyncio.run(_act(do, signed_in)))


async def _act(do: Callable[[Officer], Awaitable[str]], signed_in: bool) -> str:
    layout = Layout(DATA)
    hub = Hub(Doors.of(layout))
    try:
        officer = hub.person(derived_id("staff", "dpo"), None, Role.DPO)
        return await do(Officer(hub, await signed_in_at(hub, layout) if signed_in else officer))
    except Refused as refusal:
        raise StackFailure(f"{refusal.words} ({refusal.reason})", 1) from None
    finally:
        await hub.close()
