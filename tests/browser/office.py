"""What waits for a data protection officer and for an operator of a running hub: one of everything."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

import asyncpg

from chassis.caller import SECOND_FACTOR, AssertionSigner
from chassis.dead_letters import DeadLetter, set_aside
from chassis.events import IncomingEvent
from chassis.topics import REFERRAL, key_bytes
from kem.access.v1 import access_service_pb2 as accounts
from kem.directory.v1 import directory_pb2
from kem.directory.v1 import directory_service_pb2 as directory
from kem.disclosure.v1 import emergency_access_service_pb2 as emergency_access
from kem.disclosure.v1 import recall_service_pb2 as recall
from kem.disclosure.v1 import rights_service_pb2 as rights
from kernel.vocabulary import Role
from tests.component.console.test_audit_officer import told_without_consent
from tests.component.console.test_partner_withdrawals import recalled
from tests.support.console import ConsoleHub
from tests.support.console_complaints import answered, complained
from tests.support.partner_agency import PartnerAgency, at, make_agency
from tools.hub import Metadata
from tools.stack.credentials import ISSUER

LONG_NAME: Final = directory_pb2.BilingualText(
    el="Αστική Μη Κερδοσκοπική Εταιρεία Διερμηνείας, Νομικής Συνδρομής και Ψυχοκοινωνικής Στήριξης",
    en="Non-governmental Organisation for Interpretation, Legal Aid and Psychosocial Support of Athens",
)
_READER: Final = "a-reader-that-is-not-there"
LONG_WORD: Final = "Δονκιχωτοαλεξανδροπαπαδημητρακοπουλοσυμεωνιδοπουλου" * 2
_WORDS: Final = (
    "Θέλω να δω όλα όσα έχετε γράψει για εμένα και για τα παιδιά μου, και ποιος τα έχει διαβάσει από τον"
    " Μάρτιο και μετά. — كل ما كتبتموه عني، من فضلكم."
)


@dataclass(frozen=True, slots=True)
class Office:
    """An agency with a long name, and the ids of what has a page of its own."""

    agency: PartnerAgency
    access_request: str
    erasure_request: str
    certificate_id: str
    complaint_ids: tuple[str, ...]
    """One overdue, one of somebody on record, one that is answered."""
    account_ids: tuple[str, ...]
    """Of somebody at work, somebody locked, and somebody who has left."""


async def make_office(console: ConsoleHub) -> Office:
    """Everything that an officer decides is there once open and once decided; one request is overdue."""
    agency = await make_agency(console)
    await _rename(agency)
    await told_without_consent(agency)
    await _asked_for_sight(agency)
    await _answered_recall(agency)
    asked = {right: await _request(agency, right, days=3) for right in rights.Right.values() if right}
    await _request(agency, rights.RIGHT_ACCESS, days=45)
    extended, lifted = asked[rights.RIGHT_CORRECTION], asked[rights.RIGHT_RESTRICTION]
    officer = strong(console, Role.DPO)
    await console.hub.rights.ExtendRightsRequest(
        rights.ExtendRightsRequestRequest(
            request_id=str(uuid4()),
            rights_request_id=extended,
            ground=rights.EXTENSION_GROUND_COMPLEXITY,
            words=_WORDS,
            person_told_time=at(datetime.now(UTC)),
        ),
        metadata=officer,
    )
    await _answered(console, lifted, answer=rights.RIGHTS_ANSWER_FULFILLED)
    await _answered(
        *(console, asked[rights.RIGHT_OBJECTION]),
        answer=rights.RIGHTS_ANSWER_REFUSED,
        refusal_ground=rights.REFUSAL_GROUND_RIGHTS_OF_OTHERS,
    )
    await set_letter_aside(console)
    return Office(
        agency=agency,
        access_request=asked[rights.RIGHT_ACCESS],
        erasure_request=asked[rights.RIGHT_ERASURE],
        certificate_id=await _erased(console, await _request(agency, rights.RIGHT_ERASURE, days=0)),
        complaint_ids=await _complaints(agency),
        account_ids=await _accounts(console, agency),
    )


def strong(console: ConsoleHub, role: Role, agency_id: UUID | None = None) -> Metadata:
    """Of somebody new with a second factor, past the console."""
    signer = AssertionSigner(ISSUER, console.hub.doors.issuer_key_file)
    token = signer.token(uuid4(), agency_id, [role], acr=SECOND_FACTOR)
    return (("authorization", f"Bearer {token}"),)


async def set_letter_aside(console: ConsoleHub) -> None:
    """An event that the referral service's reader could not take."""
    connection = await asyncpg.connect(console.stack.postgres.url("referral_worker"))
    try:
        event = IncomingEvent(
            event_id=uuid4(),
            topic=REFERRAL,
            partition=1,
            offset=0,
            position=1,
            key=key_bytes(uuid4()),
            type="ReferralAcceptedForAssessment",
            event_time=datetime.now(UTC),
            traceparent=None,
            payload=b"not what its type says",
            source="referral",
        )
        await set_aside(connection, _READER, [DeadLetter(event, "CANNOT_BE_TAKEN", 5)])
    finally:
        await connection.close()


