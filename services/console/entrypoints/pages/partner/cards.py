"""A referral as pages of an agency show it: its card, its offer, and what is due when."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from kem.directory.v1 import directory_pb2
from kem.referral.v1 import referral_pb2
from kernel import codes
from kernel.errors import NotPermitted
from kernel.vocabulary import Role, Urgency
from services.console.adapters.names import Names
from services.console.domain.held import begin_due_time
from services.console.entrypoints.codes import named
from services.console.entrypoints.page import Visit
from services.console.entrypoints.rendering import Written
from services.console.entrypoints.words import (
    HOUSEHOLDS,
    REFERRAL_STATES,
    SEXES,
    STATE_COLOURS,
    URGENCIES,
    URGENCY_COLOURS,
    age,
    names_of,
    offer_state,
    referral_state,
    service_type,
    urgency,
    words_of,
)

PARTNER: Final = frozenset({Role.AGENCY_MEMBER, Role.AGENCY_ADMIN})
LIST_SERVICES: Final = "DirectoryService/ListServices"

OPEN: Final = ("SENT", "NEEDS_INFORMATION")
TAKEN_UP: Final = ("ACCEPTED_FOR_ASSESSMENT", "ACCEPTED")


@dataclass(frozen=True, slots=True)
class Activity:
    """A course, a session or a slot: its name and when it begins and ends."""

    name: str
    start_time: datetime
    end_time: datetime


@dataclass(frozen=True, slots=True)
class Card:
    """What a reader is shown of a referral, in their language; empty where it is not known or not shown.

    Args:
        state, offer_state: codes; `state_text` and `colour` are for people.
        offered: the agency's own offer; None where there is none any more.
        taken_up_time: when the agency took it up.
        activity: for which course, session or slot it is; None where for none.
    """

    referral_id: str
    state: str
    state_text: str
    colour: str
    service: str
    own_service: str
    urgency: str
    urgency_text: str
    urgency_colour: str
    facts: tuple[tuple[str, str], ...]
    offered: referral_pb2.Offer | None
    offer_state: str
    respond_by_time: datetime | None
    is_opened: bool
    taken_up_time: datetime | None
    started_time: datetime | None
    closed_time: datetime | None
    activity: Activity | None

    @property
    def is_open(self) -> bool:
        """Whether the agency may still answer."""
        return self.offer_state in OPEN

    @property
    def is_held(self) -> bool:
        """Whether the agency has it now."""
        return self.state in ("ACCEPTED_FOR_ASSESSMENT", "ACCEPTED", "IN_SERVICE")


def instant(message: Any, name: str) -> datetime | None:
    """A time of a message; None where it is not there."""
    return getattr(message, name).ToDatetime(tzinfo=UTC) if message.HasField(name) else None


def until_when(card: Card, visit: Visit) -> str:
    """Until when the agency holds it: by when it is to begin, when it ends, or that no end is set."""
    if not card.is_held:
        return ""
    written, parts = Written(visit.language), []
    if card.started_time is None and card.taken_up_time is not None and card.urgency:
        due = begin_due_time(Urgency(card.urgency), card.taken_up_time)
        words = visit.say("it should have begun by %(time)s")
        if due > datetime.now(UTC):
            words = visit.say("to begin by %(time)s")
        parts.append(words % {"time": written.datetime(due)})
    if card.activity is not None:
        parts.append(visit.say("until %(day)s") % {"day": written.date(card.activity.end_time)})
    elif card.started_time is not None:
        parts.append(visit.say("no end is set: yours until you report what came of it"))
    return " · ".join(parts)


async def known_services(names: Names, visit: Visit) -> Mapping[str, directory_pb2.ListedService]:
    """The services of which the reader may know, by their ids, as they were half a minute ago at most."""
    user = visit.staff
    return await names.services((user.agency_id, user.roles), user.metadata)


def own_agency(visit: Visit) -> str:
    """The reader's agency.

    Raises:
        NotPermitted: they work for none, and so have nothing here.
    """
    agency_id = visit.staff.agency_id
    if agency_id is None:
        raise NotPermitted("Only who works for an agency has something here.", reason="NO_AGENCY")
    return agency_id


def service_name(listed: directory_pb2.ListedService | None, language: str) -> str:
    """As the agency calls it."""
    if listed is None:
        return ""
    name = listed.service.name
    return str(name.el if language == "el" else name.en)


def card_of(
    referral: referral_pb2.Referral,
    visit: Visit,
    services: Mapping[str, directory_pb2.ListedService],
) -> Card:
    """The card of a referral that the reader's agency is asked for or holds."""
    language = visit.language
    own = [one for one in referral.offers if one.agency_id == visit.staff.agency_id]
    offered = own[-1] if own else None
    answer = offer_state(offered.state) if offered else ""
    state, level = referral_state(referral.state), urgency(referral.card.urgency)
    return Card(
        referral_id=referral.referral_id,
        state=state,
        state_text=_state_text(state, answer, visit),
        colour=STATE_COLOURS.get(state, "grey"),
        service=service_type(referral.card.service_type, language),
        own_service=service_name(services.get(offered.service_id), language) if offered else "",
        urgency=level,
        urgency_text=words_of(URGENCIES, level, language),
        urgency_colour=URGENCY_COLOURS.get(level, ""),
        facts=tuple(_facts(referral.card, visit)) if referral.HasField("card") else (),
        offered=offered,
        offer_state=answer,
        respond_by_time=instant(offered, "respond_by_time") if offered else None,
        is_opened=offered is not None and offered.HasField("acknowledged_time"),
        taken_up_time=instant(offered, "ended_time") if offered and answer in TAKEN_UP else None,
        started_time=instant(referral, "started_time"),
        closed_time=instant(referral, "closed_time"),
        activity=_activity(offered, language) if offered and offered.HasField("activity") else None,
    )


def _state_text(state: str, answer: str, visit: Visit) -> str:
    """Where it stands, as who is asked sees it."""
    if answer == "SENT":
        return visit.say("Waits for your answer")
    if answer == "NEEDS_INFORMATION":
        return visit.say("You asked")
    return words_of(REFERRAL_STATES, state, visit.language)


def _activity(offered: referral_pb2.Offer, language: str) -> Activity:
    one = offered.activity
    return Activity(
        str(one.name.el if language == "el" else one.name.en),
        one.start_time.ToDatetime(tzinfo=UTC),
        one.end_time.ToDatetime(tzinfo=UTC),
    )


def _facts(card: referral_pb2.BlindCard, visit: Visit) -> list[tuple[str, str]]:
    say, language = visit.say, visit.language
    spoken = ", ".join(names_of(codes.LANGUAGES, card.languages, language))
    if card.interpreter_needed:
        needed = say("an interpreter is needed")
        spoken = f"{spoken}; {needed}" if spoken else needed
    rows = [
        (say("Languages"), spoken),
        (say("Age"), age(card.age_band, language)),
        (say("Sex"), words_of(SEXES, card.sex, language) if card.sex else ""),
        (
            say("Household"),
            words_of(HOUSEHOLDS, card.household_band, language) if card.household_band else "",
        ),
        (say("Lives in"), named(codes.DISTRICTS, card.district, language)),
        (say("Access"), say("must be reached without steps") if card.step_free_access_needed else ""),
    ]
    return [(label, value) for label, value in rows if value]
