"""An offer: one referral put to one service's queue, answered once."""

from dataclasses import dataclass
from datetime import date, datetime

from kernel import codes
from kernel.codes import Urgency
from kernel.errors import Invalid, NotFound, RuleBroken
from kernel.ids import ActivityId, AgencyId, OfferId, ReferralId, ServiceId, UnitId
from services.referral.domain.transitions import (
    OPEN_OFFER_STATES,
    TAKEN_UP_OFFER_STATES,
    OfferState,
    check_offer_step,
)


class OfferNotFound(NotFound):
    """No such offer, or the caller may not know of it."""

    reason = "OFFER_NOT_FOUND"


class OfferAlreadyAnswered(RuleBroken):
    """A colleague was first, time ran out, or the hub took the offer back."""

    reason = "OFFER_ALREADY_ANSWERED"


class QuestionFirst(RuleBroken):
    """This reason may be given only after a question was asked."""

    reason = "QUESTION_NOT_ASKED"


_ENDED_HOW = {
    OfferState.ACCEPTED: "A colleague of your agency has already accepted this offer",
    OfferState.ACCEPTED_FOR_ASSESSMENT: "A colleague of your agency has already accepted it for assessment",
    OfferState.DECLINED: "A colleague of your agency has already declined this offer",
    OfferState.WAITLISTED: "A colleague of your agency has already put it on your waiting list",
    OfferState.EXPIRED: "The time to answer this offer has run out",
    OfferState.REVOKED: "The hub has taken this offer back",
    OfferState.RETURNED: "Your agency accepted this offer and gave it back",
}


@dataclass(slots=True)
class Offer:
    """What an agency is asked, and how it answered.

    Args:
        urgency: of the need when it was offered.
        unit_id: where the place is reserved, later occupied.
        service_version: the directory row that was matched.
        window_start_time: when the window last began to run: at the offer, or when a question was answered.
        respond_by_time: the end of the window; while a question is open, the end of the person's clock.
        remaining_seconds: what was left of the window when a question stopped it; None while it runs.
        answered_time: when it was taken up (for assessment or not).
        ended_time: when it stopped being open.
        version: how many events told of it so far.
        questions: how many were asked.
    """

    offer_id: OfferId
    referral_id: ReferralId
    agency_id: AgencyId
    sender_agency_id: AgencyId
    service_id: ServiceId
    activity_id: ActivityId | None
    unit_id: UnitId
    service_version: int
    number: int
    urgency: Urgency
    offered_time: datetime
    window_start_time: datetime
    respond_by_time: datetime
    state: OfferState = OfferState.SENT
    version: int = 0
    remaining_seconds: int | None = None
    delivered_time: datetime | None = None
    acknowledged_time: datetime | None = None
    answered_time: datetime | None = None
    ended_time: datetime | None = None
    reason: str | None = None
    estimated_date: date | None = None
    questions: int = 0

    @property
    def is_open(self) -> bool:
        """Whether the agency may still answer; its place is reserved."""
        return self.state in OPEN_OFFER_STATES

    @property
    def is_taken_up(self) -> bool:
        """Whether the agency has it; its place is occupied."""
        return self.state in TAKEN_UP_OFFER_STATES

    def must_be_open(self, now: datetime) -> None:
        """Lets an answer pass.

        Raises:
            OfferAlreadyAnswered: it has ended; the words say how and the metadata when, never who.
        """
        state = self.state
        if self.is_open:
            if now < self.respond_by_time:
                return
            state = OfferState.EXPIRED
        ended = self.ended_time or self.respond_by_time
        raise OfferAlreadyAnswered(
            f"{_ENDED_HOW[state]}; nothing was changed.",
            offer_state=state,
            ended_time=ended.isoformat(timespec="seconds"),
        )

    def end(self, state: OfferState, now: datetime, reason: str | None = None) -> None:
        """Ends the offer or what became of it."""
        check_offer_step(self.state, state)
        self.state = state
        self.ended_time = now
        self.remaining_seconds = None
        if reason is not None:
            self.reason = reason

    def take_up(self, now: datetime, *, for_assessment: bool) -> None:
        """The agency takes the person, or wants to meet them first; a second time it confirms."""
        following = OfferState.ACCEPTED_FOR_ASSESSMENT if for_assessment else OfferState.ACCEPTED
        check_offer_step(self.state, following)
        self.state = following
        self.answered_time = self.answered_time or now
        self.ended_time = self.ended_time or now

    def ask(self, remaining_seconds: int, until_time: datetime) -> None:
        """The agency's clock stands still; only `until_time`, the end of the person's, ends the offer now."""
        check_offer_step(self.state, OfferState.NEEDS_INFORMATION)
        self.state = OfferState.NEEDS_INFORMATION
        self.remaining_seconds = remaining_seconds
        self.questions += 1
        self.respond_by_time = until_time

    def resume(self, respond_by_time: datetime, now: datetime) -> None:
        """The question is answered: the window goes on."""
        check_offer_step(self.state, OfferState.SENT)
        self.state = OfferState.SENT
        self.window_start_time = now
        self.remaining_seconds = None
        self.respond_by_time = respond_by_time


def check_decline_reason(code: str, text: str, offer: Offer) -> None:
    """Lets a decline's reason and words pass.

    Raises:
        Invalid: unknown code, words missing with OTHER, words given with CONFLICT_OR_SAFETY.
        QuestionFirst: INSUFFICIENT_INFORMATION though nothing was asked.
    """
    reason = check_reason("DECLINE", code, text)
    if reason.only_after == "QUESTION" and not offer.questions:
        raise QuestionFirst(
            "Ask the sender first; declining for lack of information is possible after that.",
            offer_state=offer.state,
        )


def check_reason(list_name: str, code: str, text: str = "") -> codes.Reason:
    """The reason of a list, with words where they are needed and none where they are not taken.

    Raises:
        Invalid: UNKNOWN_CODE, TEXT_NEEDED or TEXT_NOT_TAKEN.
    """
    reason = codes.reason(list_name, code)
    if reason.needs_text and not text.strip():
        raise Invalid("Please say in words what the reason is.", reason="TEXT_NEEDED", code=code)
    if reason.takes_no_text and text.strip():
        raise Invalid(
            "With this reason no words are taken, for somebody's safety.", reason="TEXT_NOT_TAKEN", code=code
        )
    return reason
