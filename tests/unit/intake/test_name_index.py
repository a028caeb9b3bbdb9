"""Who is found by name, who is not, and that nobody is remembered who was forgotten."""

from itertools import chain
from uuid import UUID, uuid4

from services.intake.domain.name_index import KnownPerson, NameIndex, NameQuery

AGENCY, OTHER = uuid4(), uuid4()


def known(
    *names: str, year: int = 1990, nationality: str = "SYR", agency: UUID = AGENCY, person: UUID | None = None
) -> KnownPerson:
    return KnownPerson(person or uuid4(), agency, names, year, nationality)


def filled(*people: KnownPerson) -> NameIndex:
    index = NameIndex()
    for person in people:
        index.put(person)
    return index


def found(
    index: NameIndex, name: str, year: int = 0, nationality: str = "", agency: UUID = AGENCY
) -> list[UUID]:
    query = NameQuery(name, year, nationality)
    return [person for person, _ in index.find(query, agency)]


def skeletons_in(index: NameIndex) -> set[str]:
    """All that is held of names."""
    by_letters = (words for of_length in index._words._words for words in of_length.values())
    return {*index._words._slots, *chain.from_iterable(by_letters)}


def test_a_name_is_found_in_another_script_in_any_order_and_by_a_part() -> None:
    amina = known("آمنة الخطيب", "Amina Al-Khatib")
    index = filled(amina, known("Γεώργιος Παπαδόπουλος", "Georgios Papadopoulos"))
    for name in ("Αμίνα Χατίμπ", "khatib amina", "امنه خطیب", "El Khatib"):
        assert found(index, name, 1990) == [amina.beneficiary_id], name


def test_words_written_apart_are_found_together_and_the_other_way_round() -> None:
    apart, together = known("نور الدين زيدان", "Nur al-Din Zaydan"), known("Noureddine Zidane")
    index = filled(apart, together)
    for name in ("Nureddin Zeidan", "Nour El Dine Zaidan"):
        assert set(found(index, name, 1990)) == {apart.beneficiary_id, together.beneficiary_id}, name


def test_who_has_both_halves_of_a_joined_name_comes_before_who_has_one() -> None:
    index = filled(known("Nour Haddad"), joined := known("Nour El Din Haddad"))
    assert found(index, "Noureddine", 1990)[0] == joined.beneficiary_id
    index = filled(known("Gol Haddad"), known("Ahmad Haddad"), joined := known("Gol Ahmad Haddad"))
    assert found(index, "Golahmad", 1990)[0] == joined.beneficiary_id


def test_what_is_known_and_differs_rules_out_and_what_is_not_known_does_not() -> None:
    right, unknown = known("Sara Haddad"), known("Sara Haddad", year=0, nationality="")
    index = filled(right, unknown, known("Sara Haddad", year=1970), known("Sara Haddad", nationality="AFG"))
    both = [right.beneficiary_id, unknown.beneficiary_id]
    assert found(index, "Sara Haddad", 1990, "SYR") == both
    assert found(index, "Sara Haddad", 1991, "SYR") == both, "a year is often a guess"
    assert found(index, "Sara Haddad", 1992, "SYR") == [unknown.beneficiary_id]


def test_people_of_another_agency_are_not_found() -> None:
    index = filled(known("Sara Haddad", agency=OTHER))
    assert found(index, "Sara Haddad", 1990) == []
    assert len(found(index, "Sara Haddad", 1990, agency=OTHER)) == 1


def test_a_changed_name_replaces_the_old_one_and_a_forgotten_person_is_gone() -> None:
    person = known("Sara Haddad")
    index = filled(person)
    index.put(known("Layla Najjar", person=person.beneficiary_id))
    assert found(index, "Sara Haddad", 1990) == []
    assert found(index, "Leila Nadjar", 1990) == [person.beneficiary_id]
    for _ in range(2):
        index.forget(person.beneficiary_id)
    assert found(index, "Leila Nadjar", 1990) == []
    index.put(known(person=person.beneficiary_id))
    assert len(index) == 0, "somebody whose name is withheld is not known here"


def test_after_many_changes_everybody_is_still_found_once() -> None:
    people = [known(f"{first} {last}") for first in ("Sara", "Omar", "Nadia") for last in ("Haddad", "Kurdi")]
    index = filled(*people)
    for _ in range(500):
        for person in people:
            index.put(person)
    assert found(index, "Omar Kurdi", 1990)[0] == people[3].beneficiary_id
    assert len(index) == len(people)
    assert len(index._people) == len(people), "the places of old names are taken again"


def test_of_a_forgotten_person_no_skeleton_stays_that_was_theirs_alone() -> None:
    common, rare, other = known("Nur El Din Haddad"), known("Fakhr El Din Zwqbrian"), known("Omar Zwqbrian")
    index = filled(common, rare, other)
    index.forget(rare.beneficiary_id)
    assert found(index, "Zwqbrian", 1990) == [other.beneficiary_id]
    index.put(known("Omar Haddad", person=other.beneficiary_id))
    index.forget(other.beneficiary_id)
    assert skeletons_in(index) == skeletons_in(filled(common)) != set()


def test_the_likest_comes_first() -> None:
    names = ("Mohammad Khalil", "Ahmad Khalil", "Mohammad Jalil")
    people = {name: known(name) for name in reversed(names)}
    assert found(filled(*people.values()), "محمد خليل", 1990)[0] == people["Mohammad Khalil"].beneficiary_id
