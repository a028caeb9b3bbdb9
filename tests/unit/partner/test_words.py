"""What a partner reads on the screen."""

from kem.common.v1 import common_pb2
from kem.disclosure.v1.disclosure_service_pb2 import DisclosedBeneficiary
from kem.disclosure.v1.recall_service_pb2 import Recall, RecallCause, RecalledDisclosure
from kem.intake.v1.beneficiary_pb2 import Contact, LanguageSkill, Name, Names
from kem.referral.v1.referral_pb2 import BlindCard
from services.notifications.domain.audience import AUDIENCES
from services.notifications.domain.recipient import Inbox
from tools.partner import words


def test_a_card_tells_enough_to_decide_and_no_more() -> None:
    card = BlindCard(
        service_type="GREEK_A1",
        urgency=common_pb2.URGENCY_EMERGENCY,
        district="ATHENS_6",
        languages=["ara", "fra"],
        interpreter_needed=True,
        age_band="BAND_25_44",
        household_band="BAND_1",
    )
    text = "\n".join(words.card_lines(card))
    for part in ("EMERGENCY", "Arabic", "French", "interpreter needed", "age 25–44", "household 1"):
        assert part in text


def test_what_was_given_is_shown_field_by_field() -> None:
    given = DisclosedBeneficiary(
        names=Names(latin=Name(given="Amal")),
        languages=[LanguageSkill(language="ara", level=LanguageSkill.LEVEL_NATIVE)],
        interpreter_needed=True,
        contacts=[Contact(kind=Contact.KIND_PHONE, value="+30 210 0000000")],
    )
    lines = list(words.disclosed_lines(given))
    assert "names: Amal" in lines
    assert "interpreter needed: yes" in lines
    assert any("+30 210 0000000" in line for line in lines)


def test_every_delivery_of_an_agencys_inbox_has_words() -> None:
    told = {kind for kind, inboxes in AUDIENCES.items() if Inbox.AGENCY in inboxes}
    assert told - {"ReferralOffered"} == set(words.KINDS)


def test_what_is_asked_back_is_said_with_its_time_and_its_reason() -> None:
    recall = Recall(
        cause=RecallCause.RECALL_CAUSE_WITHDRAWN,
        recalled_categories=["NAME", "SAFE_CONTACT"],
        disclosures=[RecalledDisclosure(in_between=True)],
        disclosure_count=1,
        overdue=True,
    )
    recall.due_time.FromJsonString("2026-03-05T09:30:00Z")
    recall.disclosures[0].disclosed_time.FromJsonString("2026-03-01T09:30:00Z")
    text = "\n".join(words.recall_lines(recall))
    for part in ("Thu 05 Mar 11:30", "that time is over", "took their consent back", "Sun 01 Mar 11:30"):
        assert part in text
    assert words.categories(["NAME", "SAFE_CONTACT"]) in text
    assert "before the hub heard" in text


def test_every_cause_of_a_recall_has_words() -> None:
    assert set(words.CAUSES) == set(RecallCause.values()) - {RecallCause.RECALL_CAUSE_UNSPECIFIED}


def test_reasons_come_in_both_languages() -> None:
    declines = words.reasons("DECLINE")
    assert declines[0].code == "NO_CAPACITY"
    assert all(reason.el and reason.en for reason in declines)
