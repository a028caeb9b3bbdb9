"""Sentences in Greek and English for a score's terms and for the reasons that leave a service out."""

from collections.abc import Mapping
from dataclasses import dataclass

from kernel import codes
from services.referral.domain.conditions import Exclusion, MatchWarning
from services.referral.domain.scoring import (
    DISTANCE,
    FIT,
    FREE_PLACES,
    FRESHNESS,
    TIME_TO_START,
    ScoreTerm,
)

Facts = Mapping[str, str | int]


@dataclass(frozen=True, slots=True)
class Sentence:
    """The same in the two languages of staff."""

    el: str
    en: str

    def __add__(self, other: "Sentence") -> "Sentence":
        return Sentence(f"{self.el} {other.el}", f"{self.en} {other.en}")


def term_sentence(term: ScoreTerm) -> Sentence:
    """What one term says about a service."""
    return _TERMS[term.term](term.facts)


def exclusion_sentence(reason: str) -> Sentence:
    """Why services with this reason are left out."""
    return _EXCLUSIONS[Exclusion(reason)]


def warning_sentence(warning: str) -> Sentence:
    """What the worker should look at."""
    return _WARNINGS[MatchWarning(warning)]


def _free_places(facts: Facts) -> Sentence:
    if facts.get("unlimited"):
        return Sentence("Δέχεται όσους έρθουν.", "It takes everybody who comes.")
    free = int(facts["free"])
    if free == 0:
        return Sentence(
            "Δεν υπάρχει ελεύθερη θέση: μόνο λίστα αναμονής.",
            "No place is free: there is only a waiting list.",
        )
    if free == 1:
        return Sentence("Υπάρχει 1 ελεύθερη θέση.", "1 place is free.")
    return Sentence(f"Υπάρχουν {free} ελεύθερες θέσεις.", f"{free} places are free.")


def _freshness(facts: Facts) -> Sentence:
    if facts.get("questioned"):
        return Sentence(
            "Ο φορέας απάντησε δύο φορές ότι δεν έχει θέση, ενώ είχε δηλώσει ελεύθερες: ζητήθηκε νέα δήλωση.",
            "It has answered twice that it is full although it had declared free places: it was asked again.",
        )
    days = int(facts["days"])
    when = _ago(days)
    if facts["freshness"] == "GREEN":
        return Sentence(f"Ο φορέας το δήλωσε {when.el}.", f"The agency said so {when.en}.")
    if facts["freshness"] == "AMBER":
        return Sentence(
            f"Ο φορέας το δήλωσε {when.el}: ρωτήστε αν ισχύει ακόμη.",
            f"The agency said so {when.en}: ask whether it is still true.",
        )
    return Sentence(
        f"Η τελευταία δήλωση έγινε {when.el}: δεν ξέρουμε αν ισχύει.",
        f"The agency last said so {when.en}: nobody knows whether it is still true.",
    )


def _ago(days: int) -> Sentence:
    if days == 0:
        return Sentence("σήμερα", "today")
    if days == 1:
        return Sentence("χθες", "yesterday")
    return Sentence(f"πριν από {days} ημέρες", f"{days} days ago")


def _time_to_start(facts: Facts) -> Sentence:
    if facts["basis"] == "NOT_KNOWN":
        return Sentence(
            "Δεν ξέρουμε ακόμη σε πόσο χρόνο αρχίζει η υπηρεσία.",
            "Nobody knows yet how long it takes until the service begins.",
        )
    days, cases = int(facts["days"]), int(facts["cases"])
    if facts["basis"] == "OWN":
        return Sentence(
            f"Συνήθως αρχίζει {_within_el(days)} ({_cases_el(cases)}).",
            f"It usually begins {_within_en(days)} ({_cases_en(cases)}).",
        )
    if facts["basis"] == "MIXED":
        return Sentence(
            f"Μάλλον αρχίζει {_within_el(days)} ({_cases_el(cases)}, μαζί με τον μέσο όρο του τομέα).",
            f"It probably begins {_within_en(days)} ({_cases_en(cases)}, with the sector's mean).",
        )
    return Sentence(
        f"Στον τομέα αυτό οι υπηρεσίες αρχίζουν κατά μέσο όρο {_within_el(days)}.",
        f"Services of this sector begin {_within_en(days)} on average.",
    )


