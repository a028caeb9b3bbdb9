"""What a person at the terminal works with: the screen, the hub, the cases; and lists to pick from."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar
from uuid import uuid4

from tools.hub import Hub, Person
from tools.partner.calls import Refused, call
from tools.partner.cases import Case, Cases
from tools.partner.terminal import Terminal


@dataclass(frozen=True, slots=True)
class Desk:
    """Everything a verb needs."""

    terminal: Terminal
    hub: Hub
    person: Person
    cases: Cases

    async def ask_hub(self, method: Callable[..., Any], request: Any) -> Any:
        """One call for the agency.

        Raises:
            Refused: the hub said no.
        """
        return await call(method, request, self.person)


Verb = Callable[[Desk, Case, str], Awaitable[None]]


class Named(Protocol):
    """Something with a name in both languages."""

    @property
    def en(self) -> str: ...

    @property
    def el(self) -> str: ...


_Entry = TypeVar("_Entry", bound=Named)


async def choose(desk: Desk, entries: Sequence[_Entry]) -> _Entry:
    """Lets the person pick from a list.

    Raises:
        Refused: nothing was picked.
    """
    for number, entry in enumerate(entries, start=1):
        desk.terminal.print(f"  [bold]{number:>2}[/] {entry.en} · {entry.el}")
    said = await desk.terminal.ask("number (empty: not now): ")
    if not said.isdecimal() or not 1 <= int(said) <= len(entries):
        raise nothing_chosen()
    return entries[int(said) - 1]


def nothing_chosen() -> Refused:
    """The person has thought better of it."""
    return Refused("NOTHING_CHOSEN", "Nothing was chosen, nothing was changed.")


def new_request_id() -> str:
    """Of one thing that a person does, however often it is sent."""
    return str(uuid4())
