"""What the commands about certificates say."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from uuid import UUID

import typer
from rich.console import Console
from rich.table import Table

from chassis.certificates import Holder
from kernel.vocabulary import Role
from tools.certificates.office import CertificateOffice, HandedOver
from tools.certificates.registry import Entry
from tools.certificates.request import read_request
from tools.stack.layout import DATA, Layout

AGENCIES_CALL: Final = ("notifications", "referral", "intake", "audit")
WIDTH: Final = 140
"""A serial is there to be copied: a narrow terminal wraps the line, and nothing is cut off."""


def issue_for(code: str, folder: Path | None, request: Path | None = None) -> HandedOver:
    """Issues for the agency with this code, as the running hub's directory knows it.

    Raises:
        StackFailure: nothing runs, or there is no such agency, or the request is not one to be signed.
    """
    if request is not None:
        read_request(request)  # what is wrong with it is said before anybody is asked anything
    from tools.office import at_office

    agency_id = UUID(at_office(lambda office: office.agency_id(code), Role.OPERATOR))
    return CertificateOffice(Layout(DATA)).issue(agency_id, code, folder, request)


def print_handed_over(code: str, made: HandedOver) -> None:
    """Where the files are, and what becomes of them."""
    certificate = made.certificate
    typer.echo(f"A certificate for {code}, good until {certificate.end_time:%Y-%m-%d}, is in {made.folder}:")
    if made.has_key:
        typer.echo("  key.pem          its private key: whoever has it can connect as this agency")
    typer.echo("  certificate.pem  the certificate")
    typer.echo(
        "  authorities.pem  by which the agency's client knows the hub. Whatever the address, expect the"
    )
    typer.echo(f"                   names {', '.join(_names())}")
    typer.echo(f"Serial {certificate.serial}, thumbprint {certificate.thumbprint}")
    typer.echo(
        "Hand the files over in person or on an encrypted medium, never by e-mail, and delete them here then."
        if made.has_key
        else "Its private key is the agency's alone. Nothing in these files is secret, but they must come"
        " from you: hand them over in person, or compare the thumbprint by telephone."
    )
    typer.echo(f"Before it ends: ./kem certs renew {code}. If the key is lost:")
    typer.echo(f"./kem certs revoke {code} --reason KEY_LOST")


def _names() -> list[str]:
    return [Holder.of_service(service).server_name for service in AGENCIES_CALL]


def print_revoked(entries: list[Entry]) -> None:
    """Which ones, and what that does."""
    for entry in entries:
        before = f" (it was revoked as {entry.reason} before)" if entry.reason else ""
        typer.echo(f"Revoked: {entry.code}, serial {entry.serial}{before}.")
    typer.echo("The hub of this folder takes no call over it any more; open streams end within seconds.")


def print_list(entries: list[Entry], *, as_json: bool) -> None:
    """A table for people, an object for programs."""
    now = datetime.now(UTC)
    if as_json:
        typer.echo(json.dumps({"certificates": [_as_dict(entry, now) for entry in entries]}, indent=2))
        return
    if not entries:
        typer.echo("No certificate was issued here yet: ./kem up makes the hub's own first.")
        return
    table = Table("whose", "kind", "serial", "issued", "ends", "state", box=None, padding=(0, 1))
    for entry in entries:
        state = f"{entry.state(now)} {entry.reason}".strip()
        days = (f"{entry.issued_time:%Y-%m-%d}", f"{entry.end_time:%Y-%m-%d}")
        table.add_row(entry.code, entry.holder.kind, entry.serial, *days, state)
    console = Console(highlight=False, soft_wrap=True)
    console.width = max(console.width, WIDTH)
    console.print(table)


def sentence_about(entry: Entry, now: datetime) -> str:
    """That a certificate ends soon or has ended, and what to do."""
    ended = "has ended" if entry.end_time <= now else "ends"
    what = "./kem certs renew " + entry.code if entry.holder.kind == "agency" else "./kem up renews it"
    return f"The certificate of {entry.code} {ended} on {entry.end_time:%Y-%m-%d}: {what}."


def _as_dict(entry: Entry, now: datetime) -> dict[str, str | None]:
    return {
        "serial": entry.serial,
        "holder": entry.holder.uri,
        "code": entry.code,
        "issued_time": entry.issued_time.isoformat(),
        "issued_by": entry.issued_by,
        "end_time": entry.end_time.isoformat(),
        "state": entry.state(now),
        "revoked_time": entry.revoked_time.isoformat() if entry.revoked_time else None,
        "revoked_by": entry.revoked_by or None,
        "reason": entry.reason or None,
    }
