"""A whole hub with its console, and people of every role who have signed in there."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID, uuid4

from kem.access.v1 import access_service_pb2 as messages
from kem.directory.v1.directory_service_pb2 import ListAgenciesRequest
from kernel.vocabulary import Role
from tests.support.pages import Browser
from tools.hub import Doors, Hub
from tools.sample_staff import Account, begin_session, open_account
from tools.stack.options import StackOptions
from tools.stack.stack import Stack

PASSWORD = "four green chairs"


@dataclass
class ConsoleHub:
    """The running hub; `hub` has doors for arranging what pages are to show."""

    stack: Stack
    hub: Hub
    sessions: dict[tuple[frozenset[Role], str], str] = field(default_factory=dict)
    codes: dict[str, UUID] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://{self.stack.addresses['console']}"

    async def agency_id(self, code: str) -> UUID:
        """Of an agency of the sample city."""
        if code not in self.codes:
            operator = self.hub.person(uuid4(), None, Role.OPERATOR)
            found = await self.hub.directory.ListAgencies(
                ListAgenciesRequest(code=code), metadata=operator.credentials()
            )
            self.codes[code] = UUID(found.agencies[0].agency_id)
        return self.codes[code]

    async def session(self, *roles: Role, agency: str = "") -> str:
        """The secret of a session, with a second factor, of the one who has just these roles."""
        key = (frozenset(roles), agency)
        if key not in self.sessions:
            self.sessions[key] = await self.new_session(*roles, agency=agency)
        return self.sessions[key]

    async def new_session(self, *roles: Role, agency: str = "") -> str:
        """Of somebody new."""
        return await begin_session(self.hub, await self.member(*roles, agency=agency))

    async def account(
        self, *roles: Role, agency: str = "", name: str = "Sample Person"
    ) -> messages.Credentials:
        """Somebody new, who has chosen a password and has no authenticator."""
        return (await self.member(*roles, agency=agency, name=name)).credentials

    async def member(self, *roles: Role, agency: str = "", name: str = "Sample Person") -> Account:
        """Somebody new, likewise, with the id by which all else knows them."""
        agency_id = await self.agency_id(agency) if agency else None
        return await open_account(self.hub, roles, agency_id, name=name, password=PASSWORD)

    @asynccontextmanager
    async def browser_of(self, member: Account) -> AsyncIterator[Browser]:
        """A browser in which this one has signed in."""
        async with Browser(self.url, "en") as browser:
            browser.keep("kem-session", await begin_session(self.hub, member))
            yield browser

    @asynccontextmanager
    async def browser(self, *roles: Role, agency: str = "", language: str = "en") -> AsyncIterator[Browser]:
        """A browser in which somebody with these roles has signed in; without roles nobody has."""
        async with Browser(self.url, language) as browser:
            if roles:
                browser.keep("kem-session", await self.session(*roles, agency=agency))
            yield browser


@asynccontextmanager
async def running_console(
    folder: Path,
    services: Sequence[str] | None = None,
    settings_of: dict[str, dict[str, str]] | None = None,
) -> AsyncIterator[ConsoleHub]:
    """A hub with the sample city, ended afterwards."""
    options = StackOptions(is_durable=False, services=services, settings_of=settings_of or {})
    stack = Stack(folder, options)
    async with AsyncExitStack() as ending:
        await stack.start()
        ending.push_async_callback(stack.stop)
        hub = Hub(Doors.of(stack.layout))
        ending.push_async_callback(hub.close)
        yield ConsoleHub(stack, hub)
