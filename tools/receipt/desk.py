"""Receipts at a running hub, for whoever has signed in."""

import sys
import time
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, Final
from uuid import UUID, uuid4

import typer
from rich.console import Console

from kem.disclosure.v1 import receipt_service_pb2 as messages
from services.console.adapters.receipt.pdf import pdf_of
from tools.office import Answer, Office, at_office, say
from tools.receipt import Form
from tools.receipt.ready import make_ready
from tools.rights.choices import Language
from tools.stack.failure import StackFailure
from tools.stack.layout import DATA, Layout, write_secret

_LEFT_SECONDS: Final = 3600
_FORMS: Final = {one: messages.ReceiptForm.Value(f"RECEIPT_FORM_{one.name}") for one in Form}
_WARNINGS: Final = {
    messages.RECEIPT_WARNING_SAFE_CONTACT: "This person may be reached safely only: somebody may look through"
    " what they carry. Ask whether a paper is safe before you print it.",
    messages.RECEIPT_WARNING_LEFT_OFF: "Something of this case is never on paper. Do not write it"
    " there by hand.",
}


def issue(person: str, form: Form, into: Path | None, language: Language | None, *, as_json: bool) -> None:
    """Writes `receipt-<id>.pdf`, which only its owner reads, and deletes it when whoever is at the terminal
    has handed it over; code and PIN are shown here and nowhere else.

    Raises:
        StackFailure: no id, nothing runs, nobody is signed in, or the hub refuses, in its own words.
    """
    request = messages.IssueReceiptRequest(
        request_id=str(uuid4()), beneficiary_id=_id(person), form=_FORMS[form], language=language or ""
    )
    folder = into or Layout(DATA).data / "receipts"
    if form is not Form.REFUSED:
        make_ready(_aside)
        _make_room(folder)
        if into is None:
            _forget_former(folder)
    issued = at_office(lambda office: office(office.hub.receipts.IssueReceipt, request))
    warnings = [_WARNINGS[one] for one in issued.warnings]
    answer: dict[str, Any] = {"receipt_id": issued.receipt_id, "warnings": warnings}
    if not issued.code:
        say(Answer([*warnings, "It is on record that the person wants no receipt."], answer), as_json=as_json)
        return
    file = folder / f"receipt-{issued.receipt_id}.pdf"
    try:
        write_secret(file, pdf_of(issued.content, issued.code))
    except OSError as error:
        raise StackFailure(
            f"The receipt was issued, but {file} could not be written ({error.strerror}): see to the folder,"
            " then issue another one in its place."
        ) from None
    answer |= {"file": str(file), "code": issued.code, "pin": issued.pin}
    pin = f"PIN: {issued.pin}  Say it to the person; do not write it on the paper. It is not shown again."
    say(Answer([*warnings, str(file), pin], answer), as_json=as_json)
    if not as_json:
        _hand_over(file)


def _hand_over(file: Path) -> None:
    """The file goes as soon as somebody says so; where nobody can be asked, they are told to delete it."""
    if not sys.stdin.isatty():
        _aside("Hand the receipt over, then delete the file.")
        return
    question = "Print the file, or give it to the person; then press Enter, and it is deleted here"
    typer.prompt(question, default="", show_default=False, err=True)
    file.unlink(missing_ok=True)


def _make_room(folder: Path) -> None:
    """Before a receipt is issued, as it ends the former one, and its code is told once."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise StackFailure(
            f"{folder} cannot be written ({error.strerror}), so nothing was issued; name another folder by"
            " --into.",
            2,
        ) from None


def _forget_former(folder: Path) -> None:
    """Deletes what somebody left here an hour ago or longer."""
    for file in folder.glob("*receipt-*.pdf*"):
        if time.time() - file.stat().st_mtime > _LEFT_SECONDS:
            file.unlink(missing_ok=True)


def check(code: str, *, as_json: bool) -> None:
    """Says valid or not valid."""
    request = messages.CheckReceiptRequest(code=code)
    is_valid = at_office(lambda office: office(office.hub.receipts.CheckReceipt, request)).valid
    words = "Issued by KEM: " + ("valid." if is_valid else "not valid.")
    say(Answer([words], {"valid": is_valid}), as_json=as_json)


def withdraw(code: str, person: str, *, as_json: bool) -> None:
    """Makes one not valid: by its code, or without one by whose it is. Raises as `issue` does."""
    request = messages.RevokeReceiptRequest(request_id=str(uuid4()))
    if code:
        request.code = code
    else:
        request.beneficiary_id = _id(person)

    async def ask(office: Office) -> messages.RevokeReceiptResponse:
        answer: messages.RevokeReceiptResponse = await office(office.hub.receipts.RevokeReceipt, request)
        return answer

    revoked = at_office(ask)
    say(Answer(["It is not valid any more."], {"receipt_ids": list(revoked.receipt_ids)}), as_json=as_json)


def _id(person: str) -> str:
    try:
        return str(UUID(person))
    except ValueError:
        raise StackFailure("That is no id of a person.", 2) from None


def _aside(words: str) -> None:
    Console(stderr=True, highlight=False, soft_wrap=True).print(words)
