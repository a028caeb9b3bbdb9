"""The two decisions that every disclosure waits for: who may call, and what consent allows. Without a stack.

`call_us`: the role of a caller against the table of methods. `consent_us_…`: the categories that an agency
may see, from one permit, from a permit and a denial, and from all that one person said about four agencies
and two purposes (nine grants). Microseconds of this thread's processor time for one decision: median and the
ninety-ninth percentile of batches.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

from chassis import access
from chassis.caller import Caller
from kernel.ids import AgencyId, BeneficiaryId, ConsentId
from kernel.vocabulary import LegalBasis, Role
from services.intake.domain import cells
from tools.bench.run import Figures, Run
from tools.bench.statistics import percentiles_ms

BATCHES = 300
AT_ONCE = 1_000
_METHOD = "/kem.disclosure.v1.DisclosureService/GetDisclosure"
_PURPOSES = ("SERVICE_EDUCATION", "SERVICE_HEALTH")
_ASKED = 0b1111


async def measure(run: Run) -> Figures:
    """Batches of decisions one after another."""
    batches = run.scaled(BATCHES, 50)
    run.settings["decide"] = {"batches": batches, "decisions_a_batch": AT_ONCE}
    now = datetime.now(UTC)
    all_of_it = _said(now)
    mine = tuple(one for one in all_of_it if (one.agency_id, one.purpose) == (_agency(0), _PURPOSES[0]))

    def allow(some: tuple[cells.Cell, ...]) -> Callable[[], object]:
        agency_id, purpose, decide = _agency(0), _PURPOSES[0], cells.decide
        return lambda: decide(some, agency_id=agency_id, purpose=purpose, wanted=_ASKED, now=now)

    caller = Caller(UUID(int=1), _agency(0), frozenset({Role.AGENCY_MEMBER}), "", "mfa", "bench")
    table = {_METHOD: access.Access(roles=frozenset({Role.CASEWORKER, Role.AGENCY_MEMBER}))}
    return {
        "call_us": _each(lambda: access.decide(_METHOD, caller, table), batches),
        "consent_us_one_permit": _each(allow(mine[:1]), batches),
        "consent_us_permit_and_denial": _each(allow(mine), batches),
        "consent_us_nine_grants": _each(allow(all_of_it), batches),
    }


def _each(decide: Callable[[], object], batches: int) -> Figures:
    durations = []
    for _ in range(batches):
        began = time.thread_time()
        for _ in range(AT_ONCE):
            decide()
        durations.append(time.thread_time() - began)
    return percentiles_ms(durations)  # milliseconds of a thousand are microseconds of one


def _agency(number: int) -> AgencyId:
    return AgencyId(UUID(int=10 + number))


def _said(now: datetime) -> tuple[cells.Cell, ...]:
    def line(agency: int, purpose: str, categories: int, effect: cells.GrantEffect) -> cells.Grant:
        return cells.Grant(_agency(agency), purpose, categories, LegalBasis.CONSENT, effect)

    given = cells.ConsentGiven(
        consent_event_id=UUID(int=2),
        sequence=1,
        beneficiary_id=BeneficiaryId(UUID(int=3)),
        consent_id=ConsentId(UUID(int=4)),
        valid_from_time=now - timedelta(days=1),
        valid_until_time=now + timedelta(days=90),
        recorded_time=now,
        grants=(
            *(
                line(n, purpose, 0b111111, cells.GrantEffect.PERMIT)
                for n in range(4)
                for purpose in _PURPOSES
            ),
            line(0, _PURPOSES[0], 0b100, cells.GrantEffect.DENY),
        ),
    )
    return cells.cells_of(given)
