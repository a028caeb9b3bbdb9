"""The ledger at a running hub, for whoever has signed in; that they read it stands in it."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import grpc
import typer
from google.protobuf.timestamp_pb2 import Timestamp
from rich.console import Console

from kem.audit.v1 import audit_service_pb2 as messages
from tools.audit.exporting import PATIENCE_SECONDS, Opened, Tell, export, published_at
from tools.audit.reading import Reader
from tools.audit.verifier import TRACE_FORMAT
from tools.office import Office, at_office
from tools.partner.calls import Refused, why
from tools.stack.failure import StackFailure
from tools.stack.layout import write_secret

_PAGE: Final = 500
_LOOK_SECONDS: Final = 0.3


@dataclass(frozen=True, slots=True)
class Wish:
    """Which entries; what is None is not asked for."""

    about: str | None
    agency: str | None
    by: str | None
    kind: str | None
    since_time: datetime | None
    until_time: datetime | None
    most: int


def list_entries(wish: Wish, *, as_json: bool) -> None:
    """Prints them.

    Raises:
        StackFailure: no id, nothing runs, nobody is signed in, or the hub refuses, in its own words.
    """

    async def ask(office: Office) -> tuple[list[dict[str, Any]], dict[str, str]]:
        request = messages.ListEntriesRequest(
            subject_id=id_of(wish.about) if wish.about else None,
            actor_id=id_of(wish.by) if wish.by else None,
            kind=wish.kind,
            agency_id=await office.agency_id(wish.agency) if wish.agency else None,
            from_time=stamp_of(wish.since_time),
            until_time=stamp_of(wish.until_time),
        )
        found: list[dict[str, Any]] = []
        async for body in entries_of(office, request):
            found.append(body)
            if len(found) > wish.most:
                break
        return found, await office.codes()

    found, codes = at_office(ask)
    bodies, has_more = found[: wish.most], len(found) > wish.most
    if as_json:
        typer.echo(json.dumps({"entries": bodies, "has_more": has_more}, ensure_ascii=False, indent=1))
        return
    console, reader = Console(highlight=False, soft_wrap=True), Reader(codes)
    for body in bodies:
        console.print(reader.line(body))
    if not bodies:
        console.print("No entry of the ledger is like that.")
    if has_more:
        console.print(f"There are more; ask with --most, or --since {bodies[-1]['recorded_time'][:19]}.")


def tell_trace(subject: str, proof: Path | None, *, is_person: bool, as_json: bool) -> None:
    """Prints a history, and writes what proves it.

    Raises:
        StackFailure: no id, nothing runs, nobody is signed in, or the hub refuses, in its own words.
    """
    subject_id, with_proofs = id_of(subject), proof is not None

    async def ask(office: Office) -> tuple[list[messages.TracedEntry], dict[str, str], list[str]]:
        history = traced(office, subject_id, is_person=is_person, with_proofs=with_proofs)
        found = [one async for one in history]
        newest = await office(office.hub.audit.GetCheckpoint, messages.GetCheckpointRequest())
        return found, await office.codes(), list(newest.verifier_keys)

    found, codes, keys = at_office(ask)
    bodies = [json.loads(one.entry.body) for one in found]
    stages = [messages.Stage.Name(one.stage).removeprefix("STAGE_") for one in found]
    if as_json:
        told = [{"stage": stage, **body} for stage, body in zip(stages, bodies, strict=True)]
        typer.echo(json.dumps({"id": subject, "history": told}, ensure_ascii=False, indent=1))
    else:
        console, reader = Console(highlight=False, soft_wrap=True), Reader(codes)
        for stage, body in zip(stages, bodies, strict=True):
            console.print(reader.line(body, stage))
    if proof is not None:
        _write_proof(proof, subject, found, keys)


async def traced(
    office: Office, subject_id: str, *, is_person: bool = False, with_proofs: bool = False
) -> AsyncIterator[messages.TracedEntry]:
    """A history, page by page."""
    audit = office.hub.audit
    method: Any = audit.TraceReferral
    request: Any = messages.TraceReferralRequest(referral_id=subject_id, with_proofs=with_proofs)
    if is_person:
        method = audit.TraceBeneficiary
        request = messages.TraceBeneficiaryRequest(beneficiary_id=subject_id, with_proofs=with_proofs)
    while True:
        page = await office(method, request)
        for one in page.entries:
            yield one
        if not page.HasField("next_after_index"):
            return
        request.after_index = page.next_after_index


async def entries_of(office: Office, request: messages.ListEntriesRequest) -> AsyncIterator[dict[str, Any]]:
    """The bodies of all entries that are asked for, page by page."""
    request.page_size = _PAGE
    while True:
        page = await office(office.hub.audit.ListEntries, request)
        for entry in page.entries:
            yield json.loads(entry.body)
        if not page.HasField("next_after_index"):
            return
        request.after_index = page.next_after_index


def print_checkpoint() -> None:
    """Prints it as it is, for a file; what it is goes to stderr."""
    given = at_office(lambda office: office(office.hub.audit.GetCheckpoint, messages.GetCheckpointRequest()))
    typer.echo(given.note, nl=False)
    typer.echo(
        f"{given.size} entries, signed {given.signed_time.ToDatetime(tzinfo=UTC):%Y-%m-%d %H:%M:%S} UTC."
        f" Verifier key: {given.verifier_keys[0]}",
        err=True,
    )


def export_from_hub(out: Path, tell: Tell) -> int:
    """Writes the whole ledger; answers how many entries."""
    return at_office(lambda office: export(AtHub(office), out, tell))


@dataclass(frozen=True, slots=True)
class AtHub:
    """The ledger as the hub gives it; how far sources have published is not asked of the ledger's service."""

    office: Office

    async def published(self) -> dict[str, int]:
        """By each service's own mark."""
        return await published_at(self.office.hub.doors.check_url)

    @asynccontextmanager
    async def open(self, published: dict[str, int]) -> AsyncIterator[Opened]:
        """As large as it is when all of that is in it and signed: what is under no checkpoint proves nothing
        yet, and after a roll of the key nothing is under the new one.
        """
        audit, clock = self.office.hub.audit, asyncio.get_running_loop().time
        ends_at, whole_size = clock() + PATIENCE_SECONDS, None
        while True:
            now = await self.office(audit.GetCheckpoint, messages.GetCheckpointRequest())
            if whole_size is None and all(
                now.positions.get(source, 0) >= mark for source, mark in published.items()
            ):
                whole_size = now.entries
            if (whole_size is not None and now.size >= whole_size) or clock() > ends_at:
                break
            await asyncio.sleep(_LOOK_SECONDS)
        request, notes = messages.ListCheckpointsRequest(), []
        while True:
            page = await self.office(audit.ListCheckpoints, request)
            notes += page.notes
            if not page.HasField("next_after_size"):
                break
            request.after_size = page.next_after_size
        signed = [note for note in notes if int(note.split("\n")[1]) <= now.entries]
        yield Opened(now.entries, signed, list(now.verifier_keys), self._entries(now.entries))

    async def _entries(self, size: int) -> AsyncIterator[tuple[bytes, str]]:
        stream = self.office.hub.audit.StreamEntries(
            messages.StreamEntriesRequest(), metadata=self.office.caller.credentials()
        )
        try:
            async for answer in stream:
                for entry in answer.entries:
                    if entry.index >= size:
                        return
                    yield entry.leaf_hash, entry.body
                    if entry.index == size - 1:
                        return
        except grpc.aio.AioRpcError as error:
            raise Refused(why(error)[0], error.details() or error.code().name) from None
        finally:
            stream.cancel()


