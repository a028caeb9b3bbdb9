"""One sitting at a partner's terminal: news above, commands below."""

import asyncio
import contextlib
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

from rich.markup import escape

from chassis.tls import TlsFiles
from kem.directory.v1.directory_pb2 import Agency
from kem.directory.v1.directory_service_pb2 import ListAgenciesRequest
from kem.notifications.v1.delivery_pb2 import Delivery
from kernel.ids import derived_id
from kernel.vocabulary import Role
from tools.hub import Doors, Hub, Person
from tools.partner import words
from tools.partner.calls import Refused, call
from tools.partner.cases import Cases, UnknownCase
from tools.partner.checkpoints import KeptCheckpoints
from tools.partner.cursor import Cursor
from tools.partner.desk import Desk
from tools.partner.inbox import Inbox
from tools.partner.recalls import show_recalls, tell_recalls
from tools.partner.terminal import Terminal
from tools.partner.verbs import VERBS
from tools.stack.failure import StackFailure

_ENDED = {
    "OfferDeclined",
    "OfferExpired",
    "OfferRevoked",
    "OfferWaitlisted",
    "ReferralReturned",
    "ReferralWithdrawn",
    "ReferralCancelled",
    "ReferralEnteredInError",
}


async def sit_down(
    doors: Doors,
    code: str,
    cursors: Path,
    certificate: Callable[[UUID, str], TlsFiles],
    *,
    from_start: bool = False,
) -> None:
    """Serves one person until they type quit or press Ctrl-C.

    Args:
        certificate: finds the agency's own, over which the whole sitting goes.

    Raises:
        StackFailure: no such agency, no certificate for it, or the hub does not let it in.
    """
    agency = await _agency(doors, code)
    hub = Hub(doors, certificate(UUID(agency.agency_id), agency.code))
    try:
        person = hub.person(
            derived_id("partner terminal", agency.code),
            UUID(agency.agency_id),
            Role.AGENCY_MEMBER,
        )
        cursor = Cursor(cursors, agency.agency_id)
        if from_start:
            cursor.advance(0)
        with Terminal().in_use() as terminal:
            await _Sitting(terminal, hub, person, agency, cursor, cursors / f"{agency.code}-ledger").run()
    except Refused as refusal:
        raise StackFailure(refusal.words) from None
    finally:
        await hub.close()


