"""Takes a person's export from the hub and leaves it as two files that only their owner reads."""

import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import typer
from rich.console import Console

from kem.disclosure.v1 import rights_service_pb2 as messages
from tools.office import Office, at_office
from tools.rights.choices import IdentityProof, Language
from tools.rights.page import page_of
from tools.rights.texts import language_of
from tools.said import chosen, id_of
from tools.stack.layout import DATA, Layout, write_secret


def export(
    rights_request_id: str,
    identity: IdentityProof,
    into: Path | None,
    language: Language | None,
    *,
    as_json: bool,
) -> None:
    """Writes `export-<id>.json` and `export-<id>.html`; the terminal says no more than the page's language.

    Raises:
        StackFailure: no id, nothing runs, nobody is signed in, or the hub refuses, in its own words.
    """
    wanted = id_of(rights_request_id, "a request; ./kem rights list shows them")
    document = at_office(lambda office: _take(office, wanted, identity))
    spoken = language or language_of(document["person"].get("languages", []))
    into = into or Layout(DATA).data / "exports"
    into.mkdir(mode=0o700, parents=True, exist_ok=True)
    name = f"export-{document['disclosure_id']}"
    files = {f"{name}.json": json.dumps(document, ensure_ascii=False, indent=1)}
    files[f"{name}.html"] = page_of(document, document["agencies"], spoken)
    for file, content in files.items():
        write_secret(into / file, content)
    if as_json:
        typer.echo(json.dumps({"files": [str(into / file) for file in files], "language": spoken}))
        return
    console = Console(highlight=False, soft_wrap=True)
    for file in files:
        console.print(str(into / file))
    console.print("Give both to the person, put the answer on record (./kem rights answer), delete them.")


async def _take(office: Office, rights_request_id: str, identity: IdentityProof) -> dict[str, Any]:
    """The document, put together of its pieces, and of every agency its names."""
    request = messages.ExportPersonDataRequest(
        request_id=str(uuid4()),
        rights_request_id=rights_request_id,
        identity_proof=chosen(messages.IdentityProof, identity),
    )
    pieces: list[str] = []
    with Console(stderr=True).status("") as shown:
        async for piece in office.pages(office.hub.rights.ExportPersonData, request):
            pieces.append(piece.document)
            shown.update(f"Received {sum(map(len, pieces)) / 1_000_000:.1f} million characters")
    agencies = await office.agencies()
    names = {agency_id: {"el": one.name.el, "en": one.name.en} for agency_id, one in agencies.items()}
    document: dict[str, Any] = json.loads("".join(pieces))
    return document | {"agencies": names}
