"""What people ask by right of the hub itself: GDPR articles 12 and 15 to 21."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from kernel.errors import Invalid, RuleBroken
from kernel.ids import AgencyId, BeneficiaryId
from services.intake.domain.authority import not_later


class Right(StrEnum):
    """What is asked for."""

    ACCESS = "ACCESS"
    CORRECTION = "CORRECTION"
    ERASURE = "ERASURE"
    RESTRICTION = "RESTRICTION"
    PORTABILITY = "PORTABILITY"
    OBJECTION = "OBJECTION"


class AskedBy(StrEnum):
    """Who asks."""

    SELF = "SELF"
    PARENT = "PARENT"
    GUARDIAN = "GUARDIAN"
    SPOUSE = "SPOUSE"
    LEGAL_REPRESENTATIVE = "LEGAL_REPRESENTATIVE"
    OTHER_PERSON = "OTHER_PERSON"


class ExtensionGround(StrEnum):
    """Why one month is not enough; article 12(3) knows these two."""

    COMPLEXITY = "COMPLEXITY"
    NUMBER_OF_REQUESTS = "NUMBER_OF_REQUESTS"


class RightsAnswer(StrEnum):
    """How a request ended."""

    FULFILLED = "FULFILLED"
    PARTLY_FULFILLED = "PARTLY_FULFILLED"
    REFUSED = "REFUSED"
    TAKEN_BACK = "TAKEN_BACK"

    @property
    def refuses(self) -> bool:
        """Whether the person does not get all that they still want."""
        return self in (RightsAnswer.REFUSED, RightsAnswer.PARTLY_FULFILLED)


class RefusalGround(StrEnum):
    """Why something was refused."""

    IDENTITY_NOT_SHOWN = "IDENTITY_NOT_SHOWN"
    NO_AUTHORITY = "NO_AUTHORITY"
    UNFOUNDED = "UNFOUNDED"
    EXCESSIVE = "EXCESSIVE"
    RIGHTS_OF_OTHERS = "RIGHTS_OF_OTHERS"
    LEGAL_OBLIGATION = "LEGAL_OBLIGATION"
    LEGAL_CLAIMS = "LEGAL_CLAIMS"
    NOTHING_HELD = "NOTHING_HELD"


class NoExportGround(StrEnum):
    """Why a request to see is fulfilled without an export."""

    TOLD_ORALLY = "TOLD_ORALLY"
    """The person wanted to be told, not to be given something (article 12(1))."""
    QUESTION_ANSWERED = "QUESTION_ANSWERED"
    """They asked one thing, and had the answer to it in words."""
    ALREADY_GIVEN = "ALREADY_GIVEN"
    """They have an export of an earlier request, and nothing has happened since."""


@dataclass(frozen=True, slots=True)
class Extension:
    """Two months more, of which the person was told. Without words where the person was erased."""

    ground: ExtensionGround
    person_told_time: datetime
    sealed_words: bytes | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What the person was told, and when; `ground` where something was refused."""

    answer: RightsAnswer
    ground: RefusalGround | None
    person_told_time: datetime
    decided_by_id: UUID
    sealed_words: bytes | None = None
    no_export_ground: NoExportGround | None = None
    fulfilled_by_id: UUID | None = None
    """The export, correction, freeze or objection that fulfilled it; an erasure shows by itself."""

    @property
    def is_fulfilled(self) -> bool:
        """Whether what was asked for was done."""
        return self.answer is RightsAnswer.FULFILLED


@dataclass(frozen=True, slots=True)
class ProtectionDecision:
    """What somebody other than the person gets to see beyond what is sealed as core.

    `allowed_mask` names categories; `with_history`: also needs of restricted kinds, consents, who was given
    something, who looked.
    """

    allowed_mask: int
    with_history: bool
    decided_time: datetime
    sealed_words: bytes | None = None


