"""Everything that is held about a person, given to them over a real PostgreSQL; to others what is safe."""

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from kem.disclosure.v1.disclosure_events_pb2 import DisclosureEvent
from kernel.errors import Conflict, NotFound, RuleBroken
from kernel.ids import BeneficiaryId
from kernel.vocabulary import LegalBasis, Routing, Sex
from services.intake.adapters.postgres_emergencies import PostgresEmergencies
from services.intake.adapters.tombstones import Tombstones
from services.intake.domain.authority import NotToldReason
from services.intake.domain.beneficiary import Absence, Birth, Contact, ContactKind, Guardian
from services.intake.domain.cells import GrantEffect
from services.intake.domain.rights_request import AskedBy, Right, RightsAnswer
from services.intake.use_cases.erase_beneficiary import erase_beneficiary
from services.intake.use_cases.freeze_consent import ChangeFreeze, freeze_consent
from services.intake.use_cases.get_beneficiary import get_beneficiary
from tests.support.authorities import Authorities
from tests.support.complaints import FOUND, Complaints
from tests.support.complaints import WORDS as COMPLAINT_WORDS
from tests.support.consented_people import METHOD, OpenIntake, bits, grant, member_of
from tests.support.emergency_access import Emergency
from tests.support.rights import WORDS, Rights
from tests.support.telephone import A, Telephone
from tests.support.vault import DPO, KEM, worker_of

PHONE, REFUGE = "+306944000777", "UAM_ACCOMMODATION"
OTHERS = [one for one in AskedBy if one is not AskedBy.SELF]
SUPERVISOR = worker_of(KEM, "supervisor")


@pytest.fixture
def rights(intake: OpenIntake) -> Rights:
    return Rights(intake)


@dataclass(frozen=True, slots=True)
class Story:
    """Somebody with everything that can be held about anybody."""

    person: BeneficiaryId
    referral_id: UUID


async def lived(intake: OpenIntake) -> Story:
    emergency = Emergency(intake)
    need = await emergency.held("NAME")
    [row] = await intake.rows("select beneficiary_id from need")
    person = BeneficiaryId(row["beneficiary_id"])
    await intake.disclose(need, member_of(A))
    telephone = Telephone(intake, PostgresEmergencies())
    await telephone.hand_over(need, "HEALTH", legal_basis=LegalBasis.VITAL_INTEREST)
    access_id = await emergency.ask(need.referral_id, "BIRTH_AND_SEX")
    await emergency.decide(access_id)
    await emergency.see(access_id)
    await intake.need(person, service_type=REFUGE, routing=Routing.ASK_FIRST, note="He must not find me.")
    authorities = Authorities(intake)
    await authorities.notify(person, not_told_reason=NotToldReason.NOT_REACHED, protocol_number="1/told")
    await authorities.notify(person, not_told_reason=NotToldReason.DANGER, protocol_number="2/secret")
    asked = await authorities.register(person, "NAME")
    await authorities.decide(asked, "NAME")
    await authorities.take(asked)
    await intake.withdraw(person)
    async with intake.database.transaction(worker_of(KEM, "caseworker")) as tx:
        await get_beneficiary(person, "/kem.intake.v1.IntakeService/GetBeneficiary", tx, intake.parts.people)
    return Story(person, need.referral_id)


async def exported(rights: Rights, person: BeneficiaryId, **changes: Any) -> dict[str, Any]:
    asked = await rights.register(person, **changes)
    return await rights.document(asked.rights_request_id)


async def test_an_export_says_why_something_is_not_known_to_the_person_and_as_far_as_others_may_see(
    rights: Rights,
) -> None:
    person = await rights.intake.person(
        languages=(),
        languages_absence=Absence.UNKNOWN,
        sex=Sex.NOT_STATED,
        sex_absence=Absence.REFUSED,
        district="",
        district_absence=Absence.NOT_ASKED,
    )
    own = (await exported(rights, person))["person"]
    assert (own["languages_absence"], own["sex_absence"]) == ("UNKNOWN", "REFUSED")
    assert (own["district_absence"], own["contacts_absence"]) == ("NOT_ASKED", None)
    others = (await exported(rights, person, asked_by=AskedBy.PARENT))["person"]
    assert (others["languages_absence"], others["sex_absence"]) == ("UNKNOWN", "REFUSED")
    assert not {"district_absence", "contacts_absence", "legal_status_absence"} & set(others)


