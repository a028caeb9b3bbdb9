"""`./kem partner`: a partner agency's live terminal."""

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command(epilog="Example: ./kem partner --agency IFR")(partner)


def partner(
    agency: Annotated[str, typer.Option(help="The agency's code; ./kem up shows some.")],
    from_start: Annotated[
        bool, typer.Option(help="Show the whole inbox again, from its first delivery.")
    ] = False,
    certificate: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            file_okay=False,
            help="The folder that ./kem certs issue made; .kem/agencies/CODE without.",
        ),
    ] = None,
) -> None:
    """Sit at a partner agency's desk: offers appear as they are made; answer them by typing."""
    import signal
    import sys

    from tools.stack.failure import StackFailure
    from tools.stack.layout import DATA, Layout

    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise StackFailure(
            "./kem partner talks to a person: start it in a terminal. Programs subscribe over gRPC"
            " (kem.notifications.v1.InboxService/Subscribe).",
            2,
        )
    import asyncio

    from tools.certificates.office import CertificateOffice
    from tools.hub import Doors
    from tools.partner.sitting import sit_down

    # a shell that starts it in the background lets it ignore Ctrl-C; whoever brings it to the front means it
    signal.signal(signal.SIGINT, signal.default_int_handler)
    layout = Layout(DATA)
    office = CertificateOffice(layout)
    try:
        asyncio.run(
            sit_down(
                Doors.of(layout),
                agency,
                DATA / "partner",
                lambda agency_id, code: office.of_a_sitting(agency_id, code, certificate),
                from_start=from_start,
            )
        )
    except KeyboardInterrupt:
        return