@dataclass(frozen=True, slots=True)
class RightsRequest:
    """One request in the register."""

    rights_request_id: UUID
    beneficiary_id: BeneficiaryId
    agency_id: AgencyId
    right: Right
    asked_by: AskedBy
    sealed_words: bytes
    received_time: datetime
    registered_time: datetime
    due_time: datetime
    extension: Extension | None = None
    answer: Answer | None = None
    protection: ProtectionDecision | None = None

    @property
    def next_version(self) -> int:
        """The number of its next event, after its registration and what came since."""
        return 2 + (self.extension is not None) + (self.protection is not None)

    def is_overdue(self, now: datetime) -> bool:
        """Whether somebody still waits, and should not any more."""
        return self.answer is None and now >= self.due_time

    def check_open(self) -> None:
        """Lets something still be done about it.

        Raises:
            RuleBroken: ALREADY_ANSWERED.
        """
        if self.answer is not None:
            raise RuleBroken(
                "This request was answered already; its answer stays.", reason="ALREADY_ANSWERED"
            )

    def check_protection(self) -> None:
        """Lets a decision about protection data pass.

        Raises:
            RuleBroken: ALREADY_ANSWERED, NOTHING_WITHHELD, ALREADY_DECIDED.
        """
        self.check_open()
        if self.asked_by is AskedBy.SELF:
            raise RuleBroken(
                "Nothing is withheld from a person who asks for their own data.",
                reason="NOTHING_WITHHELD",
            )
        if self.protection is not None:
            raise RuleBroken("This was decided already; the decision stays.", reason="ALREADY_DECIDED")

    def check_export(self) -> None:
        """Lets an export pass.

        Raises:
            RuleBroken: ALREADY_ANSWERED, NOT_A_REQUEST_TO_SEE.
        """
        self.check_open()
        if self.right not in (Right.ACCESS, Right.PORTABILITY):
            raise RuleBroken(
                "This request asks for something else than to see data or to take them along;"
                " register what the person asks for.",
                reason="NOT_A_REQUEST_TO_SEE",
            )

    def check_erasure(self) -> None:
        """Lets an erasure pass.

        Raises:
            RuleBroken: ALREADY_ANSWERED, NOT_A_REQUEST_TO_ERASE, PROTECTION_NOT_DECIDED.
        """
        self.check_open()
        if self.right is not Right.ERASURE:
            raise RuleBroken(
                "This request asks for something else than to be erased; register what the person asks for.",
                reason="NOT_A_REQUEST_TO_ERASE",
            )
        if self.asked_by is not AskedBy.SELF and not (self.protection and self.protection.with_history):
            raise RuleBroken(
                "Nobody but the person has them erased, unless a child protection officer or GBV focal point"
                " has decided that who asks may see all that happened (DecideProtectionData).",
                reason="PROTECTION_NOT_DECIDED",
            )

    def check_records(self, merged_time: datetime | None) -> None:
        """Lets something pass that reaches all records which are seen as this person's.

        Who asked, and the officer who decided, meant the records of that day: what was merged with them later
        may be a stranger's, or tell what nobody has looked at.

        Args:
            merged_time: when the last of them was merged with the others; None where there is but one.

        Raises:
            RuleBroken: RECORDS_MERGED_SINCE.
        """
        meant_time = self.protection.decided_time if self.protection else self.registered_time
        if merged_time is not None and merged_time > meant_time:
            raise RuleBroken(
                "Another record was merged with this person's since this was asked or decided. Look at both;"
                " then register the request again with the day on which it came, so that it is decided again"
                " for all records. Or un-merge them first.",
                reason="RECORDS_MERGED_SINCE",
            )

    def check_extension(self, person_told_time: datetime, now: datetime) -> datetime:
        """When the person was told; a clock that is a little ahead is taken for now.

        Raises:
            RuleBroken: ALREADY_ANSWERED, ALREADY_EXTENDED, TOO_LATE_TO_EXTEND.
            Invalid: HAPPENED_IN_FUTURE, TOLD_BEFORE_ASKED.
        """
        self.check_open()
        if self.extension is not None:
            raise RuleBroken("Its time was extended already; that is done once.", reason="ALREADY_EXTENDED")
        told_time = self.told(person_told_time, now)
        if told_time >= self.due_time:
            raise RuleBroken(
                "The first month is over: the person had to be told of an extension within it. Answer now.",
                reason="TOO_LATE_TO_EXTEND",
            )
        return told_time

    def check_answer(self, answer: Answer, now: datetime) -> datetime:
        """When the person was told; a clock that is a little ahead is taken for now.

        Raises:
            RuleBroken: ALREADY_ANSWERED.
            Invalid: GROUND_OF_REFUSAL, NO_EXPORT_GROUND, HAPPENED_IN_FUTURE, TOLD_BEFORE_ASKED.
        """
        self.check_open()
        if answer.no_export_ground is not None and not (
            answer.is_fulfilled and self.right in (Right.ACCESS, Right.PORTABILITY)
        ):
            raise Invalid(
                "Why no export is needed is said only of a fulfilled request to see data or take them along.",
                reason="NO_EXPORT_GROUND",
            )
        if answer.answer.refuses is (answer.ground is None):
            raise Invalid(
                "Say why something was refused, and only where something was.", reason="GROUND_OF_REFUSAL"
            )
        return self.told(answer.person_told_time, now)

    def told(self, person_told_time: datetime, now: datetime) -> datetime:
        """When the person was told of something; a clock that is a little ahead is taken for now.

        Raises:
            Invalid: HAPPENED_IN_FUTURE, TOLD_BEFORE_ASKED.
        """
        if person_told_time < self.received_time:
            raise Invalid("The person cannot have been told before they asked.", reason="TOLD_BEFORE_ASKED")
        return not_later(person_told_time, now)
