"""`./kem audit`: the history as an auditor reads it, takes it along, and verifies it without the hub."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

commands = typer.Typer(
    no_args_is_help=True,
    help="Read, export and verify the history.",
    epilog="Example: ./kem audit export --out city.kem-ledger && ./kem audit verify city.kem-ledger",
)

Database = Annotated[
    str | None,
    typer.Option(help="Read a database (a restored copy) by a URL that may read everything, not the hub."),
]
Since = Annotated[datetime | None, typer.Option(help="Recorded at this time (UTC) or later.")]
Until = Annotated[datetime | None, typer.Option(help="Recorded before this time (UTC).")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of lines.")]


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.add_typer(commands, name="audit")


@commands.callback()
def audit() -> None:
    """Read the history, take it along, and verify it. Sign in first, as an auditor: ./kem login."""


@commands.command(
    "entries", epilog="Example: ./kem audit entries --about 2f0c7e9a-5b7e-4a43-9a55-5d1f6a0c3b21"
)
def entries(
    about: Annotated[
        str | None, typer.Option(help="The id of a referral, person, need, offer, consent, disclosure …")
    ] = None,
    agency: Annotated[str | None, typer.Option(help="An agency's code.")] = None,
    by: Annotated[str | None, typer.Option(help="Who acted: their principal_id.")] = None,
    kind: Annotated[str | None, typer.Option(help="The name of the fact, such as DisclosureGiven.")] = None,
    since: Annotated[datetime | None, typer.Option(help="Entered at this time (UTC) or later.")] = None,
    until: Annotated[datetime | None, typer.Option(help="Entered before this time (UTC).")] = None,
    most: Annotated[int, typer.Option(min=1, help="At most so many.")] = 100,
    json: Json = False,
) -> None:
    """List entries of the ledger, the oldest first."""
    from tools.audit.asking import Wish, list_entries

    list_entries(Wish(about, agency, by, kind, since, until, most), as_json=json)


@commands.command(
    "trace", epilog="Example: ./kem audit trace 2f0c7e9a-5b7e-4a43-9a55-5d1f6a0c3b21 --proof t.kem-trace"
)
def trace(
    referral: Annotated[str, typer.Argument(help="The referral's id; with --person a person's.")],
    person: Annotated[bool, typer.Option("--person", help="The id is a person's random id.")] = False,
    proof: Annotated[
        Path | None, typer.Option(help="Also write a file that proves it: ./kem audit verify FILE.")
    ] = None,
    json: Json = False,
) -> None:
    """Tell the history of a referral, or of a person, entry by entry."""
    from tools.audit.asking import tell_trace

    tell_trace(referral, proof, is_person=person, as_json=json)


@commands.command("why", epilog="Example: ./kem audit why HESTIA phone 2f0c7e9a-5b7e-4a43-9a55-5d1f6a0c3b21")
def why(
    agency: Annotated[str, typer.Argument(help="The agency's code.")],
    field: Annotated[str, typer.Argument(help="What it could see: a data category, or a word like phone.")],
    referral: Annotated[
        str, typer.Argument(help="The referral's id; of what an authority was given, its request's id.")
    ],
    json: Json = False,
) -> None:
    """Tell why an agency could see something of a referral's person: consent, notice, agreement, when."""
    from tools.audit.answering import why

    why(agency, field, referral, as_json=json)


@commands.command("directory", epilog="Example: ./kem audit directory 2f0c7e9a-5b7e-4a43-9a55-5d1f6a0c3b21")
def directory(
    referral: Annotated[str, typer.Argument(help="The referral's id.")],
    json: Json = False,
) -> None:
    """Show what the directory said when a referral was matched: each row that is cited, as it stood."""
    from tools.audit.directory import directory_then

    directory_then(referral, as_json=json)


@commands.command("seen", epilog="Example: ./kem audit seen 2f0c7e9a-5b7e-4a43-9a55-5d1f6a0c3b21 phone")
def seen(
    person: Annotated[str, typer.Argument(help="The person's random id.")],
    field: Annotated[str, typer.Argument(help="What was seen: a data category, or a word like phone.")],
    json: Json = False,
) -> None:
    """Tell who saw something of a person: when, by name, on which basis, under which text."""
    from tools.audit.inquiring import tell_who_saw

    tell_who_saw(person, field, as_json=json)


@commands.command("who", epilog="Example: ./kem audit who 2f0c7e9a-5b7e-4a43-9a55-5d1f6a0c3b21")
def who(
    principals: Annotated[list[str], typer.Argument(help="Who acted, as entries say: random ids.")],
    json: Json = False,
) -> None:
    """Tell who somebody is whom the ledger knows by a random id only."""
    from tools.audit.staff_names import tell_who

    tell_who(principals, as_json=json)


