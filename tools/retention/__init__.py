"""`./kem retention`: what was kept for long enough, and its destruction by a data protection officer."""

from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command(epilog='Example: ./kem retention --do --reason "The round of November 2026"')(retention)


def retention(
    do: Annotated[
        bool,
        typer.Option("--do", help="Destroy what is due, in the name of whoever ./kem login signed in."),
    ] = False,
    reason: Annotated[
        str, typer.Option(help="Why now, for the record; nothing about a person. With --do.")
    ] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask; for scripts. With --do.")] = False,
    signed_in: Annotated[
        bool,
        typer.Option(
            "--signed-in",
            help="Look as whoever ./kem login signed in, not as this machine's data protection officer.",
        ),
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of lines.")] = False,
) -> None:
    """Say what is due to be destroyed, and what is held back and why; destroy it only with --do.

    What is destroyed cannot be brought back. It may be broken off and run again: nobody is done twice.
    """
    from kernel.vocabulary import Role
    from tools.office import at_office, say
    from tools.retention.destroying import destroy
    from tools.retention.looking import look
    from tools.stack.failure import StackFailure

    if not do:
        if reason or yes:
            raise StackFailure("--reason and --yes go with --do; without it nothing is destroyed.", 2)
        say(at_office(look, None if signed_in else Role.DPO), as_json=json)
        return
    if not reason.strip():
        raise StackFailure('Say why now: ./kem retention --do --reason "…". It is kept on record.', 2)
    say(at_office(lambda office: destroy(office, reason.strip(), asks=not yes)), as_json=json)
