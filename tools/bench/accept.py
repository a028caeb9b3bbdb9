"""AcceptOffer calls per second, by members of the agencies whose offers are open.

Offers are made first, through the whole hub; then callers accept them, each the next one when answered
(closed loop). What an acceptance tells others (events, deliveries, intake's projection) is done meanwhile, on
the same machine.

`calls_per_second`, `call_ms`: AcceptOffer alone, at the agency.
"""

from uuid import uuid4

from kem.referral.v1.referral_service_pb2 import AcceptOfferRequest
from tools.bench.answers import calls_in
from tools.bench.ground import Ground, ground
from tools.bench.load import record_in_all
from tools.bench.pipeline import BATCH, BATCH_CALLERS, batches
from tools.bench.run import Figures, Run
from tools.bench.statistics import medians
from tools.hub import Person

CALLERS = (1, 8, 32)


async def measure(run: Run) -> Figures:
    """Each number of callers, three rounds; the medians."""
    calls = run.scaled(2_000, 300)
    run.settings["accept"] = {"calls_a_round": calls, "rounds": run.rounds}
    figures: Figures = {}
    async with ground(run) as place:
        for callers in CALLERS:
            rounds = []
            for _ in range(run.rounds):
                referral_ids = await open_offers(place, calls)
                rounds.append(await calls_in(Accepting(place).accept, referral_ids, callers))
            figures[f"callers_{callers}"] = medians(rounds)
            run.say(
                f"{callers} callers: {figures[f'callers_{callers}']['calls_per_second']:.0f} acceptances/s."
            )
    return figures


async def open_offers(place: Ground, number: int) -> list[str]:
    """So many new referrals whose offers have arrived and are open."""
    before = set(place.arrivals.offered)
    needs = -(-number // BATCH) * BATCH
    await record_in_all(place, batches(place), BATCH_CALLERS, needs, lambda done: None)
    return [one for one in place.arrivals.offered if one not in before][:number]


class Accepting:
    """The agencies' staff."""

    def __init__(self, place: Ground) -> None:
        self._place = place

    def staff_of(self, referral_id: str) -> Person:
        """A member of the agency that was asked."""
        return self._place.staff[self._place.arrivals.offered[referral_id].agency_id]

    async def accept(self, referral_id: str) -> None:
        """Takes the referral up."""
        place = self._place
        request = AcceptOfferRequest(
            request_id=str(uuid4()), offer_id=place.arrivals.offered[referral_id].offer_id
        )
        await place.ask(place.hub.referral.AcceptOffer, request, self.staff_of(referral_id))
