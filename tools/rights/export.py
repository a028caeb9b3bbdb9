"""Takes a person's export from the hub and leaves it as two files that only their owner reads."""

import asyncio
import json
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid4

import typer
from rich.console import Console

from kem.directory.v1.directory_service_pb2 import ListAgenciesRequest
from kem.disclosure.v1 import rights_service_pb2 as messages
from tools.hub import Credentials, Doors, Hub
from tools.login.kept import signed_in_at
from tools.partner.calls import Refused, call
from tools.rights import Identity, Language
from tools.rights.page import page_of
from tools.rights.texts import language_of
from tools.stack.failure import StackFailure
from tools.stack.layout import DATA, Layout, write_secret

_PROOFS: Final = {one: messages.IdentityProof.Value(f"IDENTITY_PROOF_{one.name}") for one in Identity}


def export(
    rights_request_id: str, identity: Identity, into: Path, language: Language | None, *, as_json: bool
) -> None:
    """Writes `export-<id>.json` and `export-<id>.html`; nothing of the person is said on the terminal.

    Raises:
        StackFailure: no id, nothing runs, nobody is signed in, or the hub refuses, in its own words.
    """
    try:
        wanted = UUID(rights_request_id)
    except ValueError:
        raise StackFailure(f"{rights_request_id} is no id of a request; see the register.", 2) from None
    document, agencies = asyncio.run(_take(wanted, identity))
    document["agencies"] = agencies
    spoken = language or language_of(document["person"].get("languages", []))
    into.mkdir(mode=0o700, parents=True, exist_ok=True)
    name = f"export-{document['disclosure_id']}"
    files = {f"{name}.json": json.dumps(document, ensure_ascii=False, indent=1)}
    files[f"{name}.html"] = page_of(document, agencies, spoken)
    for file, content in files.items():
        write_secret(into / file, content)
    if as_json:
        typer.echo(json.dumps({"files": [str(into / file) for file in files], "language": spoken}))
        return
    console = Console(highlight=False, soft_wrap=True)
    for file in files:
        console.print(str(into / file))
    console.print("Give both to the person, put the answer on record (AnswerRightsRequest), delete them.")


async def _take(rights_request_id: UUID, identity: Identity) -> tuple[dict[str, Any], dict[str, Any]]:
    layout = Layout(DATA)
    hub = Hub(Doors.of(layout))
    try:
        caller = await signed_in_at(hub, layout)
        request = messages.ExportPersonDataRequest(
            request_id=str(uuid4()),
            rights_request_id=str(rights_request_id),
            identity_proof=_PROOFS[identity],
        )
        given = await call(hub.rights.ExportPersonData, request, caller)
        return json.loads(given.document), await _agencies(hub, caller)
    except Refused as refusal:
        raise StackFailure(f"{refusal.words} ({refusal.reason})", 1) from None
    finally:
        await hub.close()


async def _agencies(hub: Hub, caller: Credentials) -> dict[str, Any]:
    """Names by id."""
    found: dict[str, Any] = {}
    request = ListAgenciesRequest(page_size=200)
    while True:
        page = await call(hub.directory.ListAgencies, request, caller)
        found |= {one.agency_id: {"el": one.name.el, "en": one.name.en} for one in page.agencies}
        if not page.next_page_token:
            return found
        request.page_token = page.next_page_token
