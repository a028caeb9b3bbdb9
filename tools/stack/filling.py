"""Gives a broker what it must hold: the topics as declared, and the events that it has lost."""

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

import asyncpg

from chassis.publisher import PublishingFailed
from chassis.topics import TOPICS
from tools.certificates.office import CertificateOffice
from tools.stack.cluster import Cluster
from tools.stack.failure import StackFailure
from tools.stack.kafka_rights import settle_rights
from tools.stack.layout import Layout
from tools.stack.replay import Replayed, consumers, replay
from tools.stack.topics import BROKER_ERRORS, compare_topics, create_topics, forget_groups
from tools.stack.wanted import LACKING, Tell, Wanted

RETRY_SECONDS: Final = 1.0
HEARSAY_SECONDS: Final = 10.0
"""Until every one of several brokers has heard of a topic that another one has made."""
HEARSAY_PAUSE_SECONDS: Final = 0.1
_NOT_YET: Final = (*BROKER_ERRORS, PublishingFailed, asyncpg.PostgresError, asyncpg.InterfaceError)
"""What a broker or a database that is still coming up answers with."""


class Filling:
    """Makes topics, and sends again what a broker that came empty should hold. Repeat-safe.

    A mark in the data folder stands from before topics are made until what they held is there again: a start
    that is killed in between is made good by the next one.

    Args:
        urls: a login per schema that reads its event log and consumer progress.
        tell: hears how far a replay is.
    """

    def __init__(
        self,
        cluster: Cluster,
        layout: Layout,
        urls: Mapping[str, str],
        say: Callable[[str], None],
        tell: Tell,
    ) -> None:
        self._cluster = cluster
        self._mark = layout.fill_mark
        self._urls = urls
        self._ever = CertificateOffice(layout).services_ever()
        self._say = say
        self._tell = tell
        self._talks: set[asyncio.Future[Any]] = set()
        self._is_ending = False
        self.made: set[str] = set()
        """The topics that were missing, of all times."""

    async def make_topics(self) -> None:
        """Makes those that are missing; the next `fill` then sends their events again.

        Raises:
            StackFailure: they are there, but not as declared: only whoever made them so may mend that.
        """
        was_to_fill = self._mark.exists()
        self._mark.touch()
        made = await self._ask(create_topics, self._cluster.replication)
        self.made |= set(made)
        if self._cluster.is_guarded:
            for taken in await self._ask(settle_rights, list(self._urls), self._ever):
                self._say(f"Taken away at Kafka, as this version does not declare it: {taken}.")
        deadline = time.monotonic() + (HEARSAY_SECONDS if made else 0)
        while wrong := await self._ask(compare_topics, self._cluster.replication):
            if time.monotonic() > deadline:
                raise StackFailure(
                    f"The topics are not as docs/events.md states; mend them: {'; '.join(wrong)}."
                )
            await asyncio.sleep(HEARSAY_PAUSE_SECONDS)
        if not made and not was_to_fill:
            self._mark.unlink()

    async def fill(self) -> Replayed:
        """Sends again what a broker that lacked topics should hold; nothing to one that has them all."""
        deadline = time.monotonic() + HEARSAY_SECONDS
        while self._mark.exists():
            try:
                return await self._send_again(LACKING)
            except PublishingFailed:
                if time.monotonic() > deadline:
                    raise
                await asyncio.sleep(HEARSAY_PAUSE_SECONDS)
        return Replayed({})

    async def until_filled(self, wanted: Wanted) -> Replayed:
        """Makes topics and sends what is wanted, and what they lack, however long the broker takes."""
        said = ""
        while True:
            try:
                await self.make_topics()
                return await self._send_again(wanted)
            except (*_NOT_YET, StackFailure) as error:
                if self._is_ending:
                    raise
                why = error.sentence if isinstance(error, StackFailure) else type(error).__name__
                if why != said:
                    self._say(f"The broker cannot be filled yet ({why}); trying again.")
                said = why
                await asyncio.sleep(RETRY_SECONDS)

    async def _send_again(self, wanted: Wanted) -> Replayed:
        if self._mark.exists():
            wanted = wanted.also(TOPICS)
            # offsets in a topic that is gone mean nothing in the one that took its name
            await self._ask(forget_groups, await consumers(self._urls.values()))
        replayed = await replay(
            self._urls,
            self._cluster.bootstrap,
            wanted,
            idempotence=self._cluster.keeps_events,
            tell=self._tell,
        )
        self._mark.unlink(missing_ok=True)
        if replayed.total:
            self._say(f"The broker was filled: {replayed.total} events were sent to it again.")
        return replayed

    async def _ask(self, ask: Callable[..., Any], *arguments: Any) -> Any:
        """Asks in a thread, which cannot be interrupted: `end` lets it finish before the broker ends."""
        if self._is_ending:
            raise StackFailure("KEM is ending")
        talk = asyncio.ensure_future(asyncio.to_thread(ask, self._cluster.bootstrap, *arguments))
        self._talks.add(talk)
        talk.add_done_callback(self._talks.discard)
        return await asyncio.shield(talk)

    async def end(self) -> None:
        """Returns when nobody asks the broker any more; from then on nobody may."""
        self._is_ending = True
        await asyncio.gather(*self._talks, return_exceptions=True)