@commands.command("children", epilog="Example: ./kem audit children --since 2026-11-01")
def children(since: Since = None, until: Until = None, json: Json = False) -> None:
    """Tell of each child's consent who authorised it, by which document, and when authorities were told."""
    from tools.audit.inquiring import tell_children

    tell_children(since, until, as_json=json)


@commands.command("interpreters", epilog="Example: ./kem audit interpreters --since 2026-11-01")
def interpreters(since: Since = None, until: Until = None, json: Json = False) -> None:
    """Tell what interpreters heard, and whether they had signed confidentiality."""
    from tools.audit.inquiring import tell_interpreters

    tell_interpreters(since, until, as_json=json)


@commands.command("fairness", epilog="Example: ./kem audit fairness --new")
def fairness(
    new: Annotated[
        bool, typer.Option("--new", help="Make a report of the needs since the last one, a hundred at least.")
    ] = False,
    json: Json = False,
) -> None:
    """Tell whether help comes as soon to some as to others: by language, sex, age, household, urgency."""
    from tools.audit.fairness import tell_fairness

    tell_fairness(make=new, as_json=json)


@commands.command("questions", epilog="Example: ./kem audit questions states --at 2026-11-26T12:00")
def questions(
    name: Annotated[str | None, typer.Argument(help="Which question; without it they are listed.")] = None,
    since: Annotated[datetime | None, typer.Option(help="From entries of this time (UTC) or later.")] = None,
    at: Annotated[
        datetime | None, typer.Option(help="As it stood at this time (UTC); without it now.")
    ] = None,
    json: Json = False,
) -> None:
    """Answer what auditors ask; each line of an answer names the entries that show it."""
    from tools.audit.answering import answer_question, list_questions

    if name is None:
        list_questions(as_json=json)
    else:
        answer_question(name, since, at, as_json=json)


@commands.command("checkpoint", epilog="Example: ./kem audit checkpoint > 2026-11-26.checkpoint")
def checkpoint() -> None:
    """Print the newest signed checkpoint: keep it outside of the hub, for verify --since."""
    from tools.audit.asking import print_checkpoint

    print_checkpoint()


@commands.command("roll-key", epilog="Example: ./kem audit roll-key")
def roll_key(
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask; for scripts.")] = False,
    patience_seconds: Annotated[
        float, typer.Option("--patience", help="Seconds to wait until the ledger has taken it up.")
    ] = 60,
    json: Json = False,
) -> None:
    """Sign the ledger with a new key, for an operator: the former one leaves this machine for good.

    The hub goes on. What the former key signed stays verifiable; agencies must be told of the new one.
    """
    from tools.audit.signing_key import roll_key
    from tools.said import confirmed

    warning = "Every agency has to be told of the new key by telephone, and accept it, before it trusts it."
    confirmed(warning, "Roll the key?", yes=yes)
    roll_key(patience_seconds, as_json=json)


@commands.command("export", epilog="Example: ./kem audit export --out city.kem-ledger")
def export(
    out: Annotated[Path, typer.Option(dir_okay=False, help="The file to write.")],
    database: Database = None,
) -> None:
    """Write the whole ledger into one file, with its checkpoints: whoever has it can verify it alone."""
    import asyncio

    from tools.audit.asking import export_from_hub
    from tools.audit.exporting import InDatabase, export
    from tools.operate.progress import Bar

    with Bar("Writing entries") as bar:
        if database is None:
            written = export_from_hub(out, bar.show)
        else:
            written = asyncio.run(export(InDatabase(database), out, bar.show))
    typer.echo(f"{out}: {written} entries. Verify it with ./kem audit verify {out}")


@commands.command(
    "verify", epilog="Example: ./kem audit verify city.kem-ledger --since kept.checkpoint --key VKEY"
)
def verify(
    file: Annotated[Path, typer.Argument(help="A ledger that was exported, or a trace with proofs.")],
    since: Annotated[
        Path | None, typer.Option(help="A checkpoint that you kept: the ledger must go on from it.")
    ] = None,
    key: Annotated[
        list[str] | None,
        typer.Option(help="The ledger's verifier key as you know it from elsewhere; several if it changed."),
    ] = None,
) -> None:
    """Verify what was exported, without the hub: entry by entry, each source, each checkpoint."""
    from tools.audit import verifier

    given = [part for one in key or () for part in ("--key", one)]
    older = ["--since", str(since)] if since else []
    raise typer.Exit(verifier.main([*given, "file", str(file), *older]))
