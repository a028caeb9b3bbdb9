"""An offer's clock as rows: the next reminder, and the end of the window."""

from services.referral.adapters.postgres_deadlines import END, Deadline, DeadlineKind
from services.referral.domain.clocks import Clock, ReminderStage
from services.referral.domain.offer import Offer
from services.referral.domain.offering import next_reminder


def offer_deadlines(offer: Offer, clock: Clock) -> list[Deadline]:
    """Rows for a window that begins to run: its first reminder and its end."""
    return [*reminder_deadline(offer, clock, None), end_deadline(offer)]


def end_deadline(offer: Offer) -> Deadline:
    return Deadline(
        DeadlineKind.OFFER,
        offer.respond_by_time,
        referral_id=offer.referral_id,
        offer_id=offer.offer_id,
        detail=END,
    )


def reminder_deadline(offer: Offer, clock: Clock, after: ReminderStage | None) -> list[Deadline]:
    """The row for the reminder behind `after`, if there is one in this window."""
    reminder = next_reminder(offer, clock, after)
    if reminder is None:
        return []
    return [
        Deadline(
            DeadlineKind.OFFER,
            reminder.due_time,
            referral_id=offer.referral_id,
            offer_id=offer.offer_id,
            detail=f"{reminder.stage}/{offer.questions}",
        )
    ]


def stage_due(offer: Offer, detail: str) -> ReminderStage | None:
    """The stage that a row stands for; None where the row belongs to a window that a question has ended."""
    stage, _, questions = detail.partition("/")
    return ReminderStage(stage) if questions == str(offer.questions) else None
