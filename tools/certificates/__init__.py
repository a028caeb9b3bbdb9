"""`./kem certs`: who may connect to the hub, for an operator."""

from pathlib import Path
from typing import Annotated

import typer

from tools.certificates.registry import RevocationReason

commands = typer.Typer(
    no_args_is_help=True,
    help="Say who may connect to the hub: issue, renew and revoke certificates.",
    epilog="Example: ./kem certs issue UNHCR --out /media/stick/unhcr",
)

Agency = Annotated[str, typer.Argument(help="The agency's code.")]
Out = Annotated[
    Path | None,
    typer.Option(
        "--out",
        file_okay=False,
        help="The folder for the files; .kem/agencies/AGENCY without, or the request's.",
    ),
]


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.add_typer(commands, name="certs")


Request = Annotated[
    Path | None,
    typer.Option(
        "--request",
        metavar="FILE.csr",
        dir_okay=False,
        help="The agency's own certificate request: its private key then never is on this machine.",
    ),
]


@commands.command("issue", epilog="Example: ./kem certs issue UNHCR --request /media/stick/unhcr.csr")
def issue(agency: Agency, out: Out = None, request: Request = None) -> None:
    """Make a certificate with which an agency's systems may connect, and its key unless they have made it."""
    from tools.certificates.words import issue_for, print_handed_over

    print_handed_over(agency.upper(), issue_for(agency.upper(), out, request))


@commands.command("renew")
def renew(agency: Agency, out: Out = None, request: Request = None) -> None:
    """Make an agency another certificate before its present one ends; that one stays in force till then."""
    from tools.certificates.office import CertificateOffice
    from tools.certificates.words import print_handed_over
    from tools.stack.layout import DATA, Layout

    print_handed_over(agency.upper(), CertificateOffice(Layout(DATA)).renew(agency.upper(), out, request))


@commands.command("revoke")
def revoke(
    whose: Annotated[str, typer.Argument(metavar="AGENCY|SERIAL", help="An agency's code: all of its own.")],
    reason: Annotated[
        RevocationReason,
        typer.Option(metavar="REASON", help=f"Why, for the record: {', '.join(RevocationReason)}."),
    ],
) -> None:
    """Take no more calls over a certificate, nor over any other of its key where that is lost or compromised.

    Open streams over it end within seconds.
    """
    from tools.certificates.office import CertificateOffice
    from tools.certificates.words import print_revoked
    from tools.stack.layout import DATA, Layout
    from tools.stack.room import plain_about_full_disks

    with plain_about_full_disks(DATA):
        print_revoked(CertificateOffice(Layout(DATA)).revoke(whose, reason))


@commands.command("list")
def list_certificates(
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of a table.")] = False,
) -> None:
    """Show every certificate that was issued."""
    from tools.certificates.office import CertificateOffice
    from tools.certificates.words import print_list
    from tools.stack.layout import DATA, Layout

    print_list(CertificateOffice(Layout(DATA)).registry.entries(), as_json=json)
