"""What a person at the terminal can do with a case."""

from collections.abc import Mapping
from typing import Any, Final

from rich.markup import escape

from kem.disclosure.v1.disclosure_service_pb2 import GetDisclosureRequest
from kem.referral.v1 import referral_service_pb2 as asked
from kernel.codes import Reason
from tools.partner import words
from tools.partner.calls import Refused
from tools.partner.cases import Case
from tools.partner.desk import Desk, Verb, choose, new_request_id
from tools.partner.recalls import say_destroyed, say_kept


async def show_card(desk: Desk, case: Case, _: str) -> None:
    """Opens the card, and tells the sender that somebody has."""
    referral, offer = await desk.cases.read(case)
    name = await desk.cases.service_name(offer.service_id)
    lines = [f"[bold cyan]#{case.number}[/] {escape(name)}"]
    if referral.HasField("card"):
        lines += words.card_lines(referral.card)
    lines += words.offer_lines(referral, offer)
    for line in lines:
        desk.terminal.print(f"  {line}")
    if words.offer_state(offer.state) in ("SENT", "NEEDS_INFORMATION"):
        await acknowledge(desk, case, "")


async def acknowledge(desk: Desk, case: Case, _: str) -> None:
    """Tells the sender that somebody has seen it."""
    request = asked.AcknowledgeOfferRequest(request_id=new_request_id(), offer_id=case.offer_id)
    await desk.ask_hub(desk.hub.referral.AcknowledgeOffer, request)
    desk.terminal.print(f"  [green]#{case.number} acknowledged[/]: the sender knows that you have seen it")


async def accept(desk: Desk, case: Case, _: str) -> None:
    """Takes it up."""
    await _accept(desk, case, for_assessment=False)


async def accept_for_assessment(desk: Desk, case: Case, _: str) -> None:
    """Takes it up to meet the person first."""
    await _accept(desk, case, for_assessment=True)


async def _accept(desk: Desk, case: Case, *, for_assessment: bool) -> None:
    request = asked.AcceptOfferRequest(
        request_id=new_request_id(), offer_id=case.offer_id, for_assessment=for_assessment
    )
    answer = await desk.ask_hub(desk.hub.referral.AcceptOffer, request)
    _say_state(desk, case, answer.state, f"type data {case.number} to see what the person shares with you")


async def decline(desk: Desk, case: Case, _: str) -> None:
    """Says no, with a reason from the list."""
    reason, text = await _choose_reason(desk, "DECLINE")
    request = asked.DeclineOfferRequest(
        request_id=new_request_id(), offer_id=case.offer_id, reason=reason.code, text=text
    )
    await desk.ask_hub(desk.hub.referral.DeclineOffer, request)
    desk.terminal.print(f"  [green]#{case.number} declined[/]: the next provider is asked")


async def wait_list(desk: Desk, case: Case, date: str) -> None:
    """Puts the person on the waiting list, with a date if one is known."""
    request = asked.WaitlistOfferRequest(
        request_id=new_request_id(), offer_id=case.offer_id, estimated_date=date
    )
    answer = await desk.ask_hub(desk.hub.referral.WaitlistOffer, request)
    _say_state(desk, case, answer.state, f"place {answer.waiting_position} on your list")


async def ask(desk: Desk, case: Case, question: str) -> None:
    """Asks the sender; the agency's clock stands still until the answer."""
    question = question or await desk.terminal.ask("your question: ")
    request = asked.RequestInformationRequest(
        request_id=new_request_id(), offer_id=case.offer_id, question=question
    )
    await desk.ask_hub(desk.hub.referral.RequestInformation, request)
    desk.terminal.print(f"  [green]#{case.number} asked[/]: your clock stands still until the sender answers")


async def start(desk: Desk, case: Case, _: str) -> None:
    """The service has begun."""
    request = asked.StartServiceRequest(request_id=new_request_id(), referral_id=case.referral_id)
    answer = await desk.ask_hub(desk.hub.referral.StartService, request)
    _say_state(desk, case, answer.state)


