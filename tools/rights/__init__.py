"""`./kem rights`: what people ask by right of the hub itself, for the office that answers them."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from tools.rights.choices import (
    AskedBy,
    ExtensionGround,
    IdentityProof,
    Language,
    NoExportGround,
    RefusalGround,
    Right,
    RightsAnswer,
    RightsRequestView,
)

commands = typer.Typer(
    no_args_is_help=True,
    help="Register and answer what people ask by right. Words are asked for, or read from stdin.",
    epilog="Example: ./kem rights export 2f0c7e9a-5b7e-4a43-9a55-5d1f6a0c3b21 --identity document-seen",
)

_FORMATS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M"]
Request = Annotated[str, typer.Argument(help="The person's request in the register: its id.")]
Told = Annotated[
    datetime | None,
    typer.Option(formats=_FORMATS, help="When the person was told, in Athens; without it, now."),
]
Identity = Annotated[IdentityProof, typer.Option(help="How you made sure who asks.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of lines.")]


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.add_typer(commands, name="rights")


@commands.callback()
def rights() -> None:
    """Answer what people ask by right."""


@commands.command("list")
def list_requests(
    view: Annotated[RightsRequestView, typer.Option(help="Which ones.")] = RightsRequestView.OPEN,
    json: AsJson = False,
) -> None:
    """Show the register, the earliest due first: a supervisor their agency's, officers of the hub all."""
    from tools.rights.desk import list_requests

    list_requests(view, as_json=json)


@commands.command("register")
def register_request(
    person: Annotated[str, typer.Argument(help="Whom it is about: the person's id.")],
    right: Annotated[Right, typer.Option(help="What is asked for.")],
    asked_by: Annotated[AskedBy, typer.Option(help="Who asks.")] = AskedBy.SELF,
    received: Annotated[
        datetime | None,
        typer.Option(
            formats=_FORMATS, help="When it came, in Athens: the month runs from then; without it, now."
        ),
    ] = None,
    json: AsJson = False,
) -> None:
    """Register that somebody asks for a right, in their words; any desk does, of its own people."""
    from tools.rights.desk import register_request

    register_request(person, right, asked_by, received, as_json=json)


@commands.command("extend")
def extend(
    request: Request,
    ground: Annotated[ExtensionGround, typer.Option(help="Why one month is not enough.")],
    told: Told = None,
    json: AsJson = False,
) -> None:
    """Take two months more, once, and say what the person was told; a supervisor or an officer of the hub."""
    from tools.rights.desk import extend

    extend(request, ground, told, as_json=json)


@commands.command("answer")
def answer(
    request: Request,
    answer: Annotated[RightsAnswer, typer.Option("--as", help="How it ended.")],
    ground: Annotated[RefusalGround | None, typer.Option(help="Why, where something is refused.")] = None,
    no_export: Annotated[
        NoExportGround | None, typer.Option(help="Why a request to see is fulfilled without an export.")
    ] = None,
    told: Told = None,
    json: AsJson = False,
) -> None:
    """Put the answer on record, with what the person was told.

    As fulfilled only what was done: an export, a correction, an erasure first; a restriction and an
    objection take effect with it. A supervisor or a data protection officer; to refuse, only the latter.
    """
    from tools.rights.desk import answer as put_on_record

    put_on_record(request, answer, ground, no_export, told, as_json=json)


@commands.command("lift")
def lift(request: Request, told: Told = None, json: AsJson = False) -> None:
    """Lift a restriction: what the person has signed counts again.

    Of a request that was fulfilled by restricting; the person is told before (GDPR article 18(3)), and you
    say why. A supervisor or a data protection officer.
    """
    from tools.rights.desk import lift

    lift(request, told, as_json=json)


@commands.command("protect")
def protect(
    request: Request,
    allow: Annotated[
        list[str] | None,
        typer.Option(help="A data category that who asks gets too, its code; several times."),
    ] = None,
    history: Annotated[bool, typer.Option("--history", help="They also get what happened.")] = False,
    json: AsJson = False,
) -> None:
    """Decide what somebody other than the person gets to see, and why; an officer of protection."""
    from tools.rights.desk import protect

    protect(request, allow or [], history=history, as_json=json)


@commands.command("export")
def export(
    request: Request,
    identity: Identity,
    into: Annotated[
        Path | None,
        typer.Option(file_okay=False, help="The folder for the two files; without it, .kem/exports."),
    ] = None,
    language: Annotated[
        Language | None, typer.Option(help="Of the page; without it, the person's own.")
    ] = None,
    json: AsJson = False,
) -> None:
    """Write what is held about a person into a file and a page to print, as whoever has signed in."""
    from tools.rights.export import export

    export(request, identity, into, language, as_json=json)


@commands.command("erase")
def erase(
    request: Request,
    identity: Identity,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask; for scripts.")] = False,
    json: AsJson = False,
) -> None:
    """Erase a person by their request, for ever, with a certificate; a data protection officer of the hub."""
    from tools.rights.erasure import erase

    erase(request, identity, yes=yes, as_json=json)


@commands.command("certificate")
def certificate(
    certificate: Annotated[str, typer.Argument(help="The certificate: its id.")], json: AsJson = False
) -> None:
    """Show what an erasure destroyed, and what agencies have answered by now."""
    from tools.rights.erasure import show_certificate

    show_certificate(certificate, as_json=json)
