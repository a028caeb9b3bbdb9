"""GetDisclosure calls per second: consent checked, recorded and released in one transaction, data opened.

Referrals are taken up and disclosed once first, so that intake knows who holds them. Then each is disclosed
to its holder: by so many callers, each the next one when answered (closed loop), and at 50 a second (open
loop).

`calls_per_second`, `call_ms`: GetDisclosure alone, at the agency; in the open loop from the instant at which
it was to be made. `empty`: health checks of intake in the same loop, which read and write nothing: what a
call over mutual TLS takes on this machine whatever it asks for.
"""

from uuid import uuid4

from grpc_health.v1.health_pb2 import HealthCheckRequest
from grpc_health.v1.health_pb2_grpc import HealthStub

from chassis.tls import secure_channel
from kem.disclosure.v1.disclosure_service_pb2 import GetDisclosureRequest
from tools.bench.accept import Accepting, open_offers
from tools.bench.answers import calls_at, calls_in
from tools.bench.ground import ground
from tools.bench.run import Figures, Run
from tools.bench.statistics import medians

CALLERS = (1, 8, 32)
RATE = 50


async def measure(run: Run) -> Figures:
    """Each number of callers, and the open loop, three rounds; the medians."""
    calls = run.scaled(1_500, 200)
    run.settings["disclosure"] = {"calls_a_round": calls, "rounds": run.rounds, "open_loop_rate": RATE}
    figures: Figures = {}
    async with ground(run) as place:
        accepting = Accepting(place)

        async def disclose(referral_id: str) -> None:
            request = GetDisclosureRequest(request_id=str(uuid4()), referral_id=referral_id)
            await place.ask(place.hub.disclosure.GetDisclosure, request, accepting.staff_of(referral_id))

        async def held() -> list[str]:
            referral_ids = await open_offers(place, calls)
            await calls_in(accepting.accept, referral_ids, 8)
            # the first disclosure of each waits for intake to hear of it, so it is made before the clock runs
            await calls_in(disclose, referral_ids, 8)
            return referral_ids

        for callers in CALLERS:
            rounds = [await calls_in(disclose, await held(), callers) for _ in range(run.rounds)]
            figures[f"callers_{callers}"] = medians(rounds)
            run.say(
                f"{callers} callers: {figures[f'callers_{callers}']['calls_per_second']:.0f} disclosures/s."
            )
        rounds = [await calls_at(disclose, await held(), RATE) for _ in range(run.rounds)]
        figures[f"at_{RATE}_a_second"] = medians(rounds)
        async with secure_channel(place.hub.doors.intake, "intake", place.hub.doors.certificate) as opened:
            check = HealthStub(opened).Check

            async def ask_nothing(_: str) -> None:
                await check(HealthCheckRequest())

            rounds = [await calls_at(ask_nothing, [""] * calls, RATE) for _ in range(run.rounds)]
        figures[f"empty_at_{RATE}_a_second"] = medians(rounds)
    return figures
