"""Mails to the hub's own officers: something waits for them, and not whose, about whom, or of what kind."""

from dataclasses import fields
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from kernel.errors import NotPermitted
from kernel.vocabulary import Role
from services.notifications.adapters.postgres_deadlines import PostgresDeadlines
from services.notifications.adapters.postgres_deliveries import PostgresDeliveries
from services.notifications.adapters.postgres_mail_codes import PostgresMailCodes
from services.notifications.adapters.postgres_retention import PostgresRetention
from services.notifications.domain.deadline import SOON
from services.notifications.domain.mail_notice import AccountState, MailPace
from services.notifications.domain.recipient import Inbox
from services.notifications.entrypoints.timers import Retention
from services.notifications.use_cases.open_inbox import check_hears, open_inbox
from services.notifications.use_cases.send_mails import send_mails
from services.notifications.use_cases.tell_deadlines import tell_deadlines
from tests.integration.notifications.inboxes import SYSTEM, officer
from tests.integration.notifications.mailing import CONSOLE, Office
from tests.support.mailbox import words
from tests.support.officer_facts import (
    NOTHING_TO_REVIEW,
    WAITING,
    complaint_facts,
    rights_facts,
)
from tests.support.recall_facts import incoming_from_intake, recall_facts
from tests.support.referral_facts import AGENCY

DPO, SAFEGUARDING = "dpo@kem.example", "safeguarding@kem.example"
NOW = datetime.now(UTC)


async def _tell(office: Office, *facts: object, at: datetime = NOW) -> None:
    await office.notifications.take(
        *(incoming_from_intake(fact, place, at) for place, fact in enumerate(facts, 1))
    )


async def _tick(office: Office) -> int:
    """As the timer does where all is read."""
    async with office.notifications.worker.transaction(SYSTEM) as tx:
        return await tell_deadlines(tx, PostgresDeadlines(), PostgresDeliveries(), await tx.now())


def _kinds(office: Office, inbox: Inbox) -> list[str]:
    return office.notifications.files.execute(
        "select d.kind from notifications.delivery d join notifications.recipient r using (recipient_id)"
        f" where r.inbox = '{inbox}' order by d.sequence"
    ).split()


async def test_each_officer_is_told_what_waits_for_them_by_number_alone(office: Office) -> None:
    await office.officer(Inbox.DPO, DPO)
    await office.officer(Inbox.SAFEGUARDING, SAFEGUARDING, language="el")
    overdue = recall_facts(uuid4())[1]
    await _tell(office, *WAITING, overdue, *NOTHING_TO_REVIEW)
    assert await send_mails(office.mailing) == 2
    [to_dpo], [to_safeguarding] = office.box.to(DPO), office.box.to(SAFEGUARDING)
    assert "News that waits for you: 6" in words(to_dpo)
    assert "Νέα που περιμένουν εσάς: 3" in words(to_safeguarding)
    assert f"{CONSOLE}/home" in words(to_dpo)
    text = to_dpo.as_string() + to_safeguarding.as_string() + words(to_dpo) + words(to_safeguarding)
    ids = [str(value) for fact in (*WAITING, overdue) for value in _values(fact) if isinstance(value, UUID)]
    assert len(ids) > len(WAITING)
    for hidden in (*ids, str(AGENCY), "omplaint", "ecall", "αταγγελ"):
        assert hidden not in text
    assert "urgent" in to_dpo["Subject"], "somebody asks for an emergency access"
    assert "πείγον" not in str(to_safeguarding["Subject"])
    assert await send_mails(office.mailing) == 0, "it is told once"


def _values(fact: Any) -> list[object]:
    return [getattr(fact, one.name) for one in fields(fact)]


async def test_a_digest_of_an_officer_waits_for_its_hour_and_whom_a_life_hangs_on_does_not(
    office: Office,
) -> None:
    await office.officer(Inbox.DPO, DPO, MailPace.DAILY)
    registered, _ = complaint_facts(NOW + timedelta(days=30))
    await _tell(office, registered)
    office.later(next_mail_time="1 day")
    assert await send_mails(office.mailing) == 1
    await _tell(office, rights_facts(NOW + timedelta(days=30), NOW)[0])
    assert await send_mails(office.mailing) == 0
    await _tell(office, WAITING[0])
    assert await send_mails(office.mailing) == 1
    assert "News that waits for you: 2" in words(office.box.mails[-1])


