"""Recalls: what an agency was given before the consent behind it ended, and what it says became of that."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import reduce
from itertools import groupby
from operator import or_
from typing import Final
from uuid import UUID

from kernel import codes
from kernel.errors import Invalid, RuleBroken
from kernel.ids import AgencyId, BeneficiaryId, DisclosureId, ReferralId, random_id

RECALL_DUE: Final = timedelta(hours=72)
"""How long an agency has to answer."""


class RecallCause(StrEnum):
    """Why something is recalled."""

    WITHDRAWN = "WITHDRAWN"
    ENDED = "ENDED"
    """By the hub: the purpose is over, or the consent should never have counted."""
    EXCLUDED = "EXCLUDED"
    """The person denies it to the agency, which overrules what permitted it."""
    EXPIRED = "EXPIRED"
    ERASED = "ERASED"
    CORRECTED = "CORRECTED"
    """The earlier value is to be replaced; the person permits it still."""
    OBJECTED = "OBJECTED"
    """The person objects to what rested on another basis than consent."""


@dataclass(frozen=True, slots=True)
class OwedDisclosure:
    """Something that was given and is permitted no longer, and that nobody has asked back yet.

    `mask` holds the categories for which that is so. `taken_back_id` is the event by which the person or the
    hub closed a grant on which it rested, or by which the person denied it, and `taken_back_as` says which;
    both are None where it ended otherwise.
    """

    beneficiary_id: BeneficiaryId
    owner_agency_id: AgencyId
    agency_id: AgencyId
    referral_id: ReferralId
    service_type: str
    disclosure_id: DisclosureId
    disclosed_time: datetime
    mask: int
    taken_back_id: UUID | None
    taken_back_as: str | None
    is_in_between: bool


@dataclass(frozen=True, slots=True)
class RecalledDisclosure:
    """A disclosure with the categories of it that are recalled.

    `is_in_between`: given after the person had taken it back, or denied it, and before the hub heard of that.
    """

    disclosure_id: DisclosureId
    disclosed_time: datetime
    mask: int
    is_in_between: bool


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """What became of it.

    `kept_ground` is a code of KEPT_GROUNDS, or of HUB_KEPT_GROUNDS where the hub has answered for its holder;
    empty where nothing is kept.
    """

    destroyed_mask: int
    kept_mask: int
    kept_ground: str


@dataclass(frozen=True, slots=True)
class Recall:
    """One agency's duty to say what became of what it was given for one referral."""

    recall_id: UUID
    referral_id: ReferralId
    beneficiary_id: BeneficiaryId
    owner_agency_id: AgencyId
    agency_id: AgencyId
    service_type: str
    cause: RecallCause
    consent_event_id: UUID | None
    recalled_mask: int
    opened_time: datetime
    due_time: datetime
    disclosures: tuple[RecalledDisclosure, ...] = ()
    acknowledgement: Acknowledgement | None = None
    acknowledged_time: datetime | None = None
    sealed_words: bytes | None = None
    overdue_told_time: datetime | None = None
    """When it was told that nobody has answered in time."""
    disclosure_count: int = 0
    """How many disclosures there are, where only the first are at hand."""

    @property
    def cause_told(self) -> RecallCause:
        """What its holder is told: whom the person has excluded hears what it hears of a withdrawal.

        That somebody named it, and why, may be what the person must be kept safe from.
        """
        return RecallCause.WITHDRAWN if self.cause is RecallCause.EXCLUDED else self.cause

    @property
    def is_restricted(self) -> bool:
        """Whether the categories alone would tell what the service is."""
        return codes.service_type(self.service_type).restricted

    def is_overdue(self, now: datetime) -> bool:
        return self.acknowledged_time is None and self.due_time <= now

    def check(self, answer: Acknowledgement) -> None:
        """Refuses an answer of its holder that leaves something open.

        Raises:
            RuleBroken: ALREADY_ACKNOWLEDGED.
            Invalid: RECALL_NOT_COVERED, KEPT_GROUND_MISSING, NOTHING_KEPT, UNKNOWN_CODE.
        """
        if self.acknowledgement is not None:
            raise _answered(self.acknowledgement)
        said = answer.destroyed_mask | answer.kept_mask
        if answer.destroyed_mask & answer.kept_mask or said != self.recalled_mask:
            asked = ", ".join(codes.categories_in(self.recalled_mask))
            raise Invalid(
                f"Say of each of these whether it was destroyed or must be kept, and of no others: {asked}.",
                reason="RECALL_NOT_COVERED",
            )
        if answer.kept_mask and not answer.kept_ground:
            raise Invalid(
                f"Say on what ground it is kept: {', '.join(codes.LISTS['KEPT_GROUNDS'])}.",
                reason="KEPT_GROUND_MISSING",
            )
        if answer.kept_ground:
            if answer.kept_ground not in codes.LISTS["KEPT_GROUNDS"]:
                raise Invalid(
                    f"Say one of these grounds: {', '.join(codes.LISTS['KEPT_GROUNDS'])}.",
                    reason="UNKNOWN_CODE",
                )
            if not answer.kept_mask:
                raise Invalid("A ground is for what is kept, and nothing is.", reason="NOTHING_KEPT")


def _answered(answer: Acknowledgement) -> RuleBroken:
    if answer.kept_ground in codes.LISTS["HUB_KEPT_GROUNDS"]:
        text = (
            "The person permits it again, so the hub has answered that you keep it."
            " If you have destroyed it, you may ask for it anew."
        )
    else:
        text = "This was acknowledged already; the answer stays."
    return RuleBroken(text, reason="ALREADY_ACKNOWLEDGED")


def recalls_of(
    owed: Iterable[OwedDisclosure],
    now: datetime,
    *,
    is_erased: bool = False,
    objection_ids: Collection[UUID] = (),
) -> list[Recall]:
    """One recall for each agency and referral.

    Where parts of it ended in different ways, it is called by what was said last; by time only if all did.
    """
    in_order = sorted(owed, key=lambda one: (*_whose(one), one.disclosed_time))
    return [
        _recall(list(disclosures), now, is_erased=is_erased, objection_ids=objection_ids)
        for _, disclosures in groupby(in_order, key=_whose)
    ]


def _whose(one: OwedDisclosure) -> tuple[UUID, UUID]:
    return one.agency_id, one.referral_id


def _recall(
    owed: list[OwedDisclosure], now: datetime, *, is_erased: bool, objection_ids: Collection[UUID]
) -> Recall:
    first = owed[0]
    # ids of events are in the order of their time
    taken_back = max((one.taken_back_id for one in owed if one.taken_back_id), default=None)
    if is_erased:
        cause, taken_back = RecallCause.ERASED, None
    elif taken_back in objection_ids:
        cause = RecallCause.OBJECTED
    else:
        said = (one.taken_back_as for one in owed if taken_back and one.taken_back_id == taken_back)
        cause = RecallCause(next(said, None) or RecallCause.EXPIRED)
    return Recall(
        recall_id=random_id(),
        referral_id=first.referral_id,
        beneficiary_id=first.beneficiary_id,
        owner_agency_id=first.owner_agency_id,
        agency_id=first.agency_id,
        service_type=first.service_type,
        cause=cause,
        consent_event_id=taken_back,
        recalled_mask=reduce(or_, (one.mask for one in owed)),
        opened_time=now,
        due_time=now + RECALL_DUE,
        disclosures=tuple(
            RecalledDisclosure(one.disclosure_id, one.disclosed_time, one.mask, one.is_in_between)
            for one in owed
        ),
    )
