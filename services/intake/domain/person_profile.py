"""What matching may be told of a person: bands that are derived when asked, never the facts behind them."""

from calendar import monthrange
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from kernel import codes
from kernel.vocabulary import AgeBand, HouseholdBand, Sex, StatusAnswer, band_of
from services.intake.domain.age_rules import FULL_AGE_YEARS
from services.intake.domain.beneficiary import Beneficiary, Birth, Document, HouseholdMember
from services.intake.domain.guardian_rules import NOT_APPOINTED
from services.intake.domain.priority import priority_group

PROVING_DOCUMENTS: Mapping[str, frozenset[str]] = {
    "ASYLUM_INTENT": frozenset({"POLICE_NOTE"}),
    "ASYLUM_APPLICANT": frozenset({"ASYLUM_CARD"}),
    "ASYLUM_REJECTED_APPEAL_OPEN": frozenset({"ASYLUM_CARD"}),
    "REFUGEE": frozenset({"REFUGEE_PERMIT", "TRAVEL_DOCUMENT"}),
    "SUBSIDIARY_PROTECTION": frozenset({"REFUGEE_PERMIT", "TRAVEL_DOCUMENT"}),
    "TEMPORARY_PROTECTION": frozenset({"TEMPORARY_PROTECTION_CARD"}),
    "RESIDENCE_PERMIT": frozenset({"RESIDENCE_PERMIT_CARD"}),
    "PERMIT_APPLICATION_PENDING": frozenset({"PERMIT_APPLICATION_CERTIFICATE"}),
    "LONG_TERM_RESIDENT": frozenset({"RESIDENCE_PERMIT_CARD"}),
    "VICTIM_OF_TRAFFICKING_PERMIT": frozenset({"RESIDENCE_PERMIT_CARD"}),
    "EU_FAMILY_MEMBER": frozenset({"RESIDENCE_PERMIT_CARD"}),
    "EU_CITIZEN": frozenset({"PASSPORT", "NATIONAL_ID"}),
    "GREEK_CITIZEN": frozenset({"PASSPORT", "NATIONAL_ID"}),
}
"""Which papers show a legal status; for a lawyer to confirm, as all lists of law."""

_STATES_THAT_PROVE = frozenset({"VALID", "RENEWAL_PENDING"})
_OLD_AGE_YEARS = 65
_LARGE_HOUSEHOLD = 5
_ALWAYS = date.max.year


