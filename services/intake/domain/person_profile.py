"""What matching may be told of a person: bands that are derived when asked, never the facts behind them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from kernel import codes
from kernel.vocabulary import AgeBand, HouseholdBand, Sex, StatusAnswer, band_of, household_band_of
from services.intake.domain.beneficiary import Beneficiary, Birth, Document

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
    district: str = ""
    avoided_districts: tuple[str, ...] = ()
    step_free_access_needed: bool = False

    def age_band(self, today: date) -> AgeBand | None:
        """The band of the person's age on that day in Athens; None where the date of birth is not known."""
        age = Birth(date=self.birth_date).age_on(today)
        return None if age is None else band_of(min(max(age, 0), 130))

    @property
    def household_band(self) -> HouseholdBand:
        return household_band_of(self.household_size)

    def status_answers(self, today: date) -> dict[str, StatusAnswer]:
        """Per rule family of legal status, whether the person satisfies it and whether that was seen."""
        proof_seen = self.proof and (self.proof_expires_date is None or today <= self.proof_expires_date)
        return {
            family: codes.status_answer(family, self.legal_status, proof_seen)
            for family in codes.STATUS_FAMILIES
        }

    def bands(self, today: date) -> tuple[object, ...]:
        """All that matching is told; when two are equal, matching need not ask again."""
        return (
            self.age_band(today),
            self.sex,
            self.languages,
            self.interpreter_needed,
            tuple(sorted(self.status_answers(today).items())),
            self.household_band,
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
    return PersonProfile(
        birth_date=beneficiary.birth.date,
        sex=beneficiary.sex,
        languages=tuple(skill.language for skill in beneficiary.languages),
        interpreter_needed=beneficiary.interpreter_needed,
        legal_status=beneficiary.legal_status,
        proof=proof is not None,
        proof_expires_date=None if proof is None or proof.state == "RENEWAL_PENDING" else proof.expires_date,
        household_size=1 + len(beneficiary.household),
        district=beneficiary.district,
        avoided_districts=beneficiary.avoided_districts,
        step_free_access_needed=beneficiary.step_free_access_needed,
    )


def _lasting_longest(documents: Iterable[Document]) -> Document | None:
    """The paper that proves for the longest time: one without an end or whose renewal is under way first."""
    return max(
        documents,
        key=lambda one: one.expires_date or date.max if one.state == "VALID" else date.max,
        default=None,
    )
