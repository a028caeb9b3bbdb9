"""People at KEM's office: who works there and signs in, who comes to the desk."""

from uuid import UUID, uuid4

from kem.directory.v1.directory_service_pb2 import ListAgenciesRequest
from kem.disclosure.v1 import rights_service_pb2
from kem.intake.v1 import intake_service_pb2
from kem.intake.v1.beneficiary_pb2 import ORIGIN_KEM_DESK
from kernel.vocabulary import Role
from services.intake.entrypoints.translate_beneficiary import beneficiary_message
from tests.e2e.kem_command import told
from tests.e2e.signing_in import first_sign_in
from tests.e2e.typed_terminal import TypedTerminal
from tests.support.people import invented_person
from tools.hub import Doors, Hub, Person
from tools.stack.layout import Layout


async def erato_signs_in(layout: Layout) -> None:
    """The data protection officer; it is she who is signed in from then on."""
    one_time = (await told(layout, "staff", "reset", "erato"))["one_time_password"]
    await first_sign_in(layout, "erato", one_time, "six grey clouds", "dpo")


async def registered_by_petros(layout: Layout) -> str:
    """Somebody whom he registers; it is he who is signed in from then on."""
    await _petros_signs_in(layout)
    hub = Hub(Doors.of(layout))
    try:
        person, _ = await _registered(hub)
    finally:
        await hub.close()
    return person


async def _petros_signs_in(layout: Layout) -> None:
    one_time = (await told(layout, "staff", "reset", "petros"))["one_time_password"]
    async with TypedTerminal(layout.data, "login", "--as", "petros") as terminal:
        await terminal.until_seen("Password: ")
        terminal.type(one_time)
        await terminal.until_seen("Enter if you have none")
        terminal.type("")
        for prompt in ("Your own password: ", "Once more: "):
            await terminal.until_seen(prompt)
            terminal.type("seven old bridges")
        await terminal.until_seen("petros is signed in")


async def worker_at_kem(hub: Hub, role: Role) -> Person:
    """Somebody with this role there."""
    operator = hub.person(uuid4(), None, Role.OPERATOR)
    found = await hub.directory.ListAgencies(ListAgenciesRequest(code="KEM"), metadata=operator.credentials())
    return hub.person(uuid4(), UUID(found.agencies[0].agency_id), role)


async def _registered(hub: Hub) -> tuple[str, Person]:
    """Somebody new at KEM's desk, and who has registered them."""
    worker = await worker_at_kem(hub, Role.INTAKE_WORKER)
    person = await hub.intake.RegisterBeneficiary(
        intake_service_pb2.RegisterBeneficiaryRequest(
            request_id=str(uuid4()),
            beneficiary=beneficiary_message(invented_person()),
            origin=ORIGIN_KEM_DESK,
        ),
        metadata=worker.credentials(),
    )
    return str(person.beneficiary_id), worker


async def asked_to_see(layout: Layout) -> str:
    """Somebody new, who asks to see everything: the id of their request."""
    hub = Hub(Doors.of(layout))
    try:
        person, worker = await _registered(hub)
        request = rights_service_pb2.RegisterRightsRequestRequest(
            request_id=str(uuid4()),
            beneficiary_id=person,
            right=rights_service_pb2.RIGHT_ACCESS,
            asked_by=rights_service_pb2.ASKED_BY_SELF,
            words="Everything, please.",
        )
        request.received_time.GetCurrentTime()
        kept = await hub.rights.RegisterRightsRequest(request, metadata=worker.credentials())
        return str(kept.rights_request_id)
    finally:
        await hub.close()
