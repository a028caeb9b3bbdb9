"""`./kem complaints`: complaints about agencies and the hub, for desks and for officers who answer them."""

from datetime import datetime
from typing import Annotated

import typer

from tools.rights.choices import ComplaintFinding, ComplaintKind, ComplaintView

commands = typer.Typer(
    no_args_is_help=True,
    help="Register and answer complaints. Words are asked for, or read from stdin.",
    epilog="Example: ./kem complaints register --kind help --about UNHCR",
)

_FORMATS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M"]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of lines.")]


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.add_typer(commands, name="complaints")


@commands.callback()
def complaints() -> None:
    """Register and answer complaints."""


@commands.command("list")
def list_complaints(
    view: Annotated[ComplaintView, typer.Option(help="Which ones.")] = ComplaintView.OPEN,
    json: AsJson = False,
) -> None:
    """Show complaints, the earliest due first: officers of the hub all, a supervisor those of their desk."""
    from tools.complaints.desk import list_complaints

    list_complaints(view, as_json=json)


@commands.command("register")
def register_complaint(
    kind: Annotated[ComplaintKind, typer.Option(help="What it is about.")],
    about: Annotated[
        str | None, typer.Option(help="The agency that it is about: its code; without it, none or the hub.")
    ] = None,
    person: Annotated[
        str | None, typer.Option(help="Who complains: the person's id; without it, by nobody known.")
    ] = None,
    received: Annotated[
        datetime | None, typer.Option(formats=_FORMATS, help="When they said it, in Athens; without it, now.")
    ] = None,
    json: AsJson = False,
) -> None:
    """Register a complaint at any desk, in the words of whoever complains, by name or without."""
    from tools.complaints.desk import register_complaint

    register_complaint(kind, about, person, received, as_json=json)


@commands.command("answer")
def answer(
    complaint: Annotated[str, typer.Argument(help="The complaint: its id.")],
    finding: Annotated[ComplaintFinding, typer.Option(help="What was found.")],
    told: Annotated[
        datetime | None,
        typer.Option(formats=_FORMATS, help="When who complained was told, in Athens; without it, now."),
    ] = None,
    nobody_told: Annotated[
        bool, typer.Option("--nobody-told", help="Nobody knows who complained, so nobody was told.")
    ] = False,
    json: AsJson = False,
) -> None:
    """Put on record what was found and done: a data protection or safeguarding officer of the hub."""
    from tools.complaints.desk import answer

    answer(complaint, finding, None if nobody_told else told, is_told=not nobody_told, as_json=json)
