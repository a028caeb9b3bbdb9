"""What a hub stands on, ready to be started or already running: its PostgreSQL and its broker."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from tools.stack.choice import APACHE, PKCS11, choose_servers, remember
from tools.stack.cluster import Cluster, cluster_of
from tools.stack.credentials import passwords
from tools.stack.existing_postgres import ExistingPostgres, url_of
from tools.stack.failure import StackFailure
from tools.stack.key_token import see_to_token, token_settings
from tools.stack.layout import Layout
from tools.stack.ports import Ports
from tools.stack.postgres import PostgresServer
from tools.stack.postgres_admin import DATABASE, PostgresAdmin
from tools.stack.replay import consumers
from tools.stack.topics import BROKER_ERRORS, clear_topics, forget_groups, topics_with_events

_LAST_READER_SECONDS: Final = 15.0
"""So long a killed reader counts as one."""


@dataclass(frozen=True, slots=True)
class ServersAsked:
    """What the person asked for; None leaves it to what the data folder remembers, or to the embedded ones.

    Args:
        broker: `embedded`, `apache`, or HOST:PORT of a Kafka.
        brokers: how many of Apache's: 1 or 3.
        database: `embedded`, or an administrator's URL of a PostgreSQL.
        keys: what keeps the vault's keys: `file` or `pkcs11`.
    """

    broker: str | None = None
    brokers: int | None = None
    database: str | None = field(default=None, repr=False)
    keys: str | None = None

    @classmethod
    def of(
        cls, broker: str | None, brokers: int | None, database: str | None, keys: str | None = None
    ) -> "ServersAsked":
        """As it was typed, or stands in the environment: `database` may also be a file with the URL.

        Raises:
            StackFailure: there is no such file.
        """
        return cls(broker, brokers, None if database is None else url_of(database), keys)


@dataclass(frozen=True, slots=True)
class Servers:
    """Both, in one shape each, whatever they are."""

    postgres: PostgresAdmin
    cluster: Cluster
    is_new: bool
    """Whether this is the first start of the data folder."""

    def leave_no_trace(self, urls: Sequence[str], schemas: Sequence[str], made: set[str]) -> None:
        """Takes from servers that outlive the hub what it made there; nobody may be using it any more.

        Only a hub whose first start this was may do so: what was there before was not its own.
        """
        if not self.is_new:
            return
        if not self.cluster.nodes:
            _forget_groups(self.cluster.bootstrap, asyncio.run(consumers(urls)))
            clear_topics(self.cluster.bootstrap, made)
        if isinstance(self.postgres, ExistingPostgres):
            self.postgres.drop_database(DATABASE)
            self.postgres.drop_roles(schemas)


def is_on_apache(layout: Layout, asked: ServersAsked) -> bool:
    """Whether the hub has, or is to have, an Apache Kafka of its own.

    Raises:
        StackFailure: what is asked for makes no sense, or the folder runs on something else.
    """
    return choose_servers(layout, asked.broker, asked.brokers, asked.database)[0].broker == APACHE


def prepare_servers(
    layout: Layout,
    asked: ServersAsked,
    ports: Ports,
    schemas: Sequence[str],
    say: Callable[[str], None],
    *,
    is_durable: bool,
) -> Servers:
    """Fetches and makes what is needed, asks those that run already, and remembers the choice.

    Raises:
        StackFailure: one cannot be had, does not answer, or belongs to another hub.
    """
    choice, is_new = choose_servers(layout, asked.broker, asked.brokers, asked.database, asked.keys)
    if choice.keys == PKCS11:
        if is_new or layout.token_file.exists():
            see_to_token(layout, say)
        token_settings(layout)  # a token that is gone is told before anything starts
    cluster = cluster_of(choice, layout, ports, say)
    existing = ExistingPostgres(choice.admin) if choice.admin is not None else None
    if existing is not None:
        existing.check()
    if is_new:
        if existing is not None:
            existing.refuse_another_hub(schemas)
        if not cluster.nodes:
            _refuse_another_hubs_events(cluster.bootstrap)
    if is_new or asked.database is not None:  # how the same server is reached may have changed
        remember(layout, choice, asked.database)
    known = passwords(layout, schemas)
    if existing is not None:
        existing.passwords = replace(known, superuser=existing.passwords.superuser)
        return Servers(existing, cluster, is_new)
    log = layout.log("postgresql")
    embedded = PostgresServer(layout.postgres, ports.postgres, known, log, is_durable=is_durable)
    return Servers(embedded, cluster, is_new)


def _refuse_another_hubs_events(bootstrap: str) -> None:
    """A new hub would act on them as if they were its own."""
    held = topics_with_events(bootstrap)
    if held:
        raise StackFailure(
            f"The Kafka at {bootstrap} holds events already, in {held[0]}, perhaps another hub's: start that"
            " one from its own data folder, or take another Kafka, or delete the topics there."
        )


def _forget_groups(bootstrap: str, groups: set[str]) -> None:
    deadline = time.monotonic() + _LAST_READER_SECONDS
    while True:
        try:
            forget_groups(bootstrap, groups)
            return
        except BROKER_ERRORS:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.5)
