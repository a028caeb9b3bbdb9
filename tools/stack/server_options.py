"""How a person says on what a hub is to run; the commands that start one have the same words."""

from typing import Annotated

import typer

_BROKER_HELP = "embedded, apache (a real Kafka, started by itself), or HOST:PORT of a Kafka that runs."
_BROKERS_HELP = "How many of Apache's brokers: 1 or 3."
_DATABASE_HELP = (
    "embedded, or an administrator's postgres://USER:PASSWORD@HOST:PORT/postgres; better, because lists of"
    " processes show what is typed here: a file that holds it."
)

BrokerOption = Annotated[
    str | None, typer.Option("--broker", envvar="KEM_BROKER", metavar="KIND", help=_BROKER_HELP)
]
BrokersOption = Annotated[
    int | None, typer.Option("--brokers", envvar="KEM_BROKERS", metavar="NUMBER", help=_BROKERS_HELP)
]
DatabaseOption = Annotated[
    str | None, typer.Option("--database", envvar="KEM_DATABASE", metavar="ADMIN_URL", help=_DATABASE_HELP)
]
KeysOption = Annotated[
    str | None,
    typer.Option(
        "--keys",
        metavar="KIND",
        help="What keeps the vault's keys: file, or pkcs11 (SoftHSM2, or the device that token.json names).",
    ),
]
