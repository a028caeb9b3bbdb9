"""The register of what people ask by right, at a running hub, for whoever has signed in."""

from datetime import datetime
from typing import Any, Final
from uuid import uuid4

from google.protobuf.json_format import MessageToDict
from rich.markup import escape
from rich.table import Table

from kem.disclosure.v1 import rights_service_pb2 as messages
from tools.office import PAGE, Answer, Office, at_office, say
from tools.rights.choices import (
    AskedBy,
    ExtensionGround,
    NoExportGround,
    RefusalGround,
    Right,
    RightsAnswer,
    RightsRequestView,
)
from tools.said import chosen, id_of, instant, moment, told, words

_REQUEST: Final = "a request; ./kem rights list shows them"


def list_requests(view: RightsRequestView, *, as_json: bool) -> None:
    """Shows the requests that whoever has signed in may see. Raises StackFailure, as all here: nothing runs,
    nobody is signed in, an id is none, nothing was said, or the hub refuses, in its own words.
    """
    wanted = chosen(messages.RightsRequestView, None if view is RightsRequestView.OPEN else view)

    async def read(office: Office) -> list[messages.RightsRequest]:
        request = messages.ListRightsRequestsRequest(view=wanted, page_size=PAGE)
        pages = office.pages(office.hub.rights.ListRightsRequests, request)
        return [one async for page in pages for one in page.requests]

    found = at_office(read)
    say(
        Answer(
            [_table(found)] if found else ["There are none."], {"requests": list(map(MessageToDict, found))}
        ),
        as_json=as_json,
    )


def register_request(
    person: str, right: Right, asked_by: AskedBy, received: datetime | None, *, as_json: bool
) -> None:
    """Registers one."""
    request = messages.RegisterRightsRequestRequest(
        request_id=str(uuid4()),
        beneficiary_id=id_of(person, "a person"),
        right=chosen(messages.Right, right),
        asked_by=chosen(messages.AskedBy, asked_by),
        received_time=instant(received),
        words=words("What is asked for, and by whom where it is not the person"),
    )
    kept = _act("RegisterRightsRequest", request)
    line = f"Registered: {kept.rights_request_id}. To be answered before {moment(kept.due_time)}."
    say(Answer([line], MessageToDict(kept)), as_json=as_json)


def extend(request_id: str, ground: ExtensionGround, told_at: datetime | None, *, as_json: bool) -> None:
    """Takes two months more."""
    request = messages.ExtendRightsRequestRequest(
        request_id=str(uuid4()),
        rights_request_id=id_of(request_id, _REQUEST),
        ground=chosen(messages.ExtensionGround, ground),
        person_told_time=instant(told_at),
        words=words("What the person was told of it"),
    )
    given = _act("ExtendRightsRequest", request)
    say(
        Answer([f"To be answered before {moment(given.due_time)} now."], MessageToDict(given)),
        as_json=as_json,
    )


def answer(
    request_id: str,
    answered: RightsAnswer,
    ground: RefusalGround | None,
    no_export: NoExportGround | None,
    told_at: datetime | None,
    *,
    as_json: bool,
) -> None:
    """Puts an answer on record."""
    request = messages.AnswerRightsRequestRequest(
        request_id=str(uuid4()),
        rights_request_id=id_of(request_id, _REQUEST),
        answer=chosen(messages.RightsAnswer, answered),
        refusal_ground=chosen(messages.RefusalGround, ground),
        no_export_ground=chosen(messages.NoExportGround, no_export),
        person_told_time=instant(told_at),
        words=words("What the person was told: what was done, or why not, and where they can complain"),
    )
    given = _act("AnswerRightsRequest", request)
    say(Answer(["The answer is on record."], MessageToDict(given)), as_json=as_json)


def lift(request_id: str, told_at: datetime | None, *, as_json: bool) -> None:
    """Lifts a restriction."""
    request = messages.LiftRestrictionRequest(
        request_id=str(uuid4()),
        rights_request_id=id_of(request_id, _REQUEST),
        person_told_time=instant(told_at),
        words=words("Why it is lifted"),
    )
    given = _act("LiftRestriction", request)
    say(Answer(["Lifted: what the person has signed counts again."], MessageToDict(given)), as_json=as_json)


def protect(request_id: str, allowed: list[str], *, history: bool, as_json: bool) -> None:
    """Decides what somebody other than the person gets to see."""
    request = messages.DecideProtectionDataRequest(
        request_id=str(uuid4()),
        rights_request_id=id_of(request_id, _REQUEST),
        allowed_categories=[one.upper() for one in allowed],
        history_allowed=history,
        words=words("Why"),
    )
    given = _act("DecideProtectionData", request)
    line = "Decided. ./kem rights export gives that from now on."
    say(Answer([line], MessageToDict(given)), as_json=as_json)


def _act(method: str, request: Any) -> Any:
    """One call, for whoever has signed in."""
    return at_office(lambda office: office(getattr(office.hub.rights, method), request))


def _table(found: list[messages.RightsRequest]) -> Table:
    table = Table("request", "right", "asked by", "due", "answer", "words")
    for one in found:
        due = moment(one.due_time)
        table.add_row(
            one.rights_request_id,
            told(messages.Right, one.right),
            told(messages.AskedBy, one.asked_by),
            f"[bold red]{due} overdue[/]" if one.overdue else due,
            told(messages.RightsAnswer, one.answer),
            escape(one.words),
        )
    return table
