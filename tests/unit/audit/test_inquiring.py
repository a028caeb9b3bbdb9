"""What intake, access and the directory answer an auditor, as a terminal tells it."""

from datetime import UTC, datetime
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp
from rich.table import Table

from kem.access.v1 import access_service_pb2 as access
from kem.disclosure.v1 import authority_service_pb2 as authorities
from kem.disclosure.v1 import inquiry_service_pb2 as messages
from kem.intake.v1 import consent_pb2
from kem.intake.v1 import fairness_service_pb2 as fairness
from tools.audit.fairness import WITHHELD, report_lines
from tools.audit.inquiring import Seen, child_line, interpreter_line
from tools.audit.staff_names import Names

NOTICED = Timestamp()
NOTICED.FromDatetime(datetime(2026, 11, 2, 9, tzinfo=UTC))
NAMES = Names(
    {
        "p1": access.NamedStaff(principal_id="p1", display_name="Maria Papadaki"),
        "p3": access.NamedStaff(principal_id="p3"),
    },
    {"a1": "HESTIA", "a2": "KEM"},
)


def disclosure(number: int, **changes: Any) -> messages.PersonDisclosure:
    fields: dict[str, Any] = {
        "disclosure_id": f"d{number}",
        "kind": messages.DISCLOSURE_KIND_PULLED,
        "disclosed_time": NOTICED,
        "agency_id": "a1",
        "principal_id": "p1",
        "acting_person": "desk-7",
        "purpose": "SERVICE_LEGAL",
        "legal_bases": ["CONSENT"],
        "texts": [
            messages.ConsentText(
                consent_id="c1", notice_version="2026-1", notice_language="ar", spoken_language="ara"
            )
        ],
    }
    return messages.PersonDisclosure(**fields | changes)


def test_who_saw_it_is_told_by_name_basis_and_text_with_the_entry_or_that_there_is_none() -> None:
    told = disclosure(
        2,
        kind=messages.DISCLOSURE_KIND_VERBAL,
        told_by_agency_id="a2",
        principal_id="p3",
        texts=[],
        purpose="",
    )
    read: dict[str, Any] = {
        "index": 9,
        "type": "AccessRecorded",
        "event_time": "2026-11-02T10:00:00.000000Z",
        "envelope": {"actor": {"kind": "STAFF", "id": "p9", "agency_id": "a2"}},
    }
    first, second, third = Seen([disclosure(1), told], {"d1": 4}, [read], NAMES).lines()
    assert "read by Maria Papadaki [p1], there desk-7 of HESTIA; for SERVICE_LEGAL; basis CONSENT" in first
    assert "under notice 2026-1 in ar, explained in ara" in first
    assert first.endswith(" #4")
    assert "told by telephone by a closed account, name forgotten [p3]" in second
    assert "of KEM, to HESTIA; basis CONSENT NOT IN THE LEDGER" in second
    assert third.endswith("read at the desk by no account here [p9] of KEM #9")


def inspected(**changes: Any) -> messages.InspectedConsent:
    return messages.InspectedConsent(
        consent_id="c1",
        beneficiary_id="b1",
        obtained_by_id="p1",
        obtained_by_agency_id="a2",
        given_time=NOTICED,
        spoken_language="fas",
        categories=["NAME", "HEALTH"],
        **changes,
    )


def test_a_childs_consent_is_told_with_who_decided_the_paper_and_the_authority() -> None:
    note = authorities.AuthorityNotification(
        authority=authorities.AUTHORITY_PUBLIC_PROSECUTOR,
        legal_reference="Law 4960/2022",
        protocol_number="12/2026",
        happened_time=NOTICED,
    )
    child = messages.ChildsConsent(
        given_by=consent_pb2.CONSENT_GIVER_GUARDIAN,
        authority_reference="Order 31/2026",
        authority_expires_date="2027-06-30",
        lacks_authority=True,
        age_band="BAND_6_11",
        notifications=[note],
    )
    line = child_line(inspected(child=child), NAMES)
    assert "child b1 (BAND_6_11): authorised by GUARDIAN; MAY NOT DECIDE" in line
    assert "document Order 31/2026, until 2027-06-30; no assent; obtained by Maria Papadaki" in line
    assert "PUBLIC_PROSECUTOR told" in line
    bare = messages.ChildsConsent(given_by=consent_pb2.CONSENT_GIVER_PARENT)
    assert "document (gone)" in child_line(inspected(child=bare, sealed_is_gone=True), NAMES)
    assert "no authority told" in child_line(inspected(child=bare), NAMES)


def test_an_interpreter_is_told_with_what_they_heard_and_whether_they_had_signed() -> None:
    def line(**signed: bool) -> str:
        heard = messages.HeardByInterpreter(
            reference="Interpreter 12", mode=consent_pb2.INTERPRETER_MODE_VIDEO, **signed
        )
        return interpreter_line(inspected(interpreter=heard), NAMES)

    assert (
        "interpreter Interpreter 12 (VIDEO, fas), had signed confidentiality; heard of NAME, HEALTH"
        in line(confidentiality_signed=True)
    )
    assert "HAD NOT SIGNED" in line(confidentiality_signed=False)
    assert "was not kept then" in line()


def test_a_figure_that_is_withheld_is_shown_as_such_and_none_as_none() -> None:
    report = fairness.FairnessReport(
        number=2,
        needs=120,
        tables=[
            fairness.FairnessTable(
                dimension=fairness.FAIRNESS_DIMENSION_SEX,
                groups=[
                    fairness.FairnessGroup(
                        group="F", needs=100, offered=90, time_to_offer=fairness.PACE_CLASS_DAY, waiting=0
                    ),
                    fairness.FairnessGroup(group="OTHERS", needs=20),
                ],
            )
        ],
    )
    head, table = report_lines(report)
    assert "Report 2: 120 needs from the first need" in str(head)
    assert isinstance(table, Table)
    cells = [list(column.cells) for column in table.columns]
    assert [column[0] for column in cells] == [
        *("F", "100", "90", "a day", WITHHELD, "", "0", "", WITHHELD, WITHHELD, WITHHELD)
    ]
    assert [column[1] for column in cells][:3] == ["others together", "20", WITHHELD]