def _write_proof(file: Path, subject: str, found: list[messages.TracedEntry], keys: list[str]) -> None:
    """One JSON object: each entry with its proof. It is read by verifying it, so what is shown is proved."""
    covered = [one for one in found if one.proof]
    if len(covered) < len(found):
        raise StackFailure(
            f"{len(found) - len(covered)} of {len(found)} entries are under no checkpoint yet; ask again in"
            " ten seconds."
        )
    bundle = {
        "format": TRACE_FORMAT,
        "id": subject,
        "keys": keys,
        "entries": [{"body": one.entry.body, "proof": one.proof} for one in found],
    }
    write_secret(file, json.dumps(bundle, ensure_ascii=False, indent=1) + "\n")
    typer.echo(
        f"{file}: {len(found)} entries, each with its proof. Verify it with ./kem audit verify {file}",
        err=True,
    )


def id_of(text: str) -> str:
    """An id as it is typed.

    Raises:
        StackFailure: it is none.
    """
    try:
        return str(UUID(text))
    except ValueError:
        raise StackFailure(f"{text} is no id.", 2) from None


def stamp_of(instant: datetime | None) -> Timestamp | None:
    """An instant of UTC in a request; None where none is asked for."""
    if instant is None:
        return None
    stamp = Timestamp()
    stamp.FromDatetime(instant.replace(tzinfo=UTC))
    return stamp