class _Sitting:
    def __init__(
        self, terminal: Terminal, hub: Hub, person: Person, agency: Agency, cursor: Cursor, ledger: Path
    ) -> None:
        self._terminal = terminal
        self._agency = agency
        self._cases = Cases(hub, person)
        self._desk = Desk(terminal, hub, person, self._cases)
        self._checkpoints = KeptCheckpoints(ledger, self._desk.ask_hub, hub.audit)
        self._inbox = Inbox(hub.inbox(), person, cursor, self._show, self._tell_connection)

    async def run(self) -> None:
        name = self._agency.name
        self._terminal.print(f"[bold]{escape(name.en)}[/] · {escape(name.el)}")
        await self._cases.load()
        await self._list()
        await tell_recalls(self._desk)
        missed = await self._inbox.begin()
        if missed:
            self._terminal.print(f"[bold]{missed}[/] deliveries have come since the last sitting:")
        self._terminal.print("Offers appear here as they are made. Type [bold]help[/], or [bold]quit[/].")
        listening = asyncio.create_task(self._inbox.run())
        typing = asyncio.create_task(self._commands())
        try:
            await asyncio.wait([listening, typing], return_when=asyncio.FIRST_COMPLETED)
            for task in (listening, typing):
                if task.done():
                    task.result()
        finally:
            for task in (listening, typing):
                task.cancel()
            await asyncio.gather(listening, typing, return_exceptions=True)

    async def _commands(self) -> None:
        with contextlib.suppress(EOFError):
            while True:
                line = await self._terminal.ask(f"{self._agency.code.lower()}> ")
                word, _, rest = line.partition(" ")
                if word in ("quit", "exit"):
                    return
                await self._do(word.lower(), rest.strip())

    async def _do(self, word: str, rest: str) -> None:
        if not word:
            return None
        if word == "list":
            return await self._list()
        if word not in ("recalls", "ledger") and word not in VERBS:
            return self._help(word)
        number, _, more = rest.partition(" ")
        try:
            if word == "recalls":
                return await show_recalls(self._desk)
            if word == "ledger":
                return self._terminal.print(f"  {await self._of_the_ledger(number, more.strip())}")
            await VERBS[word][0](self._desk, self._cases.numbered(number), more.strip())
        except UnknownCase as mistake:
            self._terminal.print(f"  [yellow]{escape(str(mistake))}[/]")
        except Refused as refusal:
            self._terminal.print(f"  [yellow]{escape(refusal.words)}[/] [dim]{refusal.reason}[/]")

    async def _of_the_ledger(self, word: str, number: str) -> str:
        if word == "accept" and number:
            return await self._checkpoints.accept(number)
        return await self._checkpoints.ask_for_newest()

    def _help(self, word: str) -> None:
        if word != "help":
            self._terminal.print(f"  [yellow]{escape(word)} is not a command here.[/]")
        self._terminal.print("  list             what waits for you, and what you hold")
        self._terminal.print("  recalls          what you were given and must say what became of, by when")
        for _, line in VERBS.values():
            self._terminal.print(f"  {line}")
        self._terminal.print(
            "  ledger           keep the newest checkpoint of the hub's history, and test it"
        )
        self._terminal.print(
            "  ledger accept N  take another key as the ledger's, of the number that KEM told you"
        )
        self._terminal.print("  quit")

    async def _list(self) -> None:
        present = self._cases.present
        if not present:
            self._terminal.print("  Nothing waits for you.")
        for case in present:
            try:
                referral, offer = await self._cases.read(case)
            except Refused as refusal:
                self._terminal.print(f"  #{case.number} {escape(refusal.words)}")
                continue
            name = await self._cases.service_name(offer.service_id)
            due = f", answer by {words.at(offer.respond_by_time)}" if offer.respond_by_time.seconds else ""
            state = words.referral_state(referral.state)
            self._terminal.print(f"  [bold cyan]#{case.number}[/] {escape(name)}: {state}{due}")

    async def _show(self, delivery: Delivery) -> None:
        if delivery.kind == "CheckpointGiven":
            await self._keep_checkpoint(delivery)
        else:
            await self._show_case(delivery)

    async def _keep_checkpoint(self, delivery: Delivery) -> None:
        try:
            said = await self._checkpoints.keep(delivery.checkpoint_note)
        except Refused as refusal:
            said = f"[yellow]a checkpoint of the ledger came, and could not be tested: {refusal.words}[/]"
        self._terminal.print(f"{words.at(delivery.event_time)} {said}")

    async def _show_case(self, delivery: Delivery) -> None:
        if delivery.kind.startswith("Recall"):
            case = self._cases.mention(delivery.referral_id)
        elif delivery.kind in _ENDED:
            case = self._cases.meet(delivery.referral_id)
            if delivery.offer_id in ("", case.offer_id):
                case.is_ours = False
        else:
            case = self._cases.meet(delivery.referral_id, delivery.offer_id)
            case.is_ours = True
        number = f"[bold cyan]#{case.number}[/]"
        if delivery.kind == "ReferralOffered":
            name = await self._cases.service_name(delivery.service_id)
            self._terminal.print(
                f"{words.at(delivery.event_time)} {number} [bold]new offer[/]: {escape(name)},"
                f" {words.urgency(delivery.urgency)}, answer by {words.at(delivery.respond_by_time)}"
            )
        else:
            said = words.KINDS.get(delivery.kind, delivery.kind)
            if delivery.kind == "RecallOpened":
                said += f", by {words.at(delivery.respond_by_time)}; type [bold]recalls[/]"
            self._terminal.print(f"{words.at(delivery.event_time)} {number} {said}")

    def _tell_connection(self, is_there: bool) -> None:
        self._terminal.print(
            "[green]connected again; nothing was missed[/]"
            if is_there
            else "[yellow]the connection is lost; trying again …[/]"
        )


async def _agency(doors: Doors, code: str) -> Agency:
    hub = Hub(doors)
    try:
        operator = hub.person(derived_id("partner terminal", "look-up"), None, Role.OPERATOR)
        found = await call(hub.directory.ListAgencies, ListAgenciesRequest(code=code.upper()), operator)
    except Refused as refusal:
        raise StackFailure(refusal.words) from None
    finally:
        await hub.close()
    for agency in found.agencies:
        if agency.code == code.upper():
            match: Agency = agency
            return match
    raise StackFailure(f"No agency has the code {code}; ./kem up shows some of them.")
