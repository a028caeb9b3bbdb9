"""A referral: one need's way to a provider. Each method is one step of the state machine and tells of it."""

from dataclasses import dataclass, field, replace
from datetime import date, datetime
from uuid import UUID

from kernel import codes
from kernel.codes import Origin, Routing, Urgency
from kernel.errors import NotFound
from kernel.ids import AgencyId, NeedId, OfferId, ReferralId, ServiceId
from services.referral.domain import referral_events as told
from services.referral.domain.considered import Considered
from services.referral.domain.gap import Gap, new_gap
from services.referral.domain.offer import Offer
from services.referral.domain.transitions import (
    FINAL_REFERRAL_STATES,
    HELD_STATES,
    OFFERLESS_STATES,
    IllegalTransition,
    OfferState,
    ReferralState,
    check_referral_step,
)


class ReferralNotFound(NotFound):
    """No such referral, or the caller may not know of it."""

    reason = "REFERRAL_NOT_FOUND"


@dataclass(slots=True)
class Referral:
    """Where a need stands on its way.

    Args:
        service_type: None when the need was withdrawn or erased before anything was known of it.
        person_due_time: the end of the person's clock.
        version: how many events told of it so far.
        change_number: grows with each change, told or not.
        current_offer_id: the offer that is open or taken up.
        waiting_offer_id: the offer that an agency answered by its waiting list, where the person is still on
            it; that agency hears when they leave it.
        holder_agency_id: who holds it, or held it when it ended.
        chosen_service_ids: the person's choice in their order; None where nobody has chosen.
        round_start_time: offers that ended since then are not made again; earlier ones only where the reason
            of their end forbids it.
        answered_time: the first positive answer; the person's clock has stopped.
    """

    referral_id: ReferralId
    need_id: NeedId
    sender_agency_id: AgencyId
    service_type: str | None
    urgency: Urgency
    routing: Routing
    origin: Origin
    recorded_time: datetime
    person_due_time: datetime
    policy_version: str
    round_start_time: datetime
    continues_referral_id: ReferralId | None = None
    state: ReferralState = ReferralState.MATCHING
    version: int = 0
    change_number: int = 0
    offers_made: int = 0
    matches_made: int = 0
    current_offer_id: OfferId | None = None
    waiting_offer_id: OfferId | None = None
    holder_agency_id: AgencyId | None = None
    chosen_service_ids: tuple[ServiceId, ...] | None = None
    chosen_time: datetime | None = None
    override_reason: str | None = None
    answered_time: datetime | None = None
    clock_ended_time: datetime | None = None
    started_time: datetime | None = None
    closed_time: datetime | None = None
    outcome: str | None = None
    outcome_confirmed_by: str | None = None
    reason: str | None = None
    events: list[told.ReferralEvent] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)

    @property
    def is_restricted(self) -> bool:
        """Whether type and service must never leave this service. Unknown counts as restricted."""
        return self.service_type is None or codes.service_type(self.service_type).restricted

    @property
    def is_final(self) -> bool:
        return self.state in FINAL_REFERRAL_STATES

    @property
    def is_held(self) -> bool:
        return self.state in HELD_STATES

    @property
    def running_person_due_time(self) -> datetime | None:
        """The end of the person's clock, or None when they have had a positive answer."""
        return None if self.answered_time else self.person_due_time

    def take_events(self, causation_id: UUID | None) -> list[told.ReferralEvent]:
        """What has happened since the last call, with what caused it."""
        taken, self.events = self.events, []
        return [replace(event, causation_id=causation_id) for event in taken]

    def await_person(self, cause: str, proposals: int = 0, considered: Considered | None = None) -> None:
        """The person decides next."""
        self._look_again()
        self._step(ReferralState.AWAITING_PERSON)
        self._tell(told.ReferralAwaitingPerson(cause, proposals, self._may_be_told(considered)))

    def put_offer(self, offer: Offer, considered: Considered | None = None) -> None:
        """A provider is asked; the place is reserved in the same transaction."""
        self._look_again()
        self._step(ReferralState.OFFERED)
        self.offers_made = offer.number
        self.current_offer_id = offer.offer_id
        self._tell(
            told.ReferralOffered(
                offer.offer_id,
                offer.agency_id,
                None if self.is_restricted else offer.service_id,
                self.urgency,
                offer.respond_by_time,
                offer.number,
                self._may_be_told(considered),
                "MATCH" if self.chosen_service_ids is None else "PERSON",
                self.override_reason or "",
                None if self.is_restricted else offer.service_version,
            )
        )

    def wait(self, considered: Considered | None = None) -> None:
        """Every place is taken: on the waiting list of each unit that fits."""
        self._look_again()
        self._step(ReferralState.WAITLISTED)
        self._tell(told.ReferralWaitlisted(considered=self._may_be_told(considered)))

    def find_nobody(self, reason: str, considered: Considered | None = None) -> None:
        """No provider fits: a gap in service, unless the list says that this reason is none."""
        self._look_again()
        self._step(ReferralState.UNMATCHED)
        self._tell(told.ReferralUnmatched(reason, self._may_be_told(considered)))
        if not codes.reason("UNMATCHED", reason).no_gap:
            self._record_gap(reason)

    def _may_be_told(self, considered: Considered | None) -> Considered | None:
        return None if self.is_restricted else considered

    def _record_gap(self, reason: str) -> None:
        gap = new_gap(self.referral_id, self.service_type, self.urgency, reason)
        self.gaps.append(gap)
        self._tell_about(gap.gap_id, 1, told.GapRecorded(None if self.is_restricted else gap.sector))

    def match_again(self, cause: str, now: datetime) -> None:
        """Something changed: whoever could not be asked before may be asked now."""
        self._step(ReferralState.MATCHING)
        self.round_start_time = now
        self._tell(told.ReferralRematched(cause))

    def begin_round(self, now: datetime) -> None:
        """Something changed: whoever could not be asked before may be asked now."""
        self.round_start_time = now

    def choose(self, service_ids: tuple[ServiceId, ...], override_reason: str | None, now: datetime) -> None:
        """The person has picked providers, in this order; a choice begins a new round."""
        self.chosen_service_ids = service_ids
        self.chosen_time = now
        self.override_reason = override_reason
        self.round_start_time = now

    def accept(
        self, offer: Offer, now: datetime, *, for_assessment: bool, purpose: str, needed_mask: int
    ) -> None:
        """The agency takes it up: at once, for an assessment, or confirming one.

        Raises:
            OfferAlreadyAnswered: it was answered before, or time ran out.
        """
        if offer.state is not OfferState.ACCEPTED_FOR_ASSESSMENT or for_assessment:
            offer.must_be_open(now)
        self._take_up(offer, now, for_assessment=for_assessment, purpose=purpose, needed_mask=needed_mask)

    def take_by_phone(self, offer: Offer, now: datetime, *, purpose: str, needed_mask: int) -> None:
        """The agency said yes on the telephone, as the sender reports; also where its time has just run out.

        A question that it had asked was answered on the telephone too.
        """
        if offer.state is OfferState.NEEDS_INFORMATION:
            offer.resume(offer.respond_by_time, now)
            self._tell_of(
                offer, told.InformationProvided(offer.offer_id, offer.agency_id, offer.respond_by_time)
            )
        self._take_up(offer, now, for_assessment=False, purpose=purpose, needed_mask=needed_mask)

    def _take_up(
        self, offer: Offer, now: datetime, *, for_assessment: bool, purpose: str, needed_mask: int
    ) -> None:
        offer.take_up(now, for_assessment=for_assessment)
        self._step(ReferralState.ACCEPTED_FOR_ASSESSMENT if for_assessment else ReferralState.ACCEPTED)
        self.holder_agency_id = offer.agency_id
        self.answered_time = self.answered_time or now
        is_open = not self.is_restricted
        self._tell(
            told.ReferralAccepted(
                offer.offer_id,
                offer.agency_id,
                offer.service_id if is_open else None,
                purpose if is_open else None,
                needed_mask if is_open else None,
                for_assessment,
            )
        )

    def decline(self, offer: Offer, reason: str, now: datetime, *, has_text: bool) -> None:
        """The agency says no; the next is sought."""
        offer.must_be_open(now)
        self._end_offer(offer, OfferState.DECLINED, now, reason)
        self._step(ReferralState.MATCHING)
        self._tell_of(offer, told.OfferDeclined(offer.offer_id, offer.agency_id, reason, has_text))

    def expire(self, offer: Offer, now: datetime) -> None:
        """Nobody answered in time. Where the person's clock ended with it, the person decides next."""
        clock_ended = self.answered_time is None and offer.offered_time < self.person_due_time <= now
        self._end_offer(offer, OfferState.EXPIRED, now, "EXPIRED")
        self._tell_of(offer, told.OfferExpired(offer.offer_id, offer.agency_id))
        if clock_ended:
            self.await_person("PERSON_CLOCK_ENDED")
        else:
            self._step(ReferralState.MATCHING)

    def revoke(self, offer: Offer, cause: str, now: datetime) -> None:
        """The hub takes an open offer back; the caller's next step says what becomes of the referral."""
        self._end_offer(offer, OfferState.REVOKED, now, cause)
        self._tell_of(offer, told.OfferRevoked(offer.offer_id, offer.agency_id, cause))

    def wait_with(self, offer: Offer, estimated_date: date | None, now: datetime) -> None:
        """The agency puts the person on its waiting list; the person decides whether to wait."""
        offer.must_be_open(now)
        self._end_offer(offer, OfferState.WAITLISTED, now)
        offer.estimated_date = estimated_date
        self.waiting_offer_id = offer.offer_id
        self._step(ReferralState.WAITLISTED)
        self._tell_of(offer, told.OfferWaitlisted(offer.offer_id, offer.agency_id))
        self._tell(told.ReferralWaitlisted(offer.offer_id, offer.agency_id))

    def leave_list(self, offer: Offer) -> None:
        """The person is no longer on the list of the agency that answered `offer` by it."""
        self.waiting_offer_id = None
        self._tell_of(offer, told.WaitingEnded(offer.offer_id, offer.agency_id))

    def ask(self, offer: Offer, remaining_seconds: int, until_time: datetime, now: datetime) -> None:
        """The agency asks the sender; its clock stands still, at most until `until_time`."""
        offer.must_be_open(now)
        offer.ask(remaining_seconds, until_time)
        self._tell_of(offer, told.InformationRequested(offer.offer_id, offer.agency_id))

    def inform(self, offer: Offer, respond_by_time: datetime, now: datetime) -> None:
        """The sender answers; the agency's clock goes on."""
        offer.must_be_open(now)
        offer.resume(respond_by_time, now)
        self._tell_of(offer, told.InformationProvided(offer.offer_id, offer.agency_id, respond_by_time))

    def acknowledge(self, offer: Offer, now: datetime) -> None:
        """Somebody of the agency opened the card. Only the first time is told; late is no error."""
        if offer.acknowledged_time is None:
            offer.acknowledged_time = now
            self._tell_of(offer, told.OfferAcknowledged(offer.offer_id, offer.agency_id))

    def remind(self, offer: Offer, stage: str) -> None:
        """The offer still waits for its answer."""
        self._tell_of(
            offer, told.OfferReminderDue(offer.offer_id, offer.agency_id, stage, offer.respond_by_time)
        )

    def tell_unacknowledged(self, offer: Offer) -> None:
        """Nobody has opened an emergency offer: somebody must be called."""
        self._tell_of(offer, told.OfferUnacknowledged(offer.offer_id, offer.agency_id, offer.respond_by_time))

    def give_back(self, offer: Offer, reason: str, now: datetime, *, has_text: bool) -> None:
        """The holder returns what it took up; the next is sought."""
        self._end_offer(offer, OfferState.RETURNED, now, reason)
        self._step(ReferralState.MATCHING)
        self.holder_agency_id = None
        self.started_time = None
        self._tell(told.ReferralReturned(offer.offer_id, offer.agency_id, reason, has_text))

    def start(self, offer: Offer, happened_time: datetime) -> None:
        """The service has begun."""
        self._step(ReferralState.IN_SERVICE)
        self.started_time = happened_time
        self._tell(told.ServiceStarted(offer.agency_id, happened_time))

    def complete(self, offer: Offer, outcome: str, confirmed_by: str, happened_time: datetime) -> None:
        """The service is done."""
        self._close(ReferralState.COMPLETED, happened_time)
        self.outcome, self.outcome_confirmed_by = outcome, confirmed_by
        self._tell(told.ReferralCompleted(offer.agency_id, happened_time, confirmed_by))

    def close_not_completed(self, offer: Offer, reason: str, happened_time: datetime) -> None:
        """It ended before it was done."""
        self._close(ReferralState.NOT_COMPLETED, happened_time)
        self.reason = reason
        self._tell(told.ReferralNotCompleted(offer.agency_id, happened_time, reason))

    def withdraw(self, offer: Offer | None, now: datetime) -> None:
        """The person no longer wants it; an open offer is taken back."""
        agency_id, offer_id = self._end_with(ReferralState.WITHDRAWN, offer, "NEED_WITHDRAWN", now)
        self._tell(told.ReferralWithdrawn(agency_id, offer_id))

    def cancel(self, offer: Offer | None, reason: str, now: datetime) -> None:
        """Staff of the sender end it with a reason."""
        agency_id, offer_id = self._end_with(ReferralState.CANCELLED, offer, "REFERRAL_CANCELLED", now)
        self.reason = reason
        self._tell(told.ReferralCancelled(reason, agency_id, offer_id))

    def mark_entered_in_error(self, offer: Offer | None, now: datetime) -> None:
        """It should never have been."""
        agency_id, offer_id = self._end_with(ReferralState.ENTERED_IN_ERROR, offer, "ENTERED_IN_ERROR", now)
        self._tell(told.ReferralEnteredInError(agency_id, offer_id))

    def end_person_clock(self, now: datetime) -> None:
        """The clock ran out without a positive answer: a fact for the sender's desk, not a step."""
        self.clock_ended_time = now
        self._tell(told.PersonClockEnded(self.urgency))

    def _end_with(
        self, state: ReferralState, offer: Offer | None, cause: str, now: datetime
    ) -> tuple[AgencyId | None, OfferId | None]:
        """Closes; the agency that was asked, held it or had it on its list is named: it must hear of it."""
        self._close(state, now)
        if offer is None or offer.offer_id not in (self.current_offer_id, self.waiting_offer_id):
            return None, None
        self.waiting_offer_id = None
        if offer.is_open:
            self.revoke(offer, cause, now)
        return offer.agency_id, offer.offer_id

    def _close(self, state: ReferralState, now: datetime) -> None:
        self._step(state)
        self.closed_time = now

    def _look_again(self) -> None:
        """A referral that waits or has found nobody goes by MATCHING to wherever it goes next."""
        if self.state in (ReferralState.WAITLISTED, ReferralState.UNMATCHED):
            self._step(ReferralState.MATCHING)

    def _end_offer(self, offer: Offer, state: OfferState, now: datetime, reason: str | None = None) -> None:
        offer.end(state, now, reason)
        if self.current_offer_id == offer.offer_id:
            self.current_offer_id = None

    def _step(self, following: ReferralState) -> None:
        """One step of the table; nothing goes on while an agency may still answer or holds it."""
        check_referral_step(self.state, following)
        if self.current_offer_id is not None and following in OFFERLESS_STATES:
            raise IllegalTransition(
                f"A referral cannot become {following} before its offer has ended.",
                referral_state=self.state,
                asked_state=following,
            )
        self.state = following
        self.change_number += 1

    def _tell(self, fact: told.ReferralFact) -> None:
        self.version += 1
        self._tell_about(self.referral_id, self.version, fact)

    def _tell_of(self, offer: Offer, fact: told.ReferralFact) -> None:
        offer.version += 1
        self.change_number += 1
        self._tell_about(offer.offer_id, offer.version, fact)

    def _tell_about(self, aggregate_id: UUID, version: int, fact: told.ReferralFact) -> None:
        self.events.append(
            told.ReferralEvent(
                self.referral_id, self.sender_agency_id, aggregate_id, version, self.policy_version, fact
            )
        )