async def complete(desk: Desk, case: Case, _: str) -> None:
    """The service is done, with its outcome."""
    outcome, _text = await _choose_reason(desk, "OUTCOME")
    confirmed, _text = await _choose_reason(desk, "OUTCOME_CONFIRMED_BY")
    request = asked.CompleteReferralRequest(
        request_id=new_request_id(),
        referral_id=case.referral_id,
        outcome=outcome.code,
        confirmed_by=confirmed.code,
    )
    answer = await desk.ask_hub(desk.hub.referral.CompleteReferral, request)
    case.is_ours = False
    _say_state(desk, case, answer.state)


async def close(desk: Desk, case: Case, _: str) -> None:
    """It ended before it was done, with a reason from the list."""
    reason, text = await _choose_reason(desk, "NOT_COMPLETED")
    request = asked.CloseNotCompletedRequest(
        request_id=new_request_id(), referral_id=case.referral_id, reason=reason.code, text=text
    )
    answer = await desk.ask_hub(desk.hub.referral.CloseNotCompleted, request)
    case.is_ours = False
    _say_state(desk, case, answer.state)


async def give_back(desk: Desk, case: Case, _: str) -> None:
    """Returns what was taken up, with a reason from the list."""
    reason, text = await _choose_reason(desk, "RETURN")
    request = asked.ReturnReferralRequest(
        request_id=new_request_id(), referral_id=case.referral_id, reason=reason.code, text=text
    )
    await desk.ask_hub(desk.hub.referral.ReturnReferral, request)
    desk.terminal.print(f"  [green]#{case.number} given back[/]: the next provider is asked")


async def show_data(desk: Desk, case: Case, _more: str) -> None:
    """Shows what the person allows this agency to know; each look is recorded."""
    _, offer = await desk.cases.read(case)
    if not words.offer_state(offer.state).startswith("ACCEPTED"):
        raise Refused("NOT_TAKEN_UP", "Take it up first: before that nobody says who the person is.")
    request = GetDisclosureRequest(request_id=new_request_id(), referral_id=case.referral_id)
    answer = await desk.ask_hub(desk.hub.disclosure.GetDisclosure, request)
    desk.terminal.print(f"  [bold cyan]#{case.number}[/] shared for {answer.purpose}; this look is recorded")
    for line in words.disclosed_lines(answer.beneficiary):
        desk.terminal.print(f"  {escape(line)}")
    kept = set(answer.asked_categories) - set(answer.given_categories)
    if kept:
        desk.terminal.print(f"  [dim]not shared: {', '.join(sorted(kept)).lower()}[/]")


async def _choose_reason(desk: Desk, list_name: str) -> tuple[Reason, str]:
    """Lets the person pick from a list, and asks for words where the list wants them.

    Raises:
        Refused: nothing was picked.
    """
    reason = await choose(desk, words.reasons(list_name))
    return reason, await desk.terminal.ask("in words: ") if reason.needs_text else ""


def _say_state(desk: Desk, case: Case, state: Any, more: str = "") -> None:
    desk.terminal.print(
        f"  [green]#{case.number} is {words.referral_state(state)}[/]" + (f": {more}" if more else "")
    )


VERBS: Final[Mapping[str, tuple[Verb, str]]] = {
    "card": (show_card, "card 1           open the card: enough to decide, not enough to know who"),
    "acknowledge": (acknowledge, "acknowledge 1    tell the sender that somebody has seen it"),
    "accept": (accept, "accept 1         take it up (after an assessment: confirm)"),
    "assess": (accept_for_assessment, "assess 1         take it up to meet the person first"),
    "decline": (decline, "decline 1        say no, with a reason from the list"),
    "wait": (wait_list, "wait 1 2026-11-30  put the person on your waiting list; the date may be left out"),
    "ask": (ask, "ask 1 Can they come in the morning?   ask the sender"),
    "data": (show_data, "data 1           what the person shares with you (after accepting)"),
    "start": (start, "start 1          the service has begun"),
    "complete": (complete, "complete 1       the service is done"),
    "close": (close, "close 1          it ended before it was done"),
    "return": (give_back, "return 1         give it back; the next provider is asked"),
    "destroyed": (say_destroyed, "destroyed 1      what is asked back of it is destroyed, all of it"),
    "keep": (say_kept, "keep 1           some of what is asked back must be kept, on a ground from the list"),
}
"""Each with its line of help."""
