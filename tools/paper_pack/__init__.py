"""`./kem paper-pack`: what a desk writes on while the hub is away, to be entered later with its own times."""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Final
from zoneinfo import ZoneInfo

import typer

from tools.notices.files import SAMPLE_NOTICE

_ATHENS: Final = ZoneInfo("Europe/Athens")


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("paper-pack", epilog="Example: ./kem paper-pack --out outage.pdf --forms 30")(paper_pack)


def paper_pack(
    out: Annotated[Path, typer.Option(metavar="FILE", help="The PDF to print. One that is there stays.")],
    forms: Annotated[int, typer.Option(min=1, max=500, help="How many people it is for.")] = 20,
    notice: Annotated[
        Path, typer.Option(metavar="FOLDER", help="The notice that the hub has published last.")
    ] = SAMPLE_NOTICE,
) -> None:
    """Make numbered forms and consent texts for an outage. They are entered at the desk afterwards."""
    from services.console.adapters.receipt.pdf import laid_out
    from tools.notices.files import read_notice
    from tools.paper_pack.pages import number_of, pack
    from tools.receipt.ready import make_ready
    from tools.stack.failure import StackFailure

    if out.exists():
        raise StackFailure(f"{out} is there already; name another file, so that no number is given twice.", 2)
    make_ready(lambda sentence: typer.echo(sentence, err=True))
    published = read_notice(notice)
    today = datetime.now(_ATHENS).date()
    made = laid_out(pack(published, today, forms)).write_pdf()
    with out.open("xb") as file:
        file.write(made)
    first, last = number_of(today, 1), number_of(today, forms)
    typer.echo(f"{forms} forms, numbered {first} to {last}: print {out}.")
