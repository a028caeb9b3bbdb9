"""What a person takes along: their receipt, printed from the page or as a file, in their language."""

import asyncio
import base64
from http import HTTPStatus
from typing import Final

import segno
import structlog
from starlette.responses import Response

from kem.disclosure.v1 import receipt_service_pb2 as messages
from kem.intake.v1 import intake_service_pb2 as intake
from kernel.errors import Conflict, Exhausted, Invalid, RuleBroken, Unavailable
from services.console.adapters.catalogue import OWN_NAMES, PUBLIC_LANGUAGES
from services.console.adapters.receipt.pdf import pdf_of
from services.console.entrypoints.forms import as_choice
from services.console.entrypoints.page import Page, Visit
from services.console.entrypoints.pages.desk.cases import described
from services.console.entrypoints.pages.desk.roles import DESK
from services.console.entrypoints.refusals import words_for

log = structlog.get_logger(__name__)
_SENT_AGAIN: Final = (Invalid, RuleBroken, Conflict, Exhausted, Unavailable)


async def receipt(visit: Visit) -> Response:
    """Issues one, in place of any that they have; code and PIN are shown this once."""
    person_id, form, say = visit.path_value("person"), visit.form, visit.say
    known = await visit.ask(
        visit.hub.intake.GetBeneficiary, intake.GetBeneficiaryRequest(beneficiary_id=person_id)
    )
    issued = None
    if visit.is_sent and form.has("revoke"):
        request = messages.RevokeReceiptRequest(request_id=form.request_id, beneficiary_id=person_id)
        try:
            await visit.ask(visit.hub.receipts.RevokeReceipt, request)
        except _SENT_AGAIN as error:
            visit.errors.add("language", str(words_for(error, visit.language)))
        else:
            return visit.go(f"/desk/people/{person_id}", "receipt-revoked")
    elif visit.is_sent:
        wanted = "REFUSED" if form.has("refused") else "PAPER"
        ask = messages.IssueReceiptRequest(
            request_id=form.request_id,
            beneficiary_id=person_id,
            form=as_choice(messages.ReceiptForm, f"RECEIPT_FORM_{wanted}"),
            language=form.text("language"),
        )
        try:
            issued = await visit.ask(visit.hub.receipts.IssueReceipt, ask)
        except _SENT_AGAIN as error:
            visit.errors.add("language", str(words_for(error, visit.language)))
        else:
            if wanted == "REFUSED":
                return visit.go(f"/desk/people/{person_id}", "receipt-refused")
    file = await _file(issued) if issued and issued.code else ""
    picture = segno.make(issued.code, error="m").svg_data_uri(scale=4) if issued and issued.code else ""
    return visit.render(
        "desk/receipt.html",
        title=say("Receipt"),
        code=HTTPStatus.BAD_REQUEST if visit.errors else HTTPStatus.OK,
        person_id=person_id,
        who=described(known, visit),
        issued=issued,
        picture=picture,
        file=file,
        warnings=[
            messages.ReceiptWarning.Name(one).removeprefix("RECEIPT_WARNING_")
            for one in (issued.warnings if issued else ())
        ],
        receipt_languages=[
            ("", say("The person's own")),
            *((one, OWN_NAMES[one]) for one in PUBLIC_LANGUAGES),
        ],
    )


async def _file(issued: messages.IssueReceiptResponse) -> str:
    """The receipt as a PDF within the page: its code is told this once, so it can be asked for nowhere else.

    Empty where this machine lacks what makes PDFs; the page prints all the same.
    """
    try:
        made = await asyncio.to_thread(pdf_of, issued.content, issued.code)
    except OSError as error:  # a library of the system is not there
        log.warning("receipt_not_made", error=type(error).__name__)
        return ""
    return "data:application/pdf;base64," + base64.b64encode(made).decode()


PAGES: Final = (
    Page(
        "/desk/people/{person}/receipt",
        receipt,
        DESK,
        ("IntakeService/GetBeneficiary", "ReceiptService/IssueReceipt", "ReceiptService/RevokeReceipt"),
        ("GET", "POST"),
    ),
)