def _within_el(days: int) -> str:
    return {0: "μέσα σε μία ημέρα", 1: "σε 1 ημέρα"}.get(days, f"σε {days} ημέρες")


def _within_en(days: int) -> str:
    return {0: "within a day", 1: "after 1 day"}.get(days, f"after {days} days")


def _cases_el(cases: int) -> str:
    return "1 περίπτωση" if cases == 1 else f"{cases} περιπτώσεις"


def _cases_en(cases: int) -> str:
    return "1 case" if cases == 1 else f"{cases} cases"


def _distance(facts: Facts) -> Sentence:
    return _DISTANCES[str(facts["band"])]


_DISTANCES = {
    "30": Sentence("Έως 30 λεπτά με τη συγκοινωνία.", "Up to 30 minutes by public transport."),
    "60": Sentence("Έως 60 λεπτά με τη συγκοινωνία.", "Up to 60 minutes by public transport."),
    "MORE": Sentence("Πάνω από μία ώρα με τη συγκοινωνία.", "More than an hour by public transport."),
    "HIDDEN": Sentence(
        "Η διεύθυνση δεν αποκαλύπτεται, γι' αυτό η απόσταση δεν μετρά.",
        "The place is kept secret, so distance does not count.",
    ),
    "NOT_KNOWN": Sentence("Η απόσταση δεν είναι γνωστή.", "The distance is not known."),
}


def _fit(facts: Facts) -> Sentence:
    sentence = _language(str(facts["how"]), str(facts["language"]))
    if facts["made_for"]:
        sentence += Sentence(
            "Η υπηρεσία είναι για αυτή την ηλικία ή αυτό το μέγεθος νοικοκυριού.",
            "The service is made for this age or this size of household.",
        )
    return sentence


def _language(how: str, code: str) -> Sentence:
    known = codes.LANGUAGES.get(code)
    el, en = (known.el, known.en) if known else (code, code)
    match how:
        case "SPOKEN":
            return Sentence(f"Εξυπηρετούν και στη γλώσσα: {el}.", f"{en} is spoken there.")
        case "INTERPRETER":
            return Sentence(
                f"Μπορεί να βρεθεί διερμηνέας για τη γλώσσα: {el}.",
                f"An interpreter for {en} can be had there.",
            )
        case "ASK":
            return Sentence(
                f"Υπάρχει μόνο συγγενική γλώσσα ({el}): ρωτήστε το άτομο αν αρκεί.",
                f"There is only a language close to {en}: ask the person whether it will do.",
            )
        case "NOT_KNOWN":
            return Sentence(
                "Δεν έχει καταγραφεί ποια γλώσσα μιλά το άτομο.",
                "Nobody has recorded which language the person speaks.",
            )
    return Sentence("Δεν υπάρχει κοινή γλώσσα.", "There is no common language.")


_TERMS = {
    FREE_PLACES: _free_places,
    FRESHNESS: _freshness,
    TIME_TO_START: _time_to_start,
    DISTANCE: _distance,
    FIT: _fit,
}

