"""What the agency is asked back: what became of what it was given, said once and by the time it is due."""

from rich.markup import escape

from kem.disclosure.v1.recall_service_pb2 import (
    RECALL_FILTER_OPEN,
    RECALL_VIEW_HELD,
    AcknowledgeRecallRequest,
    ListRecallsRequest,
    Recall,
)
from kernel.codes import CATEGORIES, LISTS
from tools.partner import words
from tools.partner.calls import Refused
from tools.partner.cases import Case
from tools.partner.desk import Desk, choose, new_request_id, nothing_chosen


async def tell_recalls(desk: Desk) -> None:
    """Says how many wait for an answer, where some do."""
    waiting = await _open(desk)
    if waiting:
        late = sum(one.overdue for one in waiting)
        more = f", [bold red]{late} of them too late already[/]" if late else ""
        desk.terminal.print(f"  [bold]{len(waiting)}[/] asked back{more}: type [bold]recalls[/]")


async def show_recalls(desk: Desk) -> None:
    """What must be answered, the earliest due first."""
    waiting = await _open(desk)
    if not waiting:
        desk.terminal.print("  Nothing is asked back.")
    for recall in waiting:
        case = desk.cases.mention(recall.referral_id)
        for line in words.recall_lines(recall):
            desk.terminal.print(f"  [bold cyan]#{case.number}[/] {line}")
    if waiting:
        desk.terminal.print("  Type [bold]destroyed 1[/], or [bold]keep 1[/] where some of it must be kept.")


async def say_destroyed(desk: Desk, case: Case, _: str) -> None:
    """All of it is destroyed."""
    recall = await _of(desk, case)
    desk.terminal.print(f"  {words.categories(recall.recalled_categories)}: is all of it destroyed?")
    said = await desk.terminal.ask("it cannot be taken back; type yes: ")
    if said.strip().lower() != "yes":
        raise nothing_chosen()
    await _answer(desk, case, recall, kept=[], ground="", text="")


async def say_kept(desk: Desk, case: Case, _: str) -> None:
    """Some of it must be kept, on a ground from the list; the rest is destroyed."""
    recall = await _of(desk, case)
    asked = list(recall.recalled_categories)
    for number, code in enumerate(asked, start=1):
        desk.terminal.print(f"  [bold]{number:>2}[/] {CATEGORIES[code].en} · {CATEGORIES[code].el}")
    said = await desk.terminal.ask("what must be kept, like 1 3 (empty: not now): ")
    numbers = said.replace(",", " ").split()
    if not numbers or not all(one.isdecimal() and 1 <= int(one) <= len(asked) for one in numbers):
        raise nothing_chosen()
    kept = sorted({asked[int(one) - 1] for one in numbers})
    grounds = LISTS["KEPT_GROUNDS"]
    ground = await choose(desk, list(grounds.values()))
    code = next(code for code, named in grounds.items() if named is ground)
    text = await desk.terminal.ask("why, in words (may stay empty): ")
    await _answer(desk, case, recall, kept=kept, ground=code, text=text)


async def _answer(desk: Desk, case: Case, recall: Recall, *, kept: list[str], ground: str, text: str) -> None:
    destroyed = [code for code in recall.recalled_categories if code not in kept]
    request = AcknowledgeRecallRequest(
        request_id=new_request_id(),
        recall_id=recall.recall_id,
        destroyed_categories=destroyed,
        kept_categories=kept,
        kept_ground=ground,
        words=text,
    )
    await desk.ask_hub(desk.hub.recall.AcknowledgeRecall, request)
    parts = [
        f"destroyed {words.categories(destroyed)}" if destroyed else "",
        f"kept {words.categories(kept)}" if kept else "",
    ]
    said = ", ".join(part for part in parts if part)
    desk.terminal.print(f"  [green]#{case.number} answered[/]: {escape(said)}; the sender is told")


async def _of(desk: Desk, case: Case) -> Recall:
    """The one of this case that is due first.

    Raises:
        Refused: nothing of it is asked back.
    """
    for recall in await _open(desk):
        if recall.referral_id == case.referral_id:
            return recall
    raise Refused(
        "NOTHING_ASKED_BACK", f"Of #{case.number} nothing is asked back; type recalls to see what is."
    )


async def _open(desk: Desk) -> list[Recall]:
    found: list[Recall] = []
    token = ""
    while True:
        page = await desk.ask_hub(
            desk.hub.recall.ListRecalls,
            ListRecallsRequest(
                view=RECALL_VIEW_HELD, filter=RECALL_FILTER_OPEN, page_size=200, page_token=token
            ),
        )
        found += page.recalls
        token = page.next_page_token
        if not token:
            return found
