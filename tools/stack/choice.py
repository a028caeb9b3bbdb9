"""On which broker and PostgreSQL a hub runs, and what keeps its keys; its data folder remembers."""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Final

from tools.stack.existing_postgres import AdminUrl
from tools.stack.failure import StackFailure
from tools.stack.layout import Layout, write_secret

EMBEDDED: Final = "embedded"
APACHE: Final = "apache"
FILE: Final = "file"
PKCS11: Final = "pkcs11"
NUMBERS_OF_BROKERS: Final = (1, 3)
_ADDRESSES: Final = re.compile(r"[^\s,:/]+:\d{1,5}(,[^\s,:/]+:\d{1,5})*")


@dataclass(frozen=True, slots=True)
class Choice:
    """What a hub stands on.

    Args:
        broker: `embedded`, `apache`, or the address of a Kafka (HOST:PORT, several with commas).
        brokers: how many of Apache's; 1 otherwise.
        database: `embedded`, or HOST:PORT of a PostgreSQL.
        admin: the way into that one.
        keys: what keeps the vault's keys: `file`, or `pkcs11` for a token.
    """

    broker: str = EMBEDDED
    brokers: int = 1
    database: str = EMBEDDED
    admin: AdminUrl | None = field(default=None, repr=False)
    keys: str = FILE

    def __str__(self) -> str:
        keys = ", with its keys in a PKCS#11 token" if self.keys == PKCS11 else ""
        return f"{_broker_said(self.broker, self.brokers)} and {_database_said(self.database)}{keys}"


def choose_servers(
    layout: Layout, broker: str | None, brokers: int | None, database: str | None, keys: str | None = None
) -> tuple[Choice, bool]:
    """What is asked for, or else what the folder remembers, or else the embedded ones; and whether it is new.

    Args:
        database: `embedded` or an administrator's URL.

    Raises:
        StackFailure: it makes no sense, or the folder runs on something else.
    """
    _check(broker, brokers, keys)
    remembered = _remembered(layout)
    admin = AdminUrl.parse(database) if database not in (None, EMBEDDED) else None
    place = admin.place if admin else database
    if remembered is None:
        chosen = keys or keys_of(layout)
        return Choice(broker or EMBEDDED, brokers or 1, place or EMBEDDED, admin, chosen), True
    asked = Choice(
        remembered.broker if broker is None else broker,
        remembered.brokers if brokers is None and broker in (None, remembered.broker) else brokers or 1,
        place or remembered.database,
        admin or _remembered_admin(layout, remembered),
        keys or remembered.keys,
    )
    if _said(asked) != _said(remembered):
        raise StackFailure(
            f"The hub in {layout.data} runs on {remembered}, not on {asked}: leave that out,"
            " or give the other hub a folder of its own (KEM_DATA).",
            exit_code=2,
        )
    return asked, False


def remember(layout: Layout, choice: Choice, admin_url: str | None) -> None:
    """Keeps it for the next start; the administrator's URL among the folder's secrets."""
    if admin_url is not None and choice.admin is not None:
        write_secret(layout.url_file("admin"), admin_url + "\n")
    write_secret(layout.choice_file, json.dumps(_said(choice), indent=1))


def keys_of(layout: Layout) -> str:
    """What keeps the keys of the folder's hub, or of the one whose token was brought: `file` or `pkcs11`."""
    remembered = _remembered(layout)
    if remembered is not None:
        return remembered.keys
    return PKCS11 if layout.token_file.exists() else FILE


def _check(broker: str | None, brokers: int | None, keys: str | None) -> None:
    if keys not in (None, FILE, PKCS11):
        raise StackFailure(f"--keys is file or pkcs11, not {keys}.", exit_code=2)
    if broker not in (None, EMBEDDED, APACHE) and not _ADDRESSES.fullmatch(broker or ""):
        raise StackFailure(
            f"--broker is embedded, apache, or the HOST:PORT of a Kafka, not {broker}.", exit_code=2
        )
    if brokers is not None and (brokers not in NUMBERS_OF_BROKERS or broker != APACHE):
        raise StackFailure("--brokers goes with --broker apache, and is 1 or 3.", exit_code=2)


def _remembered(layout: Layout) -> Choice | None:
    if layout.choice_file.exists():
        try:
            said: Mapping[str, str | int] = json.loads(layout.choice_file.read_text(encoding="utf-8"))
            broker, brokers, database = str(said["broker"]), int(said["brokers"]), str(said["database"])
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            raise StackFailure(
                f"{layout.choice_file} does not say any more on which broker and database this hub runs:"
                " put back a copy of it, or write what the hub began with, as"
                ' {"broker": "embedded", "brokers": 1, "database": "embedded"}.'
            ) from None
        keys = str(said.get("keys", FILE))  # a folder from before there was a choice of that has none
        return Choice(broker, brokers, database, keys=keys)
    # a folder from before there was a choice
    return Choice() if (layout.secrets / "passwords.json").exists() else None


def _remembered_admin(layout: Layout, remembered: Choice) -> AdminUrl | None:
    if remembered.database == EMBEDDED:
        return None
    file = layout.url_file("admin")
    try:
        return AdminUrl.parse(file.read_text(encoding="utf-8"))
    except StackFailure as failure:
        raise StackFailure(
            f"{failure.sentence} It stands in {file}; ./kem up --database with the whole address puts another"
            " one there.",
            failure.exit_code,
        ) from None


def _said(choice: Choice) -> dict[str, str | int]:
    return {name: value for name, value in asdict(choice).items() if name != "admin"}


def _broker_said(broker: str, brokers: int) -> str:
    if broker == EMBEDDED:
        return "the embedded broker"
    if broker == APACHE:
        return "Apache Kafka with one broker" if brokers == 1 else f"Apache Kafka with {brokers} brokers"
    return f"the Kafka at {broker}"


def _database_said(database: str) -> str:
    return "the embedded PostgreSQL" if database == EMBEDDED else f"the PostgreSQL at {database}"
