"""Who is answered what about a referral and its last offer: by its sender's and its provider's people."""

from typing import Final

from tests.component.access.rules import CASE_ROLES, NO_AGENCY, OK, Answers, Row, Side
from tests.component.access.things import STATES, Thing

OFFER, REFERRAL = "OFFER_NOT_FOUND", "REFERRAL_NOT_FOUND"
ANSWERED, ILLEGAL = "OFFER_ALREADY_ANSWERED", "ILLEGAL_TRANSITION"

ENDED: Final = ("COMPLETED", "NOT_COMPLETED", "WITHDRAWN", "CANCELLED", "IN_ERROR")
HELD: Final = ("ASSESSED", "ACCEPTED", "IN_SERVICE")
OFFERED: Final = tuple(state for state in STATES[Thing.CASE] if state != "AWAITING_PERSON")
LEFT: Final = ("COMPLETED", "NOT_COMPLETED")
"""The provider held it to the end."""


def states(answer: str, *names: str) -> dict[str, str]:
    """The same answer in each of these."""
    return dict.fromkeys(names, answer)


def _by_sender(answers: Answers, hidden: str = REFERRAL, *, changes: bool = True) -> Row:
    return Row(CASE_ROLES, Thing.CASE, hidden, {Side.SENDER: answers}, changes)


def _by_provider(answers: Answers, hidden: str, *, changes: bool = True) -> Row:
    return Row(CASE_ROLES, Thing.CASE, hidden, {Side.PROVIDER: answers}, changes)


CASES: Final[dict[str, Row]] = {
    "GetReferral": Row(
        CASE_ROLES,
        Thing.CASE,
        REFERRAL,
        {Side.SENDER: OK, Side.PROVIDER: states(OK, "SENT", "QUESTION", *HELD, *LEFT)},
        changes=False,
    ),
    "ExplainMatches": _by_sender(
        states(OK, *STATES[Thing.CASE]) | states("PROFILE_DELETED", *ENDED), changes=False
    ),
    "OfferTo": _by_sender(
        states(OK, "AWAITING_PERSON", "WAITLISTED", "DECLINED", "EXPIRED", "RETURNED")
        | states(ILLEGAL, "SENT", "QUESTION", *HELD, *ENDED)
    ),
    "CancelReferral": _by_sender(states(OK, *STATES[Thing.CASE]) | states(ILLEGAL, "IN_SERVICE", *ENDED)),
    "MarkEnteredInError": _by_sender(states(OK, *STATES[Thing.CASE]) | states(ILLEGAL, *ENDED)),
    "ProvideInformation": _by_sender(states(ANSWERED, *OFFERED) | {"SENT": ILLEGAL, "QUESTION": OK}, OFFER),
    "AcceptOffer": _by_provider(
        states(ANSWERED, *OFFERED) | {"SENT": OK, "QUESTION": ILLEGAL, "ASSESSED": OK}, OFFER
    ),
    "DeclineOffer": _by_provider(states(ANSWERED, *OFFERED) | {"SENT": OK, "QUESTION": OK}, OFFER),
    "WaitlistOffer": _by_provider(states(ANSWERED, *OFFERED) | {"SENT": OK, "QUESTION": ILLEGAL}, OFFER),
    "RequestInformation": _by_provider(states(ANSWERED, *OFFERED) | {"SENT": OK, "QUESTION": ILLEGAL}, OFFER),
    "AcknowledgeOffer": _by_provider(states(OK, *OFFERED), OFFER, changes=False),
    "ReturnReferral": _by_provider(states(OK, *HELD) | states(ILLEGAL, *LEFT), REFERRAL),
    "StartService": _by_provider(
        {"ASSESSED": ILLEGAL, "ACCEPTED": OK, "IN_SERVICE": ILLEGAL} | states(ILLEGAL, *LEFT), REFERRAL
    ),
    "CompleteReferral": _by_provider(
        {"ASSESSED": ILLEGAL, "ACCEPTED": ILLEGAL, "IN_SERVICE": OK} | states(ILLEGAL, *LEFT), REFERRAL
    ),
    "CloseNotCompleted": _by_provider(
        {"ASSESSED": ILLEGAL, "ACCEPTED": OK, "IN_SERVICE": OK} | states(ILLEGAL, *LEFT), REFERRAL
    ),
    # an acceptance may be on its way: ask again, whether there is such a referral or not
    "GetDisclosure": Row(
        CASE_ROLES,
        Thing.CASE,
        "ACCEPTANCE_NOT_KNOWN",
        {Side.PROVIDER: states(OK, *HELD), Side.NOBODY: NO_AGENCY},
        changes=False,
    ),
    # what was told by telephone was told, whatever became of it since
    "RecordHandover": Row(
        CASE_ROLES, Thing.CASE, REFERRAL, {Side.SENDER: OK, Side.NOBODY: NO_AGENCY}, repeats=True
    ),
    # as the sender; what the holder may record is in test_contact_attempts
    "RecordContactAttempt": Row(
        CASE_ROLES, Thing.CASE, REFERRAL, {Side.SENDER: OK, Side.NOBODY: NO_AGENCY}, repeats=True
    ),
    "ListContactAttempts": Row(
        CASE_ROLES,
        Thing.CASE,
        REFERRAL,
        {Side.SENDER: OK, Side.PROVIDER: states(OK, *HELD), Side.NOBODY: NO_AGENCY},
        changes=False,
    ),
    "RequestEmergencyAccess": Row(
        CASE_ROLES,
        Thing.CASE,
        REFERRAL,
        {Side.PROVIDER: states(OK, *HELD), Side.NOBODY: NO_AGENCY},
        repeats=True,
    ),
}
