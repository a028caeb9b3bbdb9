"""Short ways to the use cases about people's rights, over a real database."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from chassis.caller import Caller
from chassis.postgres import Transaction
from kernel.ids import BeneficiaryId
from services.intake.adapters.postgres_exports import PostgresExports
from services.intake.adapters.postgres_rights_requests import PostgresRightsRequests, RequestsView
from services.intake.domain.person_export import ExportPiece, ExportPlace, IdentityProof
from services.intake.domain.rights_request import (
    Answer,
    AskedBy,
    Extension,
    ExtensionGround,
    NoExportGround,
    RefusalGround,
    Right,
    RightsAnswer,
    RightsRequest,
)
from services.intake.entrypoints.export_document import export_text
from services.intake.use_cases.answer_rights_request import AnswerRightsRequest, answer_rights_request
from services.intake.use_cases.decide_protection_data import (
    DecideProtectionData,
    decide_protection_data,
)
from services.intake.use_cases.export_person_data import ExportPersonData, export_person_data
from services.intake.use_cases.extend_rights_request import ExtendRightsRequest, extend_rights_request
from services.intake.use_cases.fulfil_rights_request import FulfilParts
from services.intake.use_cases.list_rights_requests import RequestsPage, list_rights_requests
from services.intake.use_cases.page_with_words import Place
from services.intake.use_cases.register_rights_request import (
    RegisterRightsRequest,
    register_rights_request,
)
from services.intake.use_cases.restrict_use import LiftRestriction, lift_restriction
from tests.support.consented_people import METHOD, bits
from tests.support.registers import Register
from tests.support.vault import DPO, KEM, worker_of

WORDS = "She wants to see all that we wrote about her."
TOLD = "We sent her everything by her safe channel."


@dataclass(frozen=True, slots=True)
class Rights(Register[RequestsPage]):
    """The register, as desks and the data protection officer use it."""

    store: PostgresRightsRequests = field(default_factory=PostgresRightsRequests)

    async def register(
        self, person: BeneficiaryId, right: Right = Right.ACCESS, *, by: Caller | None = None, **changes: Any
    ) -> RightsRequest:
        fields: dict[str, Any] = {
            "asked_by": AskedBy.SELF,
            "words": WORDS,
            "received_time": datetime.now(UTC),
        }
        command = RegisterRightsRequest(uuid4(), person, right, **(fields | changes))
        parts = self.intake.parts
        async with self.intake.database.transaction(by or self.intake.desk) as tx:
            return await register_rights_request(command, tx, parts.people, self.store, parts.vault)

    async def extend(
        self, request_id: UUID, told_time: datetime | None = None, *, by: Caller = DPO
    ) -> datetime:
        extension = Extension(ExtensionGround.COMPLEXITY, told_time or datetime.now(UTC))
        command = ExtendRightsRequest(uuid4(), request_id, extension, "It is in many files.")
        async with self.intake.database.transaction(by) as tx:
            return await extend_rights_request(command, tx, self.store, self.intake.parts.vault)

    async def answer(
        self,
        request_id: UUID,
        answer: RightsAnswer = RightsAnswer.FULFILLED,
        ground: RefusalGround | None = None,
        *,
        by: Caller = DPO,
        no_export_ground: NoExportGround | None = None,
    ) -> datetime:
        told = Answer(answer, ground, datetime.now(UTC), by.principal_id, no_export_ground=no_export_ground)
        command, parts = AnswerRightsRequest(uuid4(), request_id, told, TOLD), self.intake.parts
        with_parts = FulfilParts(
            parts.people,
            parts.consents,
            parts.freezes,
            parts.recalls,
            parts.corrections,
            PostgresExports(),
            parts.vault,
        )
        async with self.intake.database.transaction(by) as tx:
            return await answer_rights_request(command, tx, self.store, with_parts)

    async def lift(
        self, request_id: UUID, told_time: datetime | None = None, *, by: Caller = DPO
    ) -> datetime:
        command = LiftRestriction(
            uuid4(), request_id, "What was disputed is settled.", told_time or datetime.now(UTC)
        )
        parts = self.intake.parts
        async with self.intake.database.transaction(by) as tx:
            return await lift_restriction(command, tx, self.store, parts.people, parts.freezes, parts.vault)

    async def read(self, tx: Transaction, size: int, view: RequestsView, after: Place | None) -> RequestsPage:
        return await list_rights_requests(size, view, after, METHOD, tx, self.store, self.intake.parts.vault)

    async def protect(
        self, request_id: UUID, *allowed: str, with_history: bool = False, by: Caller | None = None
    ) -> datetime:
        command = DecideProtectionData(
            uuid4(), request_id, bits(*allowed), with_history, "She is safe with her mother."
        )
        async with self.intake.database.transaction(by or worker_of(KEM, "child_protection_officer")) as tx:
            return await decide_protection_data(command, tx, self.store, self.intake.parts.vault)

    async def export(
        self,
        rights_request_id: UUID,
        *,
        by: Caller = DPO,
        request_id: UUID | None = None,
        place: ExportPlace | None = None,
    ) -> ExportPiece:
        command = ExportPersonData(request_id or uuid4(), rights_request_id, IdentityProof.DOCUMENT_SEEN)
        async with self.intake.database.transaction(by) as tx:
            return await export_person_data(
                command, place, METHOD, tx, self.store, PostgresExports(), self.intake.parts.vault
            )

    async def pieces(self, rights_request_id: UUID, *, by: Caller = DPO) -> list[str]:
        """The whole document as it comes."""
        request_id, place, texts = uuid4(), None, list[str]()
        while not texts or place is not None:
            piece = await self.export(rights_request_id, by=by, request_id=request_id, place=place)
            place = piece.next_place
            texts.append(export_text(piece))
        return texts

    async def document(self, rights_request_id: UUID, *, by: Caller = DPO) -> dict[str, Any]:
        found: dict[str, Any] = json.loads("".join(await self.pieces(rights_request_id, by=by)))
        return found
