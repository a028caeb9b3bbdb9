"""The tries to reach a person whom the agency has taken up: which there are, and one more."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from kem.intake.v1 import beneficiary_pb2
from kem.intake.v1 import contact_attempt_service_pb2 as attempts
from kernel.errors import NotFound, Unavailable
from services.console.entrypoints.forms import as_choice
from services.console.entrypoints.page import Visit
from services.console.entrypoints.pages.earlier import happened_typed
from services.console.entrypoints.words import CHANNELS, word, words_of

CALLS: Final = (
    "ContactAttemptService/ListContactAttempts",
    "ContactAttemptService/RecordContactAttempt",
)
RESULTS: Final = ("REACHED", "NOT_REACHED")
_MOST: Final = 50
_PATIENCE_SECONDS: Final = 2.0
"""What became of the referral can be reported without them."""


@dataclass(frozen=True, slots=True)
class Try:
    """One of them. `is_safe`: by a channel and at an hour that the person has named."""

    time: datetime
    channel: str
    is_reached: bool
    is_safe: bool
    by_sender: bool


async def tries(visit: Visit, referral_id: str) -> Sequence[Try] | None:
    """Those of a referral that the agency holds, the latest first. That they are read is on record.

    Empty while intake has not yet heard that the agency holds it: that takes a moment after an acceptance.
    None where they cannot be read at the moment.
    """
    request = attempts.ListContactAttemptsRequest(referral_id=referral_id, page_size=_MOST)
    try:
        method = visit.hub.attempts.ListContactAttempts
        listed = await visit.ask(method, request, timeout=_PATIENCE_SECONDS)
    except NotFound:
        return []
    except Unavailable:
        return None
    return [
        Try(
            time=one.happened_time.ToDatetime(tzinfo=UTC),
            channel=words_of(
                CHANNELS, word(beneficiary_pb2.Contact.Kind, one.channel, "KIND_"), visit.language
            ),
            is_reached=one.result == attempts.CONTACT_RESULT_REACHED,
            is_safe=one.by_safe_channel,
            by_sender=one.by == attempts.CONTACT_ATTEMPT_BY_SENDER,
        )
        for one in listed.contact_attempts
    ]


async def record_try(visit: Visit, referral_id: str) -> bool:
    """Puts one on record, now or when it was; False where something is to be mended first."""
    form, say = visit.form, visit.say
    channel, result = form.text("try_channel"), form.text("try_result")
    if channel not in CHANNELS:
        visit.errors.add("try_channel", say("Choose how you tried."))
    if result not in RESULTS:
        visit.errors.add("try_result", say("Choose what came of it."))
    at = happened_typed(visit, "try")
    if visit.errors:
        return False
    request = attempts.RecordContactAttemptRequest(
        request_id=form.request_id,
        referral_id=referral_id,
        by=attempts.CONTACT_ATTEMPT_BY_HOLDER,
        channel=as_choice(beneficiary_pb2.Contact.Kind, f"KIND_{channel}"),
        result=as_choice(attempts.ContactResult, f"CONTACT_RESULT_{result}"),
    )
    if at is not None:
        request.happened_time.FromDatetime(at)
    await visit.ask(visit.hub.attempts.RecordContactAttempt, request)
    return True