async def test_a_person_gets_everything_that_is_held_about_them(rights: Rights) -> None:
    story = await lived(rights.intake)
    found = await exported(rights, story.person)
    assert (found["withheld_categories"], found["history_withheld"]) == ([], False)
    person = found["person"]
    assert person["names"]["latin"]["given"] == "Amna"
    assert person["contacts"][0]["value"].startswith("+3069")
    assert (person["district"], person["legal_status"]) == ("ATHENS_6", "ASYLUM_APPLICANT")
    assert person["case_code"].startswith("KEM-")
    needs = {one["service_type"]: one["note"] for one in found["needs"]}
    assert needs[REFUGE] == "He must not find me."
    [record] = found["consents"]["@graph"]
    assert record["dpv:hasConsentStatus"] == {"@id": "dpv:ConsentWithdrawn"}
    assert [one["@type"] for one in record["dct:hasPart"]] == ["dpv:ConsentGiven", "dpv:ConsentWithdrawn"]
    assert record["dpv:hasProcess"][0]["dpv:hasRecipient"] == {"@id": f"urn:uuid:{A}"}
    given = {one["kind"]: one for one in found["disclosures"]}
    assert set(given) == {"PULLED", "VERBAL", "EMERGENCY"}
    assert (given["PULLED"]["agency_id"], given["PULLED"]["given_categories"]) == (str(A), ["NAME"])
    assert given["PULLED"]["consent_ids"] == [record["dct:identifier"]]
    assert given["VERBAL"]["given_categories"] == ["HEALTH"]
    assert given["EMERGENCY"]["legal_bases"] == ["VITAL_INTEREST"]
    assert [one["state"] for one in found["emergency_accesses"]] == ["AUTHORISED"]
    [recall] = found["recalls"]
    assert (recall["agency_id"], recall["cause"], recall["acknowledged_time"]) == (str(A), "WITHDRAWN", None)
    assert (recall["recalled_categories"], recall["destroyed_categories"]) == (["NAME"], [])
    assert found["consent_freezes"] == []
    assert [one["protocol_number"] for one in found["authority_notifications"]] == ["1/told"]
    [asked] = found["rights_requests"]
    assert (asked["asked_right"], asked["words"]) == ("ACCESS", WORDS)


async def test_what_a_person_complained_of_is_theirs_to_see_and_not_the_accused_agencys(
    rights: Rights,
) -> None:
    person = await rights.intake.person()
    complaints = Complaints(rights.intake)
    kept = await complaints.register(accused=KEM, person=person)
    await complaints.answer(kept.complaint_id)
    asked = (await rights.register(person)).rights_request_id
    of_the_officer = await rights.document(asked, by=DPO)
    of_the_accused = await rights.document(asked, by=SUPERVISOR)
    [one] = of_the_officer["complaints"]
    assert (one["kind"], one["finding"], one["accused_agency_id"]) == ("ABUSE", "UPHELD", str(KEM))
    assert (one["words"], one["answer_words"]) == (COMPLAINT_WORDS, FOUND)
    assert of_the_accused["complaints"] == []
    assert COMPLAINT_WORDS not in json.dumps(of_the_accused)


async def test_that_a_guardian_was_doubted_is_told_to_the_person_only(rights: Rights) -> None:
    intake = rights.intake
    person = await intake.person()
    command = ChangeFreeze(uuid4(), person, "The guardian is doubted.")
    async with intake.database.transaction(worker_of(KEM, "child_protection_officer")) as tx:
        parts = intake.parts
        await freeze_consent(command, tx, parts.people, parts.freezes, parts.vault)
    [freeze] = (await exported(rights, person))["consent_freezes"]
    assert freeze["lifted_time"] is None
    asked = await rights.register(person, asked_by=AskedBy.GUARDIAN)
    await rights.protect(asked.rights_request_id, with_history=True)
    document = "".join(await rights.pieces(asked.rights_request_id))
    assert json.loads(document)["consent_freezes"] == []
    assert "doubted" not in document


async def test_who_looked_is_told_by_agency_and_role_and_never_by_person(rights: Rights) -> None:
    intake = rights.intake
    story = await lived(intake)
    other = await intake.person()
    async with intake.database.transaction(intake.desk) as tx:
        await get_beneficiary(other, METHOD, tx, intake.parts.people)
    found = await exported(rights, story.person)
    looked = {(one["method"], one["agency_id"], *one["roles"]) for one in found["accesses"]}
    assert ("GetBeneficiary", str(KEM), "caseworker") in looked
    assert ("Test", str(A), "agency_member") in looked  # the disclosure, named by its own id
    assert len([one for one in found["accesses"] if one["method"] == "GetBeneficiary"]) == 1
    staff = await intake.rows(
        "select principal_id as id from disclosure where principal_id is not null"
        " union select registered_by_principal_id from rights_request"
        " union select decided_by_principal_id from emergency_access"
    )
    text = json.dumps(found)
    assert staff
    assert [row["id"] for row in staff if str(row["id"]) in text] == []


