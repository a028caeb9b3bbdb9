"""Invented people of a bench: registered, and consented to every bench agency."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final
from uuid import uuid4

from kem.directory.v1.directory_pb2 import Eligibility
from kem.intake.v1 import beneficiary_pb2, intake_service_pb2
from tools.bench.asking import Asking
from tools.bench.city import SERVICE_TYPES, BenchAgency
from tools.demo.consent import sample_consent
from tools.demo.people import City, InventedPerson
from tools.hub import Hub, Person

_AT_ONCE: Final = 16
_SEED: Final = 7


def invented_city() -> City:
    """An endless queue of the same people in every bench."""
    return City(_SEED, {kind: [Eligibility()] for kind in SERVICE_TYPES}, datetime.now(UTC).date())


async def register_people(
    hub: Hub, ask: Asking, desk: Person, agencies: Sequence[BenchAgency], number: int
) -> list[str]:
    """Registers so many people with their consent; answers their ids."""
    city = invented_city()
    people = iter([city.next_person() for _ in range(number)])
    ids: list[str] = []

    async def serve() -> None:
        for person in people:
            beneficiary_id = await _register(hub, ask, desk, person)
            await _consent(hub, ask, desk, person, beneficiary_id, agencies)
            ids.append(beneficiary_id)

    async with asyncio.TaskGroup() as desks:
        for _ in range(min(_AT_ONCE, number)):
            desks.create_task(serve())
    return ids


async def _register(hub: Hub, ask: Asking, desk: Person, person: InventedPerson) -> str:
    answer = await ask(
        hub.intake.RegisterBeneficiary,
        intake_service_pb2.RegisterBeneficiaryRequest(
            request_id=str(uuid4()),
            beneficiary=person.beneficiary,
            origin=beneficiary_pb2.ORIGIN_KEM_DESK,
        ),
        desk,
    )
    return str(answer.beneficiary_id)


async def _consent(
    hub: Hub,
    ask: Asking,
    desk: Person,
    person: InventedPerson,
    beneficiary_id: str,
    agencies: Sequence[BenchAgency],
) -> None:
    consent = sample_consent(
        person.beneficiary,
        person.spoken_language,
        {str(agency.agency_id): [agency.purpose] for agency in agencies},
    )
    await ask(
        hub.intake.RecordConsent,
        intake_service_pb2.RecordConsentRequest(
            request_id=str(uuid4()), beneficiary_id=beneficiary_id, consent=consent
        ),
        desk,
    )