def household_band_of(people: int) -> HouseholdBand:
    """The band of a household of so many people, the person included (1 at least)."""
    return list(HouseholdBand)[0 if people <= 1 else 1 if people == 2 else min((people + 1) // 2, 4)]


@dataclass(frozen=True, slots=True)
class PersonProfile:
    """The facts from which the bands are made, sealed in one piece so that one opening answers matching."""

    birth_date: date | None = None
    sex: Sex = Sex.NOT_STATED
    languages: tuple[str, ...] = ()
    interpreter_needed: bool = False
    legal_status: str = "NOT_STATED"
    proof: bool = False
    """Whether a paper that shows the legal status was seen."""
    proof_expires_date: date | None = None
    household_size: int = 1
    """With the person; 0 where who lives with them is not known."""
    district: str = ""
    avoided_districts: tuple[str, ...] = ()
    step_free_access_needed: bool = False
    specific_needs: tuple[str, ...] = ()
    children_until_year: int = 0
    """The last year in which somebody in the household is under 18; 0: nobody is."""
    lacks_guardian: bool = False
    """Nobody is named who may decide for a child."""
    guardian_expires_date: date | None = None

    def age_band(self, today: date) -> AgeBand | None:
        """The band of the person's age on that day in Athens; None where the date of birth is not known."""
        age = self._age(today)
        return None if age is None else band_of(min(max(age, 0), 130))

    def _age(self, today: date) -> int | None:
        return Birth(date=self.birth_date).age_on(today)

    @property
    def household_band(self) -> HouseholdBand | None:
        """None where who lives with the person is not known: no service is left out for it."""
        return household_band_of(self.household_size) if self.household_size else None

    def status_answers(self, today: date) -> dict[str, StatusAnswer]:
        """Per rule family of legal status, whether the person satisfies it and whether that was seen."""
        proof_seen = self.proof and (self.proof_expires_date is None or today <= self.proof_expires_date)
        return {
            family: codes.status_answer(family, self.legal_status, proof_seen)
            for family in codes.STATUS_FAMILIES
        }

    def proof_months(self, today: date) -> dict[str, str]:
        """Per rule family that is satisfied, the last month (YYYY-MM) that its proof covers to the last day.

        The day itself would be a fact about a document, so it is rounded down. A family is left out where the
        proof has no end that is known.
        """
        if self.proof_expires_date is None:
            return {}
        covered = _last_whole_month(self.proof_expires_date)
        return {
            family: covered
            for family, answer in self.status_answers(today).items()
            if answer is StatusAnswer.YES
        }

    def circumstances(self, today: date) -> frozenset[str]:
        """Codes of CIRCUMSTANCES that hold on that day in Athens."""
        age = self._age(today)
        is_child = age is not None and age < FULL_AGE_YEARS
        guardian_ended = self.guardian_expires_date is not None and self.guardian_expires_date < today
        holds = {
            # a guardian block without a date of birth still says that this is a child
            "CHILD_WITHOUT_GUARDIAN": (is_child or age is None) and (self.lacks_guardian or guardian_ended),
            "UNDER_18": is_child,
            "CHILDREN_AT_HOME": today.year <= self.children_until_year,
            "LARGE_HOUSEHOLD": self.household_size >= _LARGE_HOUSEHOLD,
            "AGED_65_OR_MORE": age is not None and age >= _OLD_AGE_YEARS,
        }
        return frozenset(code for code, it_holds in holds.items() if it_holds)

    def priority_group(self, today: date) -> int:
        """The person's published group on waiting lists; 1 is first."""
        return priority_group(self.circumstances(today) | set(self.specific_needs))

    def bands(self, today: date) -> tuple[object, ...]:
        """All that matching is told; when two are equal, matching need not ask again."""
        return (
            self.age_band(today),
            self.sex,
            self.languages,
            self.interpreter_needed,
            tuple(sorted(self.status_answers(today).items())),
            tuple(sorted(self.proof_months(today).items())),
            self.household_band,
            self.priority_group(today),
            self.district,
            self.avoided_districts,
            self.step_free_access_needed,
        )


def profile_of(beneficiary: Beneficiary) -> PersonProfile:
    """The part of a person's data from which matching's bands are derived."""
    proof = _lasting_longest(
        document
        for document in beneficiary.documents
        if document.kind in PROVING_DOCUMENTS.get(beneficiary.legal_status, frozenset())
        and document.state in _STATES_THAT_PROVE
    )
    guardian = beneficiary.guardian
    return PersonProfile(
        birth_date=beneficiary.birth.date,
        sex=beneficiary.sex,
        languages=tuple(skill.language for skill in beneficiary.languages),
        interpreter_needed=beneficiary.interpreter_needed,
        legal_status=beneficiary.legal_status,
        proof=proof is not None,
        proof_expires_date=None if proof is None or proof.state == "RENEWAL_PENDING" else proof.expires_date,
        household_size=0 if beneficiary.household_absence else 1 + len(beneficiary.household),
        district=beneficiary.district,
        avoided_districts=beneficiary.avoided_districts,
        step_free_access_needed=beneficiary.step_free_access_needed,
        specific_needs=beneficiary.specific_needs,
        children_until_year=max(map(_child_until_year, beneficiary.household), default=0),
        lacks_guardian=beneficiary.birth.date is not None
        if guardian is None
        else guardian.relation == NOT_APPOINTED,
        guardian_expires_date=None if guardian is None else guardian.authority_expires_date,
    )


def _child_until_year(member: HouseholdMember) -> int:
    """The year in which somebody turns 18: their day is not known. A CHILD without a year stays one."""
    if member.birth_year:
        return member.birth_year + FULL_AGE_YEARS
    return _ALWAYS if member.relation == "CHILD" else 0


def _last_whole_month(last_day: date) -> str:
    """The last month that ends on this day or before it, as YYYY-MM."""
    is_end_of_month = last_day.day == monthrange(last_day.year, last_day.month)[1]
    covered = last_day if is_end_of_month else last_day.replace(day=1) - timedelta(days=1)
    return covered.isoformat()[: len("YYYY-MM")]


def _lasting_longest(documents: Iterable[Document]) -> Document | None:
    """The paper that proves for the longest time: one without an end or whose renewal is under way first."""
    return max(
        documents,
        key=lambda one: one.expires_date or date.max if one.state == "VALID" else date.max,
        default=None,
    )