async def test_what_the_person_must_not_be_told_of_is_not_hinted_at(rights: Rights) -> None:
    text = json.dumps(await exported(rights, (await lived(rights.intake)).person))
    for hint in ("2/secret", "POLICE", "COMPELLED", "DANGER", "AuthorityService", "ΑΠ 12/2026"):
        assert hint not in text


@pytest.mark.parametrize("asked_by", OTHERS)
async def test_whoever_asks_for_somebody_else_gets_no_protection_data(
    rights: Rights, asked_by: AskedBy
) -> None:
    intake = rights.intake
    person = await intake.person(
        contacts=(Contact(ContactKind.PHONE, PHONE, 9, 14),),
        birth=Birth(date(2012, 3, 15)),
        guardian=Guardian("Eleni Invented", "CAREGIVER", "123/2026"),
        interpreter_wishes="Not her husband's cousin.",
        specific_needs=("SLEEPS_OUTSIDE",),
    )
    await intake.consent(person, grant(A, bits("NAME"), effect=GrantEffect.DENY))
    await intake.need(person, service_type=REFUGE, routing=Routing.ASK_FIRST, note="He must not find me.")
    course = await intake.need(person, note="She wants to learn.")
    await Authorities(intake).notify(person, not_told_reason=NotToldReason.NOT_REACHED)
    found = await exported(rights, person, asked_by=asked_by)
    assert found["person"]["names"]["latin"]["given"] == "Amna"
    assert [one["need_id"] for one in found["needs"]] == [str(course.need_id)]
    assert "PROTECTION" in found["withheld_categories"]
    assert found["history_withheld"] is True
    text = json.dumps(found, ensure_ascii=False)
    for secret in (
        *(PHONE, REFUGE, "He must not find me", "She wants to learn", "Eleni Invented", "cousin"),
        *("SLEEPS_OUTSIDE", "ATHENS_6", "ASYLUM", str(A), "PROSECUTOR"),
    ):
        assert secret not in text
    for part in ("consents", "disclosures", "accesses", "authority_notifications", "rights_requests"):
        assert part not in found


async def test_a_child_protection_officer_opens_categories_and_history_by_a_decision(rights: Rights) -> None:
    intake = rights.intake
    person = await intake.person(contacts=(Contact(ContactKind.PHONE, PHONE, 9, 14),))
    await intake.need(person, service_type=REFUGE, routing=Routing.ASK_FIRST)
    asked = (await rights.register(person, asked_by=AskedBy.PARENT)).rights_request_id
    await rights.protect(asked, "DOCUMENTS")
    found = await rights.document(asked)
    assert found["person"]["documents"][0]["kind"] == "ASYLUM_CARD"
    assert (found["needs"], PHONE in json.dumps(found)) == ([], False)
    with pytest.raises(RuleBroken) as refusal:
        await rights.protect(asked, "SAFE_CONTACT")
    assert refusal.value.stable_reason == "ALREADY_DECIDED"
    second = (await rights.register(person, asked_by=AskedBy.GUARDIAN)).rights_request_id
    await rights.protect(second, with_history=True, by=worker_of(KEM, "gbv_focal_point"))
    found = await rights.document(second)
    assert [one["service_type"] for one in found["needs"]] == [REFUGE]
    assert (found["person"]["district"], "contacts" in found["person"]) == ("ATHENS_6", False)
    [row, _] = await intake.rows("select * from rights_request order by registered_time")
    assert (row["protection_mask"], row["protection_history"]) == (bits("DOCUMENTS"), False)
    versions = [one["aggregate_version"] for one in await intake.told("RightsProtectionDecided")]
    assert versions == [2, 2]


async def test_nothing_is_withheld_from_the_person_so_nobody_decides_on_it(rights: Rights) -> None:
    asked = await rights.register(await rights.intake.person())
    with pytest.raises(RuleBroken) as refusal:
        await rights.protect(asked.rights_request_id, "NAME")
    assert refusal.value.stable_reason == "NOTHING_WITHHELD"


