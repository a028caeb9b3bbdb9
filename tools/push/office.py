"""An operator's calls about push endpoints, and what is said about them."""

import base64
import json
from collections.abc import Awaitable, Callable
from typing import Any, Final
from uuid import uuid4

from rich.markup import escape

from kem.notifications.v1 import push_service_pb2 as messages
from kem.notifications.v1.delivery_pb2 import INBOX_AGENCY, INBOX_DESK
from kernel.vocabulary import Role
from tools.office import PAGE, Answer, Office, at_office, say
from tools.push.words import as_dict, sentences

_INBOXES: Final = {"agency": INBOX_AGENCY, "desk": INBOX_DESK}


class PushOffice(Office):
    """An operator."""

    async def about(self, code: str, inbox: str) -> dict[str, Any]:
        """The fields by which every change names an endpoint."""
        return {
            "request_id": str(uuid4()),
            "agency_id": await self.agency_id(code),
            "inbox": _INBOXES[inbox],
        }


def act(do: Callable[[PushOffice], Awaitable[Answer]], *, as_json: bool) -> None:
    """Does it at the running hub and says what came of it.

    Raises:
        StackFailure: nothing runs, or the hub refuses, in its own words.
    """
    answer = at_office(lambda office: do(PushOffice(office.hub, office.caller)), Role.OPERATOR)
    say(answer, as_json=as_json)


async def set_endpoint(office: PushOffice, agency: str, inbox: str, address: str, authorities: str) -> Answer:
    """Sets an endpoint."""
    request = messages.SetPushEndpointRequest(
        **await office.about(agency, inbox), address=address, authorities=authorities
    )
    answer = await office(office.hub.push.SetPushEndpoint, request)
    return _one(agency, answer.endpoint)


async def remove_endpoint(office: PushOffice, agency: str, inbox: str) -> Answer:
    """Removes an endpoint."""
    request = messages.RemovePushEndpointRequest(**await office.about(agency, inbox))
    answer = await office(office.hub.push.RemovePushEndpoint, request)
    pushed = answer.pushed_sequence
    lines = [f"Nothing is pushed to {escape(agency.upper())} any more; it had got everything up to {pushed}."]
    return Answer(lines, {"pushed_sequence": pushed})


async def resume_endpoint(office: PushOffice, agency: str, inbox: str) -> Answer:
    """Resumes an endpoint."""
    request = messages.ResumePushEndpointRequest(**await office.about(agency, inbox))
    answer = await office(office.hub.push.ResumePushEndpoint, request)
    return _one(agency, answer.endpoint)


async def show_endpoints(office: PushOffice, agency: str) -> Answer:
    """An agency's endpoints, with the hub's public key as a JSON Web Key (RFC 8037)."""
    request = messages.ListPushEndpointsRequest(agency_id=await office.agency_id(agency), page_size=PAGE)
    page = await office(office.hub.push.ListPushEndpoints, request)
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


async def list_endpoints(office: PushOffice) -> Answer:
    """All endpoints."""
    pages = office.pages(office.hub.push.ListPushEndpoints, messages.ListPushEndpointsRequest(page_size=PAGE))
    found = [one async for page in pages for one in page.endpoints]
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
