"""Receipts at a running hub, for whoever has signed in."""

from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid4

from rich.console import Console

from kem.disclosure.v1 import receipt_service_pb2 as messages
from tools.office import Answer, Office, at_office, say
from tools.receipt import Form
from tools.receipt.pdf import make_ready, pdf_of
from tools.rights import Language
from tools.stack.failure import StackFailure
from tools.stack.layout import DATA, Layout, write_secret

_FORMS: Final = {one: messages.ReceiptForm.Value(f"RECEIPT_FORM_{one.name}") for one in Form}
_WARNINGS: Final = {
    messages.RECEIPT_WARNING_SAFE_CONTACT: "This person may be reached safely only: somebody may look through"
    " what they carry. Ask whether a paper is safe before you print it.",
    messages.RECEIPT_WARNING_LEFT_OFF: "Something of this case is never on paper. Do not write it"
    " there by hand.",
}


def issue(person: str, form: Form, into: Path | None, language: Language | None, *, as_json: bool) -> None:
    """Writes `receipt-<id>.pdf`, which only its owner reads; code and PIN are shown here and nowhere else.

    Raises:
        StackFailure: no id, nothing runs, nobody is signed in, or the hub refuses, in its own words.
    """
    request = messages.IssueReceiptRequest(
        request_id=str(uuid4()), beneficiary_id=_id(person), form=_FORMS[form], language=language or ""
    )
    if form is not Form.REFUSED:
        make_ready(_aside)
    issued = at_office(lambda office: office(office.hub.receipts.IssueReceipt, request))
    warnings = [_WARNINGS[one] for one in issued.warnings]
    answer: dict[str, Any] = {"receipt_id": issued.receipt_id, "warnings": warnings}
    lines = list(warnings)
    if issued.code:
        folder = into or Layout(DATA).data / "receipts"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = folder / f"receipt-{issued.receipt_id}.pdf"
        write_secret(file, pdf_of(issued.content, issued.code))
        answer |= {"file": str(file), "code": issued.code, "pin": issued.pin}
        lines += [
            str(file),
            f"PIN: {issued.pin}  Say it to the person; do not write it on the paper. It is not shown again.",
            "Hand the receipt over, then delete the file.",
        ]
    else:
        lines.append("It is on record that the person wants no receipt.")
    say(Answer(lines, answer), as_json=as_json)


def check(code: str, *, as_json: bool) -> None:
    """Says valid or not valid."""
    request = messages.CheckReceiptRequest(code=code)
    is_valid = at_office(lambda office: office(office.hub.receipts.CheckReceipt, request)).valid
    words = "Issued by KEM: " + ("valid." if is_valid else "not valid.")
    say(Answer([words], {"valid": is_valid}), as_json=as_json)


def withdraw(code: str, person: str, *, as_json: bool) -> None:
    """Makes one not valid.

    Raises:
        StackFailure: neither a code nor a person was given, or both; and as `issue` says.
    """
    if bool(code) is bool(person):
        raise StackFailure("Name the receipt by its code, or the person by --person, not both.", 2)
    request = messages.RevokeReceiptRequest(request_id=str(uuid4()))
    if code:
        request.code = code
    else:
        request.beneficiary_id = _id(person)

    async def ask(office: Office) -> messages.RevokeReceiptResponse:
        answer: messages.RevokeReceiptResponse = await office(office.hub.receipts.RevokeReceipt, request)
        return answer

    revoked = at_office(ask)
    say(Answer(["It is not valid any more."], {"receipt_id": revoked.receipt_id}), as_json=as_json)


def _id(person: str) -> str:
    try:
        return str(UUID(person))
    except ValueError:
        raise StackFailure("That is no id of a person.", 2) from None


def _aside(words: str) -> None:
    Console(stderr=True, highlight=False, soft_wrap=True).print(words)
