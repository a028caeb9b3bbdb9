"""Somebody of the hub's own offices at a terminal: for whom a command calls, and how its answer is said."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import typer
from rich.console import Console
from rich.table import Table

from kem.directory.v1.directory_pb2 import Agency
from kem.directory.v1.directory_service_pb2 import ListAgenciesRequest
from kernel.ids import derived_id
from kernel.vocabulary import Role
from tools.hub import Credentials, Doors, Hub
from tools.login.kept import signed_in_at
from tools.partner.calls import Refused, call
from tools.stack.failure import StackFailure
from tools.stack.layout import DATA, Layout

PAGE: Final = 200

_A = TypeVar("_A")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command has to say: lines or a table for a person, an object for a program."""

    shown: Iterable[str | Table]
    object: Any


@dataclass(frozen=True, slots=True)
class Office:
    """Somebody at a running hub; calling it makes one call for them."""

    hub: Hub
    caller: Credentials

    async def __call__(self, method: Callable[..., Any], request: Any) -> Any:
        """The hub's answer.

        Raises:
            Refused: in the hub's own words.
        """
        return await call(method, request, self.caller)

    async def pages(self, method: Callable[..., Any], request: Any) -> AsyncIterator[Any]:
        """All pages of a list, one after another."""
        while True:
            page = await self(method, request)
            yield page
            if not page.next_page_token:
                return
            request.page_token = page.next_page_token

    async def agencies(self) -> Mapping[str, Agency]:
        """Every agency by its id."""
        pages = self.pages(self.hub.directory.ListAgencies, ListAgenciesRequest(page_size=PAGE))
        return {agency.agency_id: agency async for page in pages for agency in page.agencies}

    async def codes(self) -> dict[str, str]:
        """Each agency's code by its id."""
        return {agency_id: agency.code for agency_id, agency in (await self.agencies()).items()}

    async def agency_id(self, code: str) -> str:
        """The agency of this code.

        Raises:
            StackFailure: there is none.
        """
        found = await self(self.hub.directory.ListAgencies, ListAgenciesRequest(code=code.upper()))
        if not found.agencies:
            raise StackFailure(f"No agency has the code {code.upper()}; see the directory.", 2)
        return str(found.agencies[0].agency_id)


def at_office(do: Callable[[Office], Awaitable[_A]], role: Role | None = None) -> _A:
    """What is found at the running hub.

    Args:
        role: as this machine's holder of the role; None: as whoever ./kem login signed in.

    Raises:
        StackFailure: nothing runs, nobody is signed in, or the hub refuses, in its own words.
    """
    return asyncio.run(_at_office(do, role))


async def _at_office(do: Callable[[Office], Awaitable[_A]], role: Role | None) -> _A:
    layout = Layout(DATA)
    hub = Hub(Doors.of(layout))
    try:
        if role is None:
            return await do(Office(hub, await signed_in_at(hub, layout)))
        return await do(Office(hub, hub.person(derived_id("staff", role), None, role)))
    except Refused as refusal:
        raise StackFailure(f"{refusal.words} ({refusal.reason})", 1) from None
    finally:
        await hub.close()


def say(answer: Answer, *, as_json: bool) -> None:
    """Prints it: for a program as one object."""
    if as_json:
        typer.echo(json.dumps(answer.object, indent=2, ensure_ascii=False))
        return
    console = Console(highlight=False, soft_wrap=True)
    for one in answer.shown:
        console.print(one)
