"""Deliveries per second on 1, 143 and 1,000 open streams, all of them together.

Each stream is an agency's Subscribe on a connection of its own. A commit of many offers in the referral
service's outbox, dealt out to the agencies; then until the last delivery has arrived on its stream, and each
agency has acknowledged what it has (four times a second at most). Relay, broker, consumer, the making of
deliveries and these clients share the machine.

`live_per_second`: counted from that commit. `catching_up_per_second`: the same deliveries read again by
streams that are opened anew, from the beginning: what streams alone can carry.
"""

import asyncio
import time
from uuid import UUID

from kem.notifications.v1 import delivery_pb2, inbox_service_pb2
from kernel.ids import derived_id
from tools.bench.flood import Flood
from tools.bench.ground import fresh_stack
from tools.bench.run import Figures, Run
from tools.bench.statistics import medians
from tools.demo.calls import Calls
from tools.demo.ledger import Ledger
from tools.demo.listening import ListeningStaff
from tools.hub import Doors, Hub, Person
from tools.stack.options import StackOptions
from tools.stack.stack import Stack

STREAMS = (1, 143, 1_000)


class _Reader(ListeningStaff):
    """Counts what arrives."""

    def __init__(self, hub: Hub, staff: Person, count: "_Count") -> None:
        ledger = Ledger()
        super().__init__(hub, Calls(ledger, seed=1), ledger, staff, delivery_pb2.INBOX_AGENCY)
        self._count = count

    def arrived(self, delivery: delivery_pb2.Delivery) -> None:
        self._count.one_more()


class _Count:
    """How many deliveries have arrived, and when the last expected one did."""

    def __init__(self) -> None:
        self.arrived = 0
        self._expected = 0
        self._done: asyncio.Future[float] | None = None

    def expect(self, number: int) -> "asyncio.Future[float]":
        """The monotonic second at which so many more have arrived."""
        self._expected = self.arrived + number
        self._done = asyncio.get_running_loop().create_future()
        return self._done

    def one_more(self) -> None:
        self.arrived += 1
        if self.arrived == self._expected and self._done is not None:
            self._done.set_result(time.monotonic())


async def measure(run: Run) -> Figures:
    """Each number of streams on a fresh stack, three rounds; the medians."""
    events = run.scaled(20_000, 4_000)
    run.settings["stream"] = {"deliveries_a_round": events, "rounds": run.rounds}
    figures: Figures = {}
    for streams in STREAMS:
        async with fresh_stack(run, StackOptions(has_sample_city=False)) as stack:
            found = medians(await _rounds(run, stack, streams, events))
        figures[f"streams_{streams}"] = found
        run.say(
            f"{streams} streams: {found['live_per_second']:,} deliveries/s,"
            f" {found['catching_up_per_second']:,} catching up."
        )
    return figures


async def _rounds(run: Run, stack: Stack, streams: int, events: int) -> list[Figures]:
    hub = Hub(Doors.of(stack.layout))
    agencies = [derived_id("streaming agency", str(number)) for number in range(streams)]
    staff = [hub.person(derived_id("staff", str(agency)), agency, "agency_member") for agency in agencies]
    flood, count, rounds = await Flood.on(stack), _Count(), []
    try:
        readers = [_Reader(hub, person, count) for person in staff]
        listening = [asyncio.create_task(reader.run()) for reader in readers]
        await _until_open(flood, agencies, count)
        for _ in range(run.rounds):
            arrived = count.expect(events)
            began = await flood.offers(agencies, events)
            live = await asyncio.wait_for(arrived, 300) - began
            again = await _catching_up(hub, staff)
            rounds.append({"live_per_second": round(events / live), "catching_up_per_second": round(again)})
        for task in listening:
            task.cancel()
        await asyncio.gather(*listening, return_exceptions=True)
    finally:
        await flood.close()
        await hub.close()
    return rounds


async def _until_open(flood: Flood, agencies: list[UUID], count: _Count) -> None:
    """One delivery to everybody: when all have theirs, all streams are open."""
    arrived = count.expect(len(agencies))
    await flood.offers(agencies, len(agencies))
    await asyncio.wait_for(arrived, 300)


async def _catching_up(hub: Hub, staff: list[Person]) -> float:
    """Deliveries a second, everything that is there read from the beginning by everybody at once."""

    async def read(person: Person) -> int:
        door = hub.inbox()
        listed = await door.ListDeliveries(
            inbox_service_pb2.ListDeliveriesRequest(inbox=delivery_pb2.INBOX_AGENCY, page_size=1),
            metadata=person.credentials(),
            wait_for_ready=True,  # a thousand connections at once: the last is not made at once
        )
        stream = door.Subscribe(
            inbox_service_pb2.SubscribeRequest(inbox=delivery_pb2.INBOX_AGENCY),
            metadata=person.credentials(),
        )
        async for message in stream:
            if message.delivery.sequence == listed.last_sequence:
                break
        stream.cancel()
        return int(listed.last_sequence)

    began = time.monotonic()
    numbers = await asyncio.gather(*(read(person) for person in staff))
    return sum(numbers) / (time.monotonic() - began)