async def test_a_request_is_told_when_it_is_new_when_a_week_is_left_and_when_it_is_overdue(
    office: Office,
) -> None:
    registered, extended, answered = rights_facts(NOW + timedelta(days=30), NOW + timedelta(days=90))
    await _tell(office, registered)
    assert await _tick(office) == 0
    _pass(office, timedelta(days=30) - SOON)
    assert (await _tick(office), await _tick(office)) == (1, 0)
    assert _kinds(office, Inbox.DPO) == ["RightsRequestRegistered", "RightsRequestDueSoon"]
    _pass(office, SOON)
    assert (await _tick(office), await _tick(office)) == (1, 0)
    assert _kinds(office, Inbox.DPO)[2:] == ["RightsRequestOverdue"]
    assert _kinds(office, Inbox.SAFEGUARDING) == []
    await _tell(office, extended)
    assert await _tick(office) == 0, "it has another time"
    _pass(office, timedelta(days=90) - SOON)
    assert await _tick(office) == 1
    await _tell(office, answered)
    _pass(office, SOON)
    assert await _tick(office) == 0, "it was answered"


async def test_a_complaint_that_nobody_answered_is_told_to_both_officers_again(office: Office) -> None:
    registered, _ = complaint_facts(NOW + timedelta(days=30))
    await _tell(office, registered)
    _pass(office, timedelta(days=30) - SOON)
    assert await _tick(office) == 0
    _pass(office, SOON)
    assert await _tick(office) == 1
    for inbox in (Inbox.DPO, Inbox.SAFEGUARDING):
        assert _kinds(office, inbox) == ["ComplaintRegistered", "ComplaintOverdue"]


@pytest.mark.parametrize("is_answer_first", [False, True])
async def test_what_was_answered_is_told_of_no_more_in_whatever_order_it_is_read(
    office: Office, is_answer_first: bool
) -> None:
    registered, answered = complaint_facts(NOW - timedelta(days=1))
    facts = (answered, registered) if is_answer_first else (registered, answered)
    for fact in facts:
        await _tell(office, fact, at=NOW - timedelta(days=31))
    assert await _tick(office) == 0
    await _forget(office, 365)
    assert office.notifications.files.execute("select count(*) from notifications.deadline").strip() == "1"
    await _forget(office, 30)
    assert office.notifications.files.execute("select count(*) from notifications.deadline").strip() == "0"


async def _forget(office: Office, days: int) -> None:
    timer = Retention(PostgresRetention(), PostgresMailCodes(), PostgresDeadlines(), days)
    async with office.notifications.worker.transaction(SYSTEM) as tx:
        await timer.take(tx)


def _pass(office: Office, span: timedelta) -> None:
    """As if so much time had passed."""
    office.notifications.files.execute(
        f"update notifications.deadline set due_time = due_time - interval '{span.total_seconds()} seconds',"
        f" next_time = next_time - interval '{span.total_seconds()} seconds'"
    )


async def test_whoever_is_an_officer_no_more_is_told_nothing_more_and_their_address_is_forgotten(
    office: Office,
) -> None:
    former, present = [
        await office.officer(Inbox.SAFEGUARDING, f"{name}@kem.example") for name in ("former", "present")
    ]
    office.staff.states = dict.fromkeys((former.principal_id, present.principal_id), AccountState.ACTIVE)
    office.staff.roles = {
        former.principal_id: {Role.CASEWORKER},
        present.principal_id: {Role.SAFEGUARDING_OFFICER},
    }
    await _tell(office, complaint_facts(NOW + timedelta(days=30))[0])
    assert await send_mails(office.mailing) == 1
    assert [mail["To"] for mail in office.box.mails] == ["present@kem.example"]
    assert office.addresses() == ["present@kem.example"]


async def test_the_address_of_whoever_has_lost_the_office_goes_though_nothing_is_told(office: Office) -> None:
    former = await office.officer(Inbox.DPO, "former@kem.example")
    member = await office.told("member@agency.example")
    office.staff.states = dict.fromkeys((former.principal_id, member.principal_id), AccountState.ACTIVE)
    office.staff.roles = {former.principal_id: {Role.DPO}, member.principal_id: {Role.AGENCY_MEMBER}}
    assert await office.forget_closed() == 0
    office.staff.roles = {one.principal_id: {Role.AUDITOR} for one in (former, member)}
    assert await office.forget_closed() == 2
    assert office.addresses() == []


@pytest.mark.parametrize(
    ("inbox", "role", "is_of_agency"),
    [
        (Inbox.DPO, Role.SAFEGUARDING_OFFICER, False),
        (Inbox.SAFEGUARDING, Role.DPO, False),
        (Inbox.DPO, Role.DPO, True),
        (Inbox.DPO, Role.CASEWORKER, True),
    ],
)
def test_an_inbox_of_officers_is_opened_to_nobody_else(inbox: Inbox, role: Role, is_of_agency: bool) -> None:
    with pytest.raises(NotPermitted) as refused:
        open_inbox(inbox, officer(role, agency_id=AGENCY if is_of_agency else None))
    assert refused.value.stable_reason == "HUB_OFFICER_ONLY"


def test_an_officer_who_acts_for_an_agency_has_no_part_in_its_inboxes() -> None:
    with pytest.raises(NotPermitted) as refused:
        check_hears(Inbox.AGENCY, officer(Role.DPO, agency_id=AGENCY))
    assert refused.value.stable_reason == "INBOX_OF_AGENCY"