async def settle_letters(console: ConsoleHub) -> None:
    """What was set aside here is discarded: others wait until nothing of theirs is left."""
    connection = await asyncpg.connect(console.stack.postgres.url("referral_worker"))
    try:
        await connection.execute(
            "update referral.dead_letter set discarded_time = clock_timestamp(), discard_reason = 'ended'"
            " where consumer = $1 and discarded_time is null",
            _READER,
        )
    finally:
        await connection.close()


async def _rename(agency: PartnerAgency) -> None:
    renamed = directory_pb2.Agency(
        agency_id=str(agency.agency_id),
        code=agency.code,
        name=LONG_NAME,
        committees=["education_learning"],
        sample=True,
    )
    keeper = agency.hub.person(uuid4(), None, Role.OPERATOR).credentials()
    request = directory.SaveAgenciesRequest(request_id=str(uuid4()), agencies=[renamed])
    await agency.hub.directory.SaveAgencies(request, metadata=keeper)


async def _asked_for_sight(agency: PartnerAgency) -> None:
    """Somebody of the agency asks to see who it is, of whom consent shows nothing any more."""
    request = emergency_access.RequestEmergencyAccessRequest(
        request_id=str(uuid4()),
        referral_id=await recalled(agency),
        categories=["NAME", "BIRTH_AND_SEX", "SAFE_CONTACT"],
        circumstances="She is in hospital and cannot speak. The doctors ask who her family is.",
    )
    member = strong(agency.console, Role.AGENCY_MEMBER, agency.agency_id)
    await agency.hub.emergency_access.RequestEmergencyAccess(request, metadata=member)


async def _answered_recall(agency: PartnerAgency) -> None:
    referral_id = await recalled(agency)
    member = agency.member.credentials()
    held = recall.ListRecallsRequest(view=recall.RECALL_VIEW_HELD, filter=recall.RECALL_FILTER_OPEN)
    listed = (await agency.hub.recall.ListRecalls(held, metadata=member)).recalls
    [found] = [one for one in listed if one.referral_id == referral_id]
    request = recall.AcknowledgeRecallRequest(
        request_id=str(uuid4()),
        recall_id=found.recall_id,
        destroyed_categories=found.recalled_categories,
        words="Shredded, and the copy in the car as well.",
    )
    await agency.hub.recall.AcknowledgeRecall(request, metadata=member)


async def _request(agency: PartnerAgency, right: int, days: int) -> str:
    """What somebody asked for at the desk so many days ago."""
    request = rights.RegisterRightsRequestRequest(
        request_id=str(uuid4()),
        beneficiary_id=await agency.person(),
        right=right,  # type: ignore[arg-type]  # a number of the enumeration
        asked_by=rights.ASKED_BY_SELF,
        words=_WORDS,
        received_time=at(datetime.now(UTC) - timedelta(days=days)),
    )
    kept: Any = await agency.hub.rights.RegisterRightsRequest(request, metadata=agency.desk.credentials())
    return str(kept.rights_request_id)


async def _answered(console: ConsoleHub, request_id: str, **how: Any) -> None:
    request = rights.AnswerRightsRequestRequest(
        request_id=str(uuid4()),
        rights_request_id=request_id,
        words=_WORDS,
        person_told_time=at(datetime.now(UTC)),
        **how,
    )
    await console.hub.rights.AnswerRightsRequest(request, metadata=strong(console, Role.DPO))


async def _complaints(agency: PartnerAgency) -> tuple[str, ...]:
    console, about = agency.console, agency.agency_id
    overdue = await complained(console, f"{_WORDS}\n\n{LONG_WORD}\n{_WORDS * 5}", about=about, days_ago=45)
    person = await agency.person()
    named = await complained(console, _WORDS, by=agency.desk, person=person, about=about, days_ago=3)
    done = await complained(console, _WORDS, by=agency.desk, days_ago=3)
    await answered(console, done, f"{_WORDS}\n{LONG_WORD}")
    return overdue, named, done


async def _erased(console: ConsoleHub, request_id: str) -> str:
    """The certificate's id."""
    async with console.browser(Role.DPO) as browser:
        form = await browser.get(f"/audit/rights/{request_id}/erasure")
        done = await browser.send(form, "confirm", identity_proof="DOCUMENT_SEEN", confirm="erase")
        assert done.path.startswith("/audit/erasures/"), done.words[:400]
        return done.path.partition("?")[0].rpartition("/")[2]


async def _accounts(console: ConsoleHub, agency: PartnerAgency) -> tuple[str, ...]:
    names = ("Ελένη Δείγμα", LONG_WORD, "Somebody Who Left")
    found: Sequence[str] = [
        str((await console.member(Role.AGENCY_MEMBER, agency=agency.code, name=name)).principal_id)
        for name in names
    ]
    operator = strong(console, Role.OPERATOR)
    await console.hub.staff.LockAccount(
        accounts.LockAccountRequest(request_id=str(uuid4()), principal_id=found[1]), metadata=operator
    )
    await console.hub.staff.CloseAccount(
        accounts.CloseAccountRequest(request_id=str(uuid4()), principal_id=found[2]), metadata=operator
    )
    return tuple(found)
