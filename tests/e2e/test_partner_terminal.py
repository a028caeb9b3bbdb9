"""A partner at the terminal, or with a server of its own, on the whole hub; then the trace and the check."""

import asyncio
import base64
import re
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from chassis.certificates import Certificate
from kem.directory.v1.directory_service_pb2 import ListAgenciesRequest
from kernel.vocabulary import Role
from tests.e2e.desk import Desk
from tests.e2e.kem_command import said, told
from tests.e2e.typed_terminal import TypedTerminal
from tests.integration.chassis.waiting import until
from tests.support.partner_server import Partner
from tools.check.report import check_database
from tools.hub import Doors, Hub
from tools.partner.calls import call
from tools.stack.credentials import write_certificates
from tools.stack.options import StackOptions
from tools.stack.stack import Stack
from tools.trace.history import read_history

AGENCY, OTHER_AGENCY = "KEM", "UNHCR"


@pytest.fixture(scope="module")
async def stack(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    impatient = {"KEM_NOTIFICATIONS_PUSH_PATIENCE_SECONDS": "2"}
    one = Stack(tmp_path_factory.mktemp("hub"), StackOptions(is_durable=False, settings=impatient))
    await one.start()
    yield one
    await one.stop()


@pytest.fixture(scope="module")
async def desk(stack: Stack) -> AsyncIterator[Desk]:
    hub = Hub(Doors.of(stack.layout))
    operator = hub.person(uuid4(), None, Role.OPERATOR)
    found = await call(hub.directory.ListAgencies, ListAgenciesRequest(code=AGENCY), operator)
    agency_id = found.agencies[0].agency_id
    desk = Desk(hub, hub.person(uuid4(), UUID(agency_id), Role.CASEWORKER), agency_id)
    await desk.register()
    yield desk
    await hub.close()


async def test_a_partner_answers_offers_as_they_come_and_misses_none(stack: Stack, desk: Desk) -> None:
    async with TypedTerminal(stack.layout.data, "partner", "--agency", AGENCY) as terminal:
        await terminal.until_seen("Offers appear here")
        first = await desk.record_need()
        await terminal.until_seen("#1 new offer")

        # the inbox's process dies; what is offered meanwhile appears when it is back
        process = stack.parts["notifications"].process
        assert process is not None
        process.kill()
        await terminal.until_seen("the connection is lost")
        second = await desk.record_need()
        screen = await terminal.until_seen("#2 new offer")
        assert screen.count("#1 new offer") <= 1

        terminal.type("card 1")
        await terminal.until_seen("#1 acknowledged")
        assert "Amal" not in terminal.screen
        terminal.type("data 1")
        await terminal.until_seen("Take it up first")
        terminal.type("accept 1")
        await terminal.until_seen("#1 is ACCEPTED")
        terminal.type("data 1")
        await terminal.until_seen("Amal Sample")
        terminal.type("start 1")
        await terminal.until_seen("#1 is IN_SERVICE")
        terminal.type("complete 1")
        await terminal.until_seen("Information only")
        terminal.type("1")
        await terminal.until_seen("Nobody")
        terminal.type("2")
        await terminal.until_seen("#1 is COMPLETED")
        terminal.type("ask 2 Μπορεί το πρωί;")
        await terminal.until_seen("your clock stands still")
        terminal.type("decline 2")
        await terminal.until_seen("Other reason")
        terminal.type("1")
        await terminal.until_seen("#2 declined by your agency")
        terminal.type("accept 2")
        await terminal.until_seen("already declined")
        terminal.type("quit")
        assert await terminal.ended() == 0

    async with TypedTerminal(stack.layout.data, "partner", "--agency", AGENCY) as terminal:
        await terminal.until_seen("Nothing waits for you.")
        await desk.record_need()
        screen = await terminal.until_seen("#1 new offer")
        assert screen.count("new offer") == 1
        terminal.type("decline 1")  # the tests that follow find an inbox in which nothing waits
        await terminal.until_seen("Other reason")
        terminal.type("1")
        await terminal.until_seen("#1 declined by your agency")

    await _trace_tells(stack, first, ["NeedRecorded", "Matched", "ReferralOffered", "OfferAcknowledged",
                                      "ReferralAccepted", "DisclosureGiven", "ServiceStarted",
                                      "ReferralCompleted"])  # fmt: skip
    await _trace_tells(stack, second, ["ReferralOffered", "InformationRequested", "OfferDeclined"])
    report = await check_database(_check_url(stack.layout.data))
    assert [finding for finding in report.findings if finding.violations] == []


async def test_a_partner_is_asked_back_what_it_was_given_and_says_what_became_of_it(
    stack: Stack, desk: Desk
) -> None:
    async with TypedTerminal(stack.layout.data, "partner", "--agency", AGENCY) as terminal:
        await terminal.until_seen("Nothing waits for you.")
        await desk.register()
        referral_id = await desk.record_need()
        # what a test before has answered may be told only now, and takes a number too
        found = re.search(r"#(\d+) new offer", await terminal.until_seen(" new offer"))
        assert found
        number = found[1]
        terminal.type(f"accept {number}")
        await terminal.until_seen("is ACCEPTED")
        terminal.type(f"data {number}")
        await terminal.until_seen("Amal Sample")
        terminal.type(f"destroyed {number}")
        await terminal.until_seen("nothing is asked back")
        await desk.withdraw()
        await terminal.until_seen(f"#{number} asked back: say what became of what you were given, by")
        terminal.type("recalls")
        await terminal.until_seen("the person took their consent back")
        terminal.type(f"keep {number}")
        await terminal.until_seen("what must be kept")
        terminal.type("1")
        await terminal.until_seen("A law obliges to keep it")
        terminal.type("1")
        await terminal.until_seen("why, in words")
        terminal.type("The books of this year.")
        await terminal.until_seen(f"#{number} answered")
        await terminal.until_seen("what became of what you were given is on record")
        terminal.type("recalls")
        await terminal.until_seen("Nothing is asked back.")
        assert "Amal" not in terminal.screen
        terminal.type("quit")
        assert await terminal.ended() == 0
    await _trace_tells(stack, referral_id, ["DisclosureGiven", "RecallOpened", "RecallAcknowledged"])
    await desk.register()  # somebody else for the tests that follow
    report = await check_database(_check_url(stack.layout.data))
    assert [finding for finding in report.findings if finding.violations] == []


async def _trace_tells(stack: Stack, referral_id: str, events: list[str]) -> None:
    history = await read_history(_check_url(stack.layout.data), referral_id)
    found = [entry.event for entry in history.entries if entry.event in events]
    assert found == events
    assert all(entry.why for entry in history.entries if entry.event == "ReferralOffered")


def _check_url(data: Path) -> str:
    return (data / "secrets" / "check.url").read_text().strip()


async def test_a_partner_with_a_server_of_its_own_gets_its_offers_there(stack: Stack, desk: Desk) -> None:
    shown = await told(stack.layout, "push", "show", AGENCY)
    key = base64.urlsafe_b64decode(shown["key"]["x"] + "=")
    partner = await Partner(key, issuer=shown["issuer"]).start()
    assert "takes what it is brought" in await _kem(stack, "push", "set", AGENCY, partner.address)
    referral_id = await desk.record_need()
    await until(lambda: any(one.referral_id == referral_id for one in partner.kept.values()))

    await partner.stop()
    await desk.record_need()
    await until(lambda: _given_up(stack), within=60)
    assert "Partners that take no deliveries any more: 1" in await _kem(stack, "status")
    listed = await _kem(stack, "push", "list")
    assert f"given up\n    pushed up to {max(partner.kept)}, 1 waiting" in listed
    assert "nobody answers there" in listed
    assert f"./kem push resume {AGENCY}" in listed

    before = len(partner.kept)
    await partner.start()
    await _kem(stack, "push", "resume", AGENCY)
    await until(lambda: len(partner.kept) == before + 1)
    assert "any more" in await _kem(stack, "push", "remove", AGENCY)
    assert "Nothing is pushed to anybody" in await _kem(stack, "push", "list")
    await partner.stop()
    report = await check_database(_check_url(stack.layout.data))
    assert [finding for finding in report.findings if finding.violations] == []


async def test_what_the_hub_refuses_is_said_in_its_own_words(stack: Stack) -> None:
    refusal = await _kem(stack, "push", "set", AGENCY, "https://10.0.0.1", fails=1)
    assert "on the public internet" in refusal
    assert "(ADDRESS_NOT_ALLOWED)" in refusal
    assert "No agency has the code NOBODY" in await _kem(stack, "push", "resume", "NOBODY", fails=2)
    assert "PUSH_ENDPOINT_NOT_FOUND" in await _kem(stack, "push", "resume", AGENCY, fails=1)


async def test_a_terminal_whose_certificate_is_revoked_is_told_so_and_put_out_within_five_seconds(
    stack: Stack,
) -> None:
    folder = stack.layout.data / "stick"
    issued = await _kem(stack, "certs", "issue", OTHER_AGENCY, "--out", str(folder))
    assert "key.pem" in issued
    async with TypedTerminal(
        stack.layout.data, "partner", "--agency", OTHER_AGENCY, "--certificate", str(folder)
    ) as terminal:
        await terminal.until_seen("Offers appear here")
        revoked = await _kem(stack, "certs", "revoke", OTHER_AGENCY, "--reason", "KEY_LOST")
        assert f"Revoked: {OTHER_AGENCY}" in revoked
        async with asyncio.timeout(5):
            await terminal.until_seen("Your certificate was revoked; ask KEM for a new one.")
        assert await terminal.ended() == 1
    log = stack.layout.log("notifications").read_text()
    assert '"event": "certificate_refused"' in log
    assert "CERTIFICATE_REVOKED" in log


async def test_a_service_takes_up_what_the_supervisor_renews(stack: Stack, desk: Desk) -> None:
    layout = stack.layout
    before = layout.certificate("referral").read_bytes()
    serial = Certificate.read(before).serial
    await _kem(stack, "certs", "revoke", serial, "--reason", "REPLACED")
    assert write_certificates(layout, stack.services, print) == ["referral"]
    assert layout.certificate("referral").read_bytes() != before
    process = stack.parts["referral"].process
    # matching asks intake over the new certificate: the old one is refused by now
    referral_id = await desk.record_need()
    await until(lambda: _is_told(layout.data, referral_id, "ReferralOffered"), within=30)
    assert stack.parts["referral"].process is process, "without a restart"


async def _is_told(data: Path, referral_id: str, event: str) -> bool:
    history = await read_history(_check_url(data), referral_id)
    return event in [entry.event for entry in history.entries]


async def _given_up(stack: Stack) -> bool:
    return bool((await told(stack.layout, "status"))["push_given_up"])


async def _kem(stack: Stack, *arguments: str, fails: int = 0) -> str:
    """All that `./kem …` says at this hub."""
    return "".join(await said(stack.layout, *arguments, code=fails))


async def test_a_person_who_leaves_by_control_c_leaves_the_terminal_in_order(
    stack: Stack, desk: Desk
) -> None:
    async with TypedTerminal(stack.layout.data, "partner", "--agency", AGENCY) as terminal:
        await terminal.until_seen("Offers appear here")
        terminal.interrupt()
        assert await terminal.ended() == 0


async def test_an_agency_that_does_not_exist_is_said_in_one_sentence(stack: Stack) -> None:
    async with TypedTerminal(stack.layout.data, "partner", "--agency", "NOBODY") as terminal:
        await terminal.until_seen("No agency has the code NOBODY")
        assert await terminal.ended() == 1
