"""An operator's calls about push endpoints, and what is said about them."""

import asyncio
import base64
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar
from uuid import uuid4

import typer
from rich.console import Console
from rich.markup import escape

from kem.directory.v1.directory_service_pb2 import ListAgenciesRequest
from kem.notifications.v1 import push_service_pb2 as messages
from kem.notifications.v1.delivery_pb2 import INBOX_AGENCY, INBOX_DESK
from kernel.ids import derived_id
from kernel.vocabulary import Role
from tools.hub import Doors, Hub, Person
from tools.partner.calls import Refused, call
from tools.push.words import as_dict, sentences
from tools.stack.failure import StackFailure
from tools.stack.layout import DATA, Layout

Found = TypeVar("Found")

_PAGE: Final = 200
_INBOXES: Final = {"agency": INBOX_AGENCY, "desk": INBOX_DESK}


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command has to say: lines for a person, an object for a program."""

    lines: list[str]
    object: Any


@dataclass(frozen=True, slots=True)
class Office:
    """An operator at a running hub."""

    hub: Hub
    operator: Person

    async def agency_id(self, code: str) -> str:
        """The agency of this code.

        Raises:
            StackFailure: there is none.
        """
        found = await call(
            self.hub.directory.ListAgencies, ListAgenciesRequest(code=code.upper()), self.operator
        )
        if not found.agencies:
            raise StackFailure(f"No agency has the code {code.upper()}; see the directory.", 2)
        return str(found.agencies[0].agency_id)

    async def codes(self) -> dict[str, str]:
        """Each agency's code by its id."""
        codes: dict[str, str] = {}
        token = ""
        while True:
            request = ListAgenciesRequest(page_size=_PAGE, page_token=token)
            page = await call(self.hub.directory.ListAgencies, request, self.operator)
            codes |= {agency.agency_id: agency.code for agency in page.agencies}
            token = page.next_page_token
            if not token:
                return codes

    async def about(self, code: str, inbox: str) -> dict[str, Any]:
        """The fields by which every change names an endpoint."""
        return {
            "request_id": str(uuid4()),
            "agency_id": await self.agency_id(code),
            "inbox": _INBOXES[inbox],
        }


def act(do: Callable[[Office], Awaitable[Answer]], *, as_json: bool) -> None:
    """Does it at the running hub and says what came of it.

    Raises:
        StackFailure: nothing runs, or the hub refuses, in its own words.
    """
    answer = asyncio.run(at_office(do))
    if as_json:
        typer.echo(json.dumps(answer.object, indent=2))
        return
    console = Console(highlight=False, soft_wrap=True)
    for line in answer.lines:
        console.print(line)


async def at_office(do: Callable[[Office], Awaitable[Found]]) -> Found:
    """What an operator at the running hub finds.

    Raises:
        StackFailure: nothing runs, or the hub refuses, in its own words.
    """
    hub = Hub(Doors.of(Layout(DATA)))
    try:
        return await do(Office(hub, hub.person(derived_id("staff", "operator"), None, Role.OPERATOR)))
    except Refused as refusal:
        raise StackFailure(f"{refusal.words} ({refusal.reason})", 1) from None
    finally:
        await hub.close()


async def set_endpoint(office: Office, agency: str, inbox: str, address: str, authorities: str) -> Answer:
    """Sets an endpoint."""
    request = messages.SetPushEndpointRequest(
        **await office.about(agency, inbox), address=address, authorities=authorities
    )
    answer = await call(office.hub.push.SetPushEndpoint, request, office.operator)
    return _one(agency, answer.endpoint)


async def remove_endpoint(office: Office, agency: str, inbox: str) -> Answer:
    """Removes an endpoint."""
    request = messages.RemovePushEndpointRequest(**await office.about(agency, inbox))
    answer = await call(office.hub.push.RemovePushEndpoint, request, office.operator)
    pushed = answer.pushed_sequence
    lines = [f"Nothing is pushed to {escape(agency.upper())} any more; it had got everything up to {pushed}."]
    return Answer(lines, {"pushed_sequence": pushed})


async def resume_endpoint(office: Office, agency: str, inbox: str) -> Answer:
    """Resumes an endpoint."""
    request = messages.ResumePushEndpointRequest(**await office.about(agency, inbox))
    answer = await call(office.hub.push.ResumePushEndpoint, request, office.operator)
    return _one(agency, answer.endpoint)


async def show_endpoints(office: Office, agency: str) -> Answer:
    """An agency's endpoints, with the hub's public key as a JSON Web Key (RFC 8037)."""
    request = messages.ListPushEndpointsRequest(agency_id=await office.agency_id(agency), page_size=_PAGE)
    page = await call(office.hub.push.ListPushEndpoints, request, office.operator)
    lines = [line for one in page.endpoints for line in sentences(agency.upper(), one)]
    key = {
        "kty": "OKP",
        "crv": "Ed25519",
        "alg": "EdDSA",
        "kid": page.signer.key_id,
        "x": base64.urlsafe_b64encode(page.signer.public_key).decode().rstrip("="),
    }
    lines = lines or [f"Nothing is pushed to {escape(agency.upper())}."]
    lines += ["", f"The hub calls itself {page.signer.issuer}; partners check its word by this public key:"]
    return Answer(
        [*lines, escape(json.dumps(key))],
        {
            "endpoints": [as_dict(agency.upper(), one) for one in page.endpoints],
            "issuer": page.signer.issuer,
            "key": key,
        },
    )


async def list_endpoints(office: Office) -> Answer:
    """All endpoints."""
    found: list[messages.PushEndpoint] = []
    token = ""
    while True:
        request = messages.ListPushEndpointsRequest(page_size=_PAGE, page_token=token)
        page = await call(office.hub.push.ListPushEndpoints, request, office.operator)
        found += page.endpoints
        token = page.next_page_token
        if not token:
            break
    if not found:
        return Answer(["Nothing is pushed to anybody; agencies fetch their deliveries."], {"endpoints": []})
    codes = await office.codes()
    named = sorted((codes.get(one.agency_id, one.agency_id), one.inbox, one) for one in found)
    return Answer(
        [line for code, _, one in named for line in sentences(code, one)],
        {"endpoints": [as_dict(code, one) for code, _, one in named]},
    )


def _one(agency: str, endpoint: messages.PushEndpoint) -> Answer:
    return Answer(sentences(agency.upper(), endpoint), as_dict(agency.upper(), endpoint))