async def test_an_export_is_on_record_as_a_disclosure_to_the_person(rights: Rights) -> None:
    intake, request_id = rights.intake, uuid4()
    person = await intake.person()
    asked = (await rights.register(person)).rights_request_id
    first = await rights.export(asked, by=SUPERVISOR, request_id=request_id)
    again = await rights.export(asked, by=SUPERVISOR, request_id=request_id)
    assert again.disclosure_id == first.disclosure_id
    [row] = await intake.rows("select * from disclosure")
    assert (row["kind"], row["rights_request_id"], row["beneficiary_id"]) == ("SUBJECT", asked, person)
    assert (row["identity_proof"], row["told_by_agency_id"]) == ("DOCUMENT_SEEN", KEM)
    assert (row["agency_id"], row["principal_id"]) == (None, SUPERVISOR.principal_id)
    [event] = await intake.told("RightsExportGiven")
    fact = DisclosureEvent.FromString(event["payload"]).rights_export_given
    assert (fact.disclosure_id, fact.rights_request_id) == (str(first.disclosure_id), str(asked))
    assert str(person).encode() not in event["payload"]
    assert len(await intake.told("AccessRecorded")) == 2
    other = (await rights.register(person)).rights_request_id
    with pytest.raises(Conflict):
        await rights.export(other, by=SUPERVISOR, request_id=request_id)


async def test_only_an_open_request_to_see_opens_anything(rights: Rights, tmp_path: Path) -> None:
    intake = rights.intake
    person = await intake.person()
    erasure = (await rights.register(person, Right.ERASURE)).rights_request_id
    answered = (await rights.register(person)).rights_request_id
    await rights.answer(answered, RightsAnswer.TAKEN_BACK)
    for asked, reason in ((erasure, "NOT_A_REQUEST_TO_SEE"), (answered, "ALREADY_ANSWERED")):
        with pytest.raises(RuleBroken) as refusal:
            await rights.export(asked)
        assert refusal.value.stable_reason == reason
    asked = (await rights.register(person, Right.PORTABILITY)).rights_request_id
    stranger = worker_of(uuid4(), "supervisor")
    for wanted in (asked, uuid4()):
        with pytest.raises(NotFound):
            await rights.export(wanted, by=stranger)
    async with intake.database.transaction(stranger) as tx:  # the doors themselves
        for statement in (
            "select count(*) from records_for_export($1)",
            "select count(*) from lines_for_export($1, 'rights_request', 'infinity', null, null, 10)",
            "select count(*) from ids_for_export($1)",
            "select count(*) from beneficiaries_for_export($1)",
        ):
            for wanted in (asked, erasure, answered):
                assert await tx.connection.fetchval(statement, wanted) == 0
    async with intake.database.transaction(intake.desk) as tx:
        parts = intake.parts
        await erase_beneficiary(person, tx, parts.people, Tombstones(tmp_path), parts.recalls)
    with pytest.raises(RuleBroken) as refusal:
        await rights.export(asked)
    assert refusal.value.stable_reason == "BENEFICIARY_ERASED"
    assert await intake.rows("select from disclosure") == []


async def test_what_an_officer_decided_since_is_no_repeat_of_what_was_given_before(rights: Rights) -> None:
    story = await lived(rights.intake)
    asked = (await rights.register(story.person, asked_by=AskedBy.PARENT)).rights_request_id
    request_id = uuid4()
    first = await rights.export(asked, request_id=request_id)
    again = await rights.export(asked, request_id=request_id)
    assert (again.disclosure_id, again.head) == (first.disclosure_id, first.head)
    await rights.protect(asked, "HEALTH", with_history=True)
    with pytest.raises(Conflict) as refusal:
        await rights.export(asked, request_id=request_id)
    assert refusal.value.stable_reason == "REQUEST_ID_REUSED"
    await rights.export(asked)
    given = await rights.intake.rows("select given_mask from disclosure where kind = 'SUBJECT'")
    assert len({row["given_mask"] for row in given}) == len(given) == 2


async def test_what_a_person_said_in_confidence_is_in_nobody_else_s_export(rights: Rights) -> None:
    story = await lived(rights.intake)
    await rights.register(story.person)
    await Complaints(rights.intake).register(accused=A, person=story.person)
    asked = (await rights.register(story.person, asked_by=AskedBy.PARENT)).rights_request_id
    await rights.protect(asked, with_history=True)
    document = "".join(await rights.pieces(asked))
    found = json.loads(document)
    assert found["complaints"] == []
    assert {"avoided_districts", "interpreter_wishes"}.isdisjoint(found["person"])
    for words in (WORDS, COMPLAINT_WORDS, "He must not find me."):
        assert words not in document
