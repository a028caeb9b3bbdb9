"""`./kem push`: where the hub brings deliveries by itself, for an operator."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

commands = typer.Typer(
    no_args_is_help=True,
    help="Bring an agency its deliveries at an address of its own.",
    epilog="Example: ./kem push set UNHCR https://inbox.unhcr.example:8443",
)


class Side(StrEnum):
    """Which of an agency's inboxes."""

    AGENCY = "agency"
    DESK = "desk"


Agency = Annotated[str, typer.Argument(help="The agency's code.")]
WhichInbox = Annotated[Side, typer.Option("--inbox", help="Offers made to it, or what its desk sent.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of lines.")]


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.add_typer(commands, name="push")


@commands.command("set")
def set_endpoint(
    agency: Agency,
    address: Annotated[str, typer.Argument(help="https://host:port of its PartnerInboxService.")],
    inbox: WhichInbox = Side.AGENCY,
    authorities: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="Certificates (PEM) that vouch for it, if its own."),
    ] = None,
    json: AsJson = False,
) -> None:
    """Say where an agency's deliveries are pushed, from now on."""
    from tools.push.office import act, set_endpoint

    pem = authorities.read_text() if authorities else ""
    act(lambda office: set_endpoint(office, agency, inbox, address, pem), as_json=json)


@commands.command("remove")
def remove_endpoint(agency: Agency, inbox: WhichInbox = Side.AGENCY, json: AsJson = False) -> None:
    """Push an agency's deliveries no more. They stay in its inbox."""
    from tools.push.office import act, remove_endpoint

    act(lambda office: remove_endpoint(office, agency, inbox), as_json=json)


@commands.command("resume")
def resume_endpoint(agency: Agency, inbox: WhichInbox = Side.AGENCY, json: AsJson = False) -> None:
    """Try at once what has failed or was given up. Nothing is left out."""
    from tools.push.office import act, resume_endpoint

    act(lambda office: resume_endpoint(office, agency, inbox), as_json=json)


@commands.command("show")
def show_endpoints(agency: Agency, json: AsJson = False) -> None:
    """Show an agency's push endpoints, and the public key by which it knows the hub."""
    from tools.push.office import act, show_endpoints

    act(lambda office: show_endpoints(office, agency), as_json=json)


@commands.command("list")
def list_endpoints(json: AsJson = False) -> None:
    """Show how every push endpoint is doing."""
    from tools.push.office import act, list_endpoints

    act(list_endpoints, as_json=json)
