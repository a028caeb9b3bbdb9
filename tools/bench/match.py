"""Matching in directories of 151, 15,100 and 151,000 services: per need in a batch, and ExplainMatches.

The directory grows by copies of the sample city's services in other districts: as many candidates fit a need
as before, and the rest of the directory lies out of reach, as in a country with many towns.

`per_need_ms`: what the referral service's batches took, from the first try to the commit, per need (its own
figures, `kem_batch_seconds`): profiles fetched, matched, places reserved, offers and events written.
`explain_ms`: ExplainMatches, at the desk, one after another: the 50 best with reasons, counts of the others.
"""

import asyncio
import urllib.request
from uuid import uuid4

from prometheus_client.parser import text_string_to_metric_families

from kem.intake.v1 import need_pb2
from kem.intake.v1.intake_service_pb2 import RecordNeedsRequest
from kem.referral.v1.referral_service_pb2 import ExplainMatchesRequest
from tools.bench.answers import calls_in
from tools.bench.ground import Ground, ground
from tools.bench.load import record_in_all
from tools.bench.pipeline import BATCH, BATCH_CALLERS, batches
from tools.bench.run import Figures, Run
from tools.bench.statistics import medians
from tools.stack.stack import Stack

CITIES = (1, 100, 1_000)
"""Cities of 151 services each; people live in the first."""

_GROW = """
    set search_path = referral;
    create temporary table copied as
        select s.*, gen_random_uuid() as copy_id, 'FAR_' || n as far
        from service s join agency using (agency_id), generate_series({first}, {last}) as n
        where agency.code not like 'BENCH-%' and s.district not like 'FAR_%';
    insert into service
        select (jsonb_populate_record(s, jsonb_build_object(
            'service_id', copy_id, 'district', far, 'areas', array[far]))).*
        from copied join service s using (service_id);
    insert into service_area (service_type, district, service_id)
        select service_type, far, copy_id from copied;
    insert into capacity (unit_id, service_id, agency_id, kind, places)
        select copy_id, copy_id, agency_id,
            case when capacity_kind = 'PLACES' then 'PLACES' else 'UNLIMITED' end, capacity_places
        from copied;
    drop table copied;
    analyze service, service_area, capacity;
"""


async def measure(run: Run) -> Figures:
    """Each directory in turn, growing; three rounds; the medians."""
    needs, explained = run.scaled(5_000, 1_000), run.scaled(500, 100)
    run.settings["match"] = {"needs_a_round": needs, "explained_a_round": explained, "rounds": run.rounds}
    figures: Figures = {}
    async with ground(run) as place:
        last = 0
        for cities in CITIES:
            if cities > 1:
                grow = _GROW.format(first=last + 1, last=cities - 1)
                await asyncio.to_thread(place.stack.postgres.execute, grow)
                last = cities - 1
            services = int(await asyncio.to_thread(_count, place.stack)) - len(place.agencies)
            await record_in_all(place, batches(place), BATCH_CALLERS, BATCH, lambda done: None)
            rounds = [await _round(place, needs, explained) for _ in range(run.rounds)]
            found = figures[f"services_{services}"] = medians(rounds)
            run.say(
                f"{services:,} services: {found['per_need_ms']:.2f} ms a need in a batch,"
                f" explained in {found['explain_ms']['p50']:.1f} ms."
            )
    return figures


def _count(stack: Stack) -> str:
    return stack.postgres.execute("select count(*) from referral.service")


async def _round(place: Ground, needs: int, explained: int) -> Figures:
    before = await asyncio.to_thread(_batch_seconds, place.stack)
    await record_in_all(place, batches(place), BATCH_CALLERS, needs, lambda done: None)
    spent = await asyncio.to_thread(_batch_seconds, place.stack) - before
    referral_ids = await _asked_first(place, explained)

    async def explain(referral_id: str) -> None:
        request = ExplainMatchesRequest(referral_id=referral_id)
        await place.ask(place.hub.referral.ExplainMatches, request, place.desk)

    answered = await calls_in(explain, referral_ids, callers=1)
    return {"per_need_ms": round(1000 * spent / needs, 3), "explain_ms": answered["call_ms"]}


async def _asked_first(place: Ground, number: int) -> list[str]:
    """Referrals whose person is asked first, once the referral service knows them."""
    asked = [place.next_need() for _ in range(min(number, BATCH))]
    for need in asked:
        need.routing = need_pb2.ROUTING_ASK_FIRST
    request = RecordNeedsRequest(request_id=str(uuid4()), needs=asked)
    answer = await place.ask(place.hub.intake.RecordNeeds, request, place.desk)
    referral_ids = [need.referral_id for need in answer.needs]
    while not await asyncio.to_thread(_is_known, place.stack, referral_ids[-1]):  # noqa: ASYNC110 (another process)
        await asyncio.sleep(0.05)
    return [referral_ids[number % len(referral_ids)] for number in range(number)]


def _is_known(stack: Stack, referral_id: str) -> bool:
    query = f"select state from referral.referral where referral_id = '{referral_id}'"
    return bool(stack.postgres.execute(query).strip())


def _batch_seconds(stack: Stack) -> float:
    """What the referral service says its batches took until now, by its page of measures."""
    with urllib.request.urlopen(f"http://{stack.metrics_address('referral')}/metrics") as page:
        families = text_string_to_metric_families(page.read().decode())
        return sum(
            sample.value
            for family in families
            for sample in family.samples
            if sample.name == "kem_batch_seconds_sum" and sample.labels["consumer"] == "referral"
        )
