"""A place on a waiting list and why it is this one, as sentences in Greek and English."""

from kernel import codes
from kernel.codes import Urgency
from services.referral.domain.calendar import ATHENS
from services.referral.domain.reading_aloud import Sentence
from services.referral.domain.waitlist import WaitingPlace

_RULE = Sentence(
    "Η σειρά κρίνεται πρώτα από το πόσο επείγει, μετά από τη δημοσιευμένη ομάδα προτεραιότητας, μετά από τον "
    "χρόνο αναμονής.",
    "Urgency counts first, then the published priority group, then waiting time.",
)
_URGENCIES = {
    Urgency.EMERGENCY: Sentence("έκτακτη ανάγκη", "an emergency"),
    Urgency.URGENT: Sentence("επείγον", "urgent"),
    Urgency.NORMAL: Sentence("όχι επείγον", "not urgent"),
}


def place_sentence(place: WaitingPlace) -> Sentence:
    """Where the person stands, who comes before them and for what, and what counts for them."""
    where = Sentence(
        f"Θέση {place.position} από {place.waiting} στη λίστα αναμονής.",
        f"Number {place.position} of {place.waiting} on the waiting list.",
    )
    return where + _RULE + _before(place) + _own(place)


def _before(place: WaitingPlace) -> Sentence:
    if place.position == 1:
        return Sentence("Κανείς δεν προηγείται.", "Nobody comes before.")
    return Sentence(
        f"Προηγούνται {place.position - 1}: πιο επείγοντα {place.more_urgent}, σε προηγούμενη ομάδα "
        f"{place.earlier_group}, με μεγαλύτερη αναμονή {place.waiting_longer}.",
        f"{place.position - 1} come before: more urgent {place.more_urgent}, of an earlier group "
        f"{place.earlier_group}, waiting longer {place.waiting_longer}.",
    )


def _own(place: WaitingPlace) -> Sentence:
    """Days as Athens counts them; a group that is newer than this version has no name here."""
    since = place.since_time.astimezone(ATHENS)
    urgency = _URGENCIES[place.urgency]
    group = codes.PRIORITY_GROUPS.get(str(place.priority_group))
    name_el, name_en = (f" ({group.el})", f" ({group.en})") if group else ("", "")
    number = f"{place.priority_group}/{codes.LAST_PRIORITY_GROUP}"
    return Sentence(
        f"Για το άτομο ισχύει: {urgency.el}, ομάδα {number}{name_el}, αναμονή από {since:%d/%m/%Y}.",
        f"For this person: {urgency.en}, group {number}{name_en}, waiting since {since:%d %B %Y}.",
    )
