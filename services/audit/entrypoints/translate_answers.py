"""Questions and answers as the contract has them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from chassis.instants import timestamp
from kem.audit.v1 import audit_service_pb2 as messages
from services.audit.domain.questions.question import Line, Question
from services.audit.use_cases.answer_question import Answered

MOST_ENTRIES: Final = 50_000
"""Of those that show one line: a day's states rest on every need that there is."""


def question_messages(questions: Mapping[str, Question]) -> list[messages.ListedQuestion]:
    """What can be asked."""
    return [
        messages.ListedQuestion(
            name=name,
            asks=one.asks,
            of_a_period=one.is_of_a_period,
            of_a_referral=one.is_of_a_referral,
            of_an_agency=one.is_of_an_agency,
            columns=_columns(one),
        )
        for name, one in questions.items()
    ]


def answer_message(answered: Answered, at_time: datetime) -> messages.AnswerQuestionResponse:
    """What was answered."""
    return messages.AnswerQuestionResponse(
        columns=_columns(answered.question),
        lines=map(_line, answered.lines),
        lines_left_out=answered.left_out,
        entries_read=answered.entries_read,
        at_time=timestamp(at_time),
        asks=answered.question.asks,
    )


def _columns(question: Question) -> list[messages.AnswerColumn]:
    return [
        messages.AnswerColumn(name=one.name, kind=messages.AnswerKind.Value(f"ANSWER_KIND_{one.kind.value}"))
        for one in question.columns
    ]


def _line(line: Line) -> messages.AnswerLine:
    return messages.AnswerLine(
        cells=[messages.AnswerCell(values=cell) for cell in line.cells],
        entries=line.entries[:MOST_ENTRIES],
        entry_count=len(line.entries),
    )
