"""Invented people of a bench: registered, and consented to every bench agency."""

import asyncio
import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import uuid4

from kem.directory.v1.directory_pb2 import Eligibility
from kem.intake.v1 import beneficiary_pb2, consent_pb2, intake_service_pb2
from kernel import codes
from tools.bench.asking import Asking
from tools.bench.city import NEVER_SHARED, SERVICE_TYPES, BenchAgency
from tools.demo.desk import NOTICE
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
    guardian = person.beneficiary.guardian
    is_child = person.beneficiary.HasField("guardian")
    now = datetime.now(UTC)
    shared = sorted(set(codes.CATEGORIES) - NEVER_SHARED)
    consent = consent_pb2.ConsentRecord(
        notice=consent_pb2.Notice(
            version="sample-1", language="en", sha256=hashlib.sha256(NOTICE.encode()).hexdigest()
        ),
        spoken_language=person.spoken_language,
        method=consent_pb2.CONSENT_METHOD_VERBAL_WITNESSED,
        given_by=consent_pb2.CONSENT_GIVER_PARENT if is_child else consent_pb2.CONSENT_GIVER_SELF,
        authority_reference=guardian.authority_reference,
        read_aloud=True,
        understanding_checked=True,
        child_assents=is_child,
        grants=[
            consent_pb2.Grant(
                agency_id=str(agency.agency_id),
                purpose=agency.purpose,
                categories=shared,
                legal_basis=consent_pb2.LEGAL_BASIS_CONSENT,
                effect=consent_pb2.GRANT_EFFECT_PERMIT,
            )
            for agency in agencies
        ],
    )
    consent.valid_from_time.FromDatetime(now - timedelta(seconds=5))
    consent.valid_until_time.FromDatetime(now + timedelta(days=180))
    await ask(
        hub.intake.RecordConsent,
        intake_service_pb2.RecordConsentRequest(
            request_id=str(uuid4()), beneficiary_id=beneficiary_id, consent=consent
        ),
        desk,
    )
