"""`./kem dead-letters`: events that a consumer could not take, and what an operator does about them."""

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from tools.operate.answer import Json, tell

if TYPE_CHECKING:
    from tools.operate.settling import Settlement

app = typer.Typer(no_args_is_help=True, epilog="Example: ./kem dead-letters list")

Letters = Annotated[list[str], typer.Argument(metavar="LETTER...", help="As list names them: referral/12.")]


@app.callback()
def dead_letters() -> None:
    """See events that were set aside; have them taken again, or discard them with a reason."""


@app.command("list", epilog="Example: ./kem dead-letters list --all --json")
def list_letters(
    settled: Annotated[bool, typer.Option("--all", help="Also those that were dealt with.")] = False,
    json: Json = False,
) -> None:
    """List what is set aside, in every service."""
    from tools.operate.letters import read_letters
    from tools.operate.running import Running

    tell(asyncio.run(read_letters(Running.here().check_url, is_settled_shown=settled)), as_json=json)


@app.command("show", epilog="Example: ./kem dead-letters show referral/12")
def show_letter(
    letter: Annotated[str, typer.Argument(help="As list names it: referral/12.")], json: Json = False
) -> None:
    """Show one of them: its place, its reason, and what it says, without anything about a person."""
    from tools.operate.letters import read_letter
    from tools.operate.running import Running

    tell(asyncio.run(read_letter(Running.here().check_url, letter)), as_json=json)


@app.command(epilog="Example: ./kem dead-letters redrive referral/12")
def redrive(
    letters: Annotated[
        list[str] | None, typer.Argument(metavar="[LETTER]...", help="As list names them: referral/12.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every one that is an event of ours.")] = False,
    patience_seconds: Annotated[float, typer.Option("--patience", help="Seconds to wait for workers.")] = 30,
    json: Json = False,
) -> None:
    """Put events back on their way; each has its effect once. Exit 1 unless all were taken."""
    from tools.operate.running import Running
    from tools.operate.settling import all_to_redrive, redrive_letters

    if bool(letters) == everything:
        raise typer.BadParameter("Name letters, or say --all.")
    running = Running.here()
    names = asyncio.run(all_to_redrive(running)) if everything else letters or []
    _tell_and_end(asyncio.run(redrive_letters(running, names, patience_seconds)), as_json=json)


@app.command(epilog='Example: ./kem dead-letters discard referral/12 --reason "sent by a test by mistake"')
def discard(
    letters: Letters,
    reason: Annotated[str, typer.Option(help="Why, in a few words; never name a person. It is kept.")],
    json: Json = False,
) -> None:
    """Close letters for good: their events will have no effect. It is put on record."""
    from tools.operate.running import Running
    from tools.operate.settling import discard_letters

    _tell_and_end(asyncio.run(discard_letters(Running.here(), letters, reason)), as_json=json)


def _tell_and_end(settlement: "Settlement", *, as_json: bool) -> None:
    tell(settlement, as_json=as_json)
    if not settlement.is_done:
        raise typer.Exit(1)
