"""A person's own check of their receipt: by its code whether it is valid, by code and PIN what it says."""

import time
from http import HTTPStatus

from starlette.responses import Response

from kem.disclosure.v1 import receipt_service_pb2 as messages
from kernel.errors import Exhausted, KemError, NotFound, RuleBroken
from services.console.adapters.hub import ask
from services.console.domain.public.allowance import Allowance
from services.console.entrypoints.page import NavigationEntry, Page, Visit, public
from services.console.entrypoints.pages.public.calls import ASKS_ABOUT_RECEIPTS
from services.console.entrypoints.pages.public.sender import sender_of
from services.console.entrypoints.texts import N_

_LONGEST_CODE, _LONGEST_PIN = 64, 16


class ReceiptPages:
    """Code and PIN travel in the body of a form alone: no address and no log has them."""

    def __init__(self) -> None:
        self._allowance = Allowance(most=20, seconds=600, most_of_all=2_000)

    @property
    def pages(self) -> tuple[Page, ...]:
        """At its address."""
        return (
            public(
                "/receipt",
                self.receipt,
                calls=ASKS_ABOUT_RECEIPTS,
                methods=("GET", "POST"),
                nav=NavigationEntry(N_("Check my receipt"), 3),
            ),
        )

    async def receipt(self, visit: Visit) -> Response:
        """The form; with a code also the answer."""
        if not visit.is_sent:
            return self._form(visit)
        code, pin = visit.form.digits("code")[:_LONGEST_CODE], visit.form.digits("pin")[:_LONGEST_PIN]
        if not code:
            visit.errors.add("code", visit.say("Type the code that stands on your receipt."))
            return self._form(visit, HTTPStatus.BAD_REQUEST)
        try:
            self._allowance.take(sender_of(visit.request), time.monotonic())
            if pin:
                read = messages.ReadReceiptRequest(code=code, pin=pin)
                content = (await ask(visit.hub.receipts.ReadReceipt, read)).content
                return self._answer(visit, is_valid=True, content=content)
            checked = await ask(visit.hub.receipts.CheckReceipt, messages.CheckReceiptRequest(code=code))
            return self._answer(visit, is_valid=checked.valid)
        except (Exhausted, NotFound, RuleBroken) as error:
            return self._refused(visit, error)

    def _refused(self, visit: Visit, error: KemError) -> Response:
        if isinstance(error, Exhausted):
            words = visit.say("That was asked too often just now. Please wait some minutes and try again.")
            visit.errors.add("code", words)
            return self._form(visit, HTTPStatus.TOO_MANY_REQUESTS)
        if isinstance(error, RuleBroken):
            words = visit.say(
                "The PIN was wrong too often, so this receipt is closed. Ask KEM for a new one."
            )
        else:
            words = visit.say(
                "The code or the PIN is not right, or the receipt is not valid any more. Look at both again."
            )
        visit.errors.add("code", words)
        return self._form(visit, HTTPStatus.BAD_REQUEST)

    def _form(self, visit: Visit, code: HTTPStatus = HTTPStatus.OK) -> Response:
        return visit.render("public/receipt.html", title=visit.say("Check my receipt"), code=code)

    def _answer(
        self, visit: Visit, *, is_valid: bool, content: messages.ReceiptContent | None = None
    ) -> Response:
        return visit.render(
            "public/receipt_answer.html",
            title=visit.say("Your receipt"),
            is_valid=is_valid,
            content=content,
        )