_EXCLUSIONS = {
    Exclusion.TYPE: Sentence("Παρέχει άλλη υπηρεσία.", "It offers another kind of service."),
    Exclusion.AGREEMENT: Sentence(
        "Ο φορέας δεν έχει συμφωνία σε ισχύ.", "Its agency has no agreement in force."
    ),
    Exclusion.CONSENT: Sentence(
        "Το άτομο δεν έχει συναινέσει για αυτόν τον φορέα.",
        "The person has not consented to this agency.",
    ),
    Exclusion.SUSPENDED: Sentence("Η υπηρεσία έχει ανασταλεί.", "The service is suspended."),
    Exclusion.CLOSED: Sentence(
        "Είναι κλειστά αυτή την ώρα και δεν υπάρχει τηλέφωνο εφημερίας για επείγοντα.",
        "It is closed at this hour and has no duty phone for emergencies.",
    ),
    Exclusion.AREA: Sentence(
        "Δεν εξυπηρετεί την περιοχή του ατόμου.", "It does not serve where the person lives."
    ),
    Exclusion.AVOIDED: Sentence(
        "Βρίσκεται εκεί όπου το άτομο δεν πρέπει να σταλεί.", "It is where the person must not be sent."
    ),
    Exclusion.AGE: Sentence("Δεν δέχεται αυτή την ηλικία.", "It does not take this age."),
    Exclusion.SEX: Sentence("Αφορά άλλο φύλο.", "It is for another sex."),
    Exclusion.HOUSEHOLD: Sentence(
        "Δεν δέχεται νοικοκυριό αυτού του μεγέθους.", "It does not take a household of this size."
    ),
    Exclusion.STATUS: Sentence(
        "Ζητά νομικό καθεστώς που δεν υπάρχει ή δεν έχει αποδειχθεί.",
        "It asks for a legal status that is not there or not proven.",
    ),
    Exclusion.DOCUMENT_ENDS: Sentence(
        "Ζητά αποδεικτικό του νομικού καθεστώτος που να ισχύει ως το τέλος της δράσης· αυτό λήγει νωρίτερα.",
        "It asks for a proof of legal status that lasts until the activity ends, and this one ends before.",
    ),
    Exclusion.LANGUAGE: Sentence(
        "Δεν υπάρχει κοινή γλώσσα ούτε διερμηνέας.", "There is no common language and no interpreter."
    ),
    Exclusion.ACCESS: Sentence("Η είσοδος έχει σκαλιά.", "It cannot be reached without steps."),
    Exclusion.DECLINED: Sentence(
        "Έχει ήδη απαντήσει όχι για αυτή την ανάγκη.", "It has already said no to this need."
    ),
    Exclusion.NO_PLACE: Sentence("Δεν έχει δηλώσει καμία θέση.", "It has declared no place at all."),
}

_WARNINGS = {
    MatchWarning.DISTRICT_NOT_KNOWN: Sentence(
        "Εξυπηρετεί ορισμένες περιοχές· δεν ξέρουμε πού μένει το άτομο.",
        "It serves certain districts, and nobody has recorded where the person lives.",
    ),
    MatchWarning.AGE_NOT_KNOWN: Sentence(
        "Δέχεται ορισμένες ηλικίες· η ηλικία δεν είναι γνωστή.",
        "It takes certain ages, and the age is not known.",
    ),
    MatchWarning.SEX_NOT_KNOWN: Sentence(
        "Αφορά ορισμένο φύλο· το φύλο δεν έχει δηλωθεί.", "It is for one sex, and the sex was not stated."
    ),
    MatchWarning.HOUSEHOLD_NOT_KNOWN: Sentence(
        "Δέχεται νοικοκυριά ορισμένου μεγέθους· το μέγεθος δεν είναι γνωστό.",
        "It takes households of certain sizes, and the size is not known.",
    ),
    MatchWarning.STATUS_NOT_VERIFIED: Sentence(
        "Ζητά νομικό καθεστώς που δηλώθηκε αλλά δεν έχει αποδειχθεί.",
        "It asks for a legal status that was stated and not proven.",
    ),
    MatchWarning.STATUS_NOT_ASKED: Sentence(
        "Ζητά νομικό καθεστώς για το οποίο δεν ρωτήθηκε το άτομο.",
        "It asks for a legal status, and the person was not asked about it.",
    ),
    MatchWarning.DOCUMENT_ENDS_BEFORE_ACTIVITY: Sentence(
        "Το αποδεικτικό του νομικού καθεστώτος λήγει πριν τελειώσει η δράση: δείτε μαζί την ανανέωση.",
        "The proof of legal status ends before the activity does: look into its renewal together.",
    ),
    MatchWarning.LANGUAGE_NOT_KNOWN: Sentence(
        "Δεν έχει καταγραφεί ποια γλώσσα μιλά το άτομο.",
        "Nobody has recorded which language the person speaks.",
    ),
    MatchWarning.LANGUAGE_TO_ASK: Sentence(
        "Υπάρχει μόνο συγγενική γλώσσα: ρωτήστε το άτομο.", "There is only a close language: ask the person."
    ),
    MatchWarning.INTERPRETER_TO_ARRANGE: Sentence(
        "Χρειάζεται να κλειστεί διερμηνέας.", "An interpreter has to be arranged."
    ),
    MatchWarning.NO_FREE_PLACE: Sentence("Μόνο λίστα αναμονής.", "Waiting list only."),
}
