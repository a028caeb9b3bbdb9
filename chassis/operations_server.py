"""The operators' door of every service: how it stands, and what to do about events that it could not take."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

import grpc

from chassis.access import Access
from chassis.access_records import AccessRecord
from chassis.current import current_caller
from chassis.dead_letters import NotToSettle, ask_redrive, checked_reason, discard
from chassis.instants import timestamp
from chassis.kept_letters import KeptLetter, LetterState, read_kept_letters
from chassis.operations import Reached, count_open_letters, read_publication, read_reached, read_unread
from chassis.plain_events import plain_name
from chassis.postgres import Database, Transaction
from chassis.release import release_of
from chassis.requests import answer_once
from kem.chassis.v1 import operations_service_pb2 as rpc
from kem.chassis.v1.operations_service_pb2_grpc import (
    OperationsServiceServicer,
    add_OperationsServiceServicer_to_server,
)
from kernel.vocabulary import Role

_SERVICE: Final = "/kem.chassis.v1.OperationsService/"
REDRIVE: Final = f"{_SERVICE}RedriveDeadLetters"
DISCARD: Final = f"{_SERVICE}DiscardDeadLetters"
OPERATIONS_ACCESS: Final[Mapping[str, Access]] = dict.fromkeys(
    (f"{_SERVICE}GetOperations", f"{_SERVICE}ListDeadLetters", REDRIVE, DISCARD),
    Access(roles=frozenset({Role.OPERATOR})),
)
"""Served by every service, beside its own table."""
_DEFAULT_PAGE: Final = 50
MOST_UNREAD: Final = 500
"""In each place: whoever is further behind is told as so far, and it costs no more to say so."""

Readiness = Callable[[], tuple[bool, str]]
"""Whether the service takes calls, and why not."""


class OperationsServicer(OperationsServiceServicer):
    """Over the workers' login: what it reads and settles is the service's own, and nobody's data.

    Args:
        service: whose door it is.
    """

    def __init__(self, service: str, database: Database, readiness: Readiness) -> None:
        self._service, self._database, self._readiness = service, database, readiness

    def add_to(self, server: grpc.aio.Server) -> None:
        """Serves it there."""
        add_OperationsServiceServicer_to_server(self, server)

    async def GetOperations(
        self, request: rpc.GetOperationsRequest, context: Any
    ) -> rpc.GetOperationsResponse:
        asked = [one for one in map(_reached_of, request.reached) if one.source == self._service]
        release = await asyncio.to_thread(_release_of, self._service)
        async with self._database.transaction(current_caller()) as tx:
            consumers = await read_reached(tx.connection)
            unread = await read_unread(tx.connection, asked, MOST_UNREAD)
            publication = await read_publication(tx.connection)
            letters = await count_open_letters(tx.connection)
        is_serving, reason = self._readiness()
        return rpc.GetOperationsResponse(
            service=self._service,
            serving=is_serving,
            not_serving_reason=reason,
            release_version=release.release_version,
            revision=release.revision,
            consumers=map(_reached_message, consumers),
            unread=[
                rpc.UnreadEvents(
                    reached=_reached_message(one),
                    end_position=found.end_position,
                    unread=found.count,
                    seconds_behind=found.seconds_behind,
                )
                for one, found in zip(asked, unread, strict=True)
            ],
            outbox_events=publication.outbox_events,
            oldest_unpublished_seconds=publication.oldest_seconds,
            logged_position=publication.logged_position,
            published_position=publication.published_position,
            open_dead_letters=letters,
        )

    async def ListDeadLetters(
        self, request: rpc.ListDeadLettersRequest, context: Any
    ) -> rpc.ListDeadLettersResponse:
        limit = request.page_size or _DEFAULT_PAGE
        async with self._database.transaction(current_caller()) as tx:
            found = await read_kept_letters(
                tx.connection,
                is_settled_shown=request.with_settled,
                after_id=request.after_letter_id,
                limit=limit + 1,
            )
        page = found[:limit]
        return rpc.ListDeadLettersResponse(
            letters=map(_letter_message, page),
            next_after_letter_id=page[-1].letter_id if len(found) > limit else None,
        )

    async def RedriveDeadLetters(
        self, request: rpc.RedriveDeadLettersRequest, context: Any
    ) -> rpc.RedriveDeadLettersResponse:
        async def act(tx: Transaction) -> rpc.RedriveDeadLettersResponse:
            async def ask(letter_id: int) -> LetterState:
                is_waiting = await ask_redrive(tx.connection, letter_id)
                return LetterState.ASKED if is_waiting else LetterState.REDRIVEN

            return rpc.RedriveDeadLettersResponse(letters=await _settled(request.letter_ids, ask))

        return await answer_once(self._database, REDRIVE, request, rpc.RedriveDeadLettersResponse, act)

    async def DiscardDeadLetters(
        self, request: rpc.DiscardDeadLettersRequest, context: Any
    ) -> rpc.DiscardDeadLettersResponse:
        reason = checked_reason(request.reason)

        async def act(tx: Transaction) -> rpc.DiscardDeadLettersResponse:
            async def close(letter_id: int) -> LetterState:
                event_id = await discard(tx.connection, letter_id, reason)
                if event_id is not None:
                    tx.record_access(AccessRecord(self._service, DISCARD, [event_id]))
                return LetterState.DISCARDED

            return rpc.DiscardDeadLettersResponse(letters=await _settled(request.letter_ids, close))

        return await answer_once(self._database, DISCARD, request, rpc.DiscardDeadLettersResponse, act)


async def _settled(letter_ids: Sequence[int], settle: Callable[[int], Any]) -> list[rpc.SettledLetter]:
    """One after another, locked in the order of their numbers; answered as they were named."""
    found: dict[int, rpc.SettledLetter] = {}
    for letter_id in sorted(letter_ids):
        try:
            state = _STATES[await settle(letter_id)]
            found[letter_id] = rpc.SettledLetter(letter_id=letter_id, state=state)
        except NotToSettle as error:
            found[letter_id] = rpc.SettledLetter(letter_id=letter_id, refusal=str(error))
    return [found[letter_id] for letter_id in letter_ids]


_STATES: Final = {state: rpc.DeadLetterState.Value(f"DEAD_LETTER_STATE_{state}") for state in LetterState}
_release_of: Final = lru_cache(maxsize=1)(release_of)
"""Reads every file of the program, so once."""


def _reached_of(message: rpc.ReachedPosition) -> Reached:
    return Reached(message.consumer, message.source, message.topic, message.partition, message.position)


def _reached_message(one: Reached) -> rpc.ReachedPosition:
    return rpc.ReachedPosition(
        consumer=one.consumer,
        source=one.source,
        topic=one.topic,
        partition=one.partition,
        position=one.position,
    )


def _letter_message(letter: KeptLetter) -> rpc.DeadLetter:
    return rpc.DeadLetter(
        letter_id=letter.letter_id,
        state=_STATES[letter.state],
        consumer=letter.consumer,
        topic=letter.topic,
        partition=letter.partition,
        offset=letter.offset,
        position=letter.position or None,
        type=plain_name(letter.type) if letter.type else "",
        reason=letter.reason,
        tries=letter.tries,
        size=letter.payload_bytes,
        dead_letter_time=timestamp(letter.dead_letter_time),
        redrive_failed_time=timestamp(letter.redrive_failed_time) if letter.redrive_failed_time else None,
        settled_time=timestamp(letter.settled_time) if letter.settled_time else None,
        discard_reason=letter.discard_reason or "",
    )
