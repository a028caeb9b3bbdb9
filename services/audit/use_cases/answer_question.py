"""Answers one of the auditors' questions from the entries alone."""

import asyncio
import json
import queue
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Final
from uuid import UUID

from chassis.postgres import Transaction
from kernel import codes
from kernel.errors import Invalid, NotFound
from services.audit.adapters.postgres_entries import PostgresEntries
from services.audit.domain.questions.catalogue import QUESTIONS
from services.audit.domain.questions.question import Asked, Body, Line, Question
from services.audit.domain.trace import OF_A_REFERRAL
from services.audit.use_cases.trace import trace

MOST_LINES: Final = 10_000
_HISTORY: Final = 5_000
_AHEAD: Final = 2
"""Portions of entries that are read while others are looked through."""


class QuestionNotFound(NotFound):
    """Nothing of this name can be asked."""

    reason = "QUESTION_NOT_FOUND"


@dataclass(frozen=True, slots=True)
class Ask:
    """What is asked; what is None is not said."""

    name: str
    at_time: datetime
    from_time: datetime | None = None
    referral_id: UUID | None = None
    agency_id: UUID | None = None
    category: str | None = None
    most_lines: int = MOST_LINES


@dataclass(frozen=True, slots=True)
class Answered:
    """The answer: its first lines, how many more there are, and from how many entries."""

    question: Question
    lines: Sequence[Line]
    left_out: int
    entries_read: int


async def answer_question(ask: Ask, tx: Transaction, entries: PostgresEntries) -> Answered:
    """Reads the entries portion by portion, while a thread looks through them.

    Raises:
        QuestionNotFound: there is none of this name.
        Invalid: QUESTION_NOT_OF_A_PERIOD, or QUESTION_NEEDS_MORE.
        HistoryNotFound: no entry names the referral.
    """
    question = _checked(ask)
    asked = Asked(ask.at_time, str(ask.agency_id or ""), ask.category or "")
    passed = _Passed()
    looking = asyncio.create_task(asyncio.to_thread(_look_through, question, passed, asked, ask.most_lines))
    try:
        async for portion in _portions(question, ask, tx, entries):
            await passed.give(portion, looking)
    finally:
        passed.end()
    lines, left_out = await looking
    return Answered(question, lines, left_out, passed.count)


def _checked(ask: Ask) -> Question:
    question = QUESTIONS.get(ask.name)
    if question is None:
        raise QuestionNotFound(f"{ask.name} is no question; ask one of: {', '.join(QUESTIONS)}.")
    if ask.from_time is not None and not question.is_of_a_period:
        raise Invalid(
            "This is answered from the first entry on: leave out from when.",
            reason="QUESTION_NOT_OF_A_PERIOD",
        )
    if question.is_of_a_referral and ask.referral_id is None:
        raise Invalid("Say of which referral.", reason="QUESTION_NEEDS_MORE")
    if question.is_of_an_agency:
        if ask.agency_id is None or ask.category is None:
            raise Invalid("Say of which agency, and of which category of data.", reason="QUESTION_NEEDS_MORE")
        codes.category(ask.category)
    return question


async def _portions(
    question: Question, ask: Ask, tx: Transaction, entries: PostgresEntries
) -> AsyncIterator[list[str]]:
    if question.is_of_a_referral and ask.referral_id is not None:
        after = None
        while found := await trace(ask.referral_id, OF_A_REFERRAL, after, _HISTORY, tx, entries):
            yield [one.body for one in found]
            after = found[-1].index
            if len(found) < _HISTORY:
                break
    async for portion in entries.of_kinds(
        tx, question.kinds, ask.from_time, ask.at_time, agency_id=ask.agency_id, methods=question.methods
    ):
        yield portion


class _Passed:
    """Entries on their way from the loop, which reads them, to the thread that looks through them."""

    def __init__(self) -> None:
        self._portions: queue.SimpleQueue[list[str] | None] = queue.SimpleQueue()
        self._taken = asyncio.Semaphore(_AHEAD)
        self._loop = asyncio.get_running_loop()
        self.count = 0

    async def give(self, portion: list[str], looking: "asyncio.Task[object]") -> None:
        """Waits while enough lies ahead.

        Raises:
            Exception: what has stopped the thread.
        """
        place = asyncio.create_task(self._taken.acquire())
        await asyncio.wait({place, looking}, return_when=asyncio.FIRST_COMPLETED)
        if looking.done():
            place.cancel()
            looking.result()
        self._portions.put(portion)

    def end(self) -> None:
        """There are no more, or nobody asks any more."""
        self._portions.put(None)

    def __iter__(self) -> Iterator[Body]:
        while (portion := self._portions.get()) is not None:
            for text in portion:
                body = json.loads(text)
                if body["fact"] is not None:  # not readable here: it stands by the hash of its bytes
                    self.count += 1
                    yield body
            self._loop.call_soon_threadsafe(self._taken.release)


def _look_through(
    question: Question, bodies: Iterable[Body], asked: Asked, most: int
) -> tuple[list[Line], int]:
    lines = iter(question.answer(bodies, asked))
    first = list(islice(lines, most))
    return first, sum(1 for _ in lines)
