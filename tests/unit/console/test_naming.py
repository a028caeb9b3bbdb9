"""How people are called on the desk's pages, those too whom the reader may not see."""

from typing import Any
from uuid import uuid4

from kem.intake.v1 import intake_service_pb2 as intake
from kem.intake.v1.beneficiary_pb2 import Name, Names
from services.console.entrypoints.pages.desk.naming import people_named


class Reader:
    """Somebody at the desk, who may see these alone."""

    def __init__(self, *seen: intake.ListedBeneficiary) -> None:
        self._seen = seen
        self.hub: Any = type("Hub", (), {"intake": type("Stub", (), {"BatchGetBeneficiaries": None})})

    def say(self, message: str) -> str:
        return message

    async def ask(self, _: Any, request: intake.BatchGetBeneficiariesRequest) -> Any:
        return intake.BatchGetBeneficiariesResponse(
            beneficiaries=[one for one in self._seen if one.beneficiary_id in request.beneficiary_ids]
        )


async def test_whoever_may_not_be_seen_is_said_not_to_be_named() -> None:
    seen, unseen, nameless = (str(uuid4()) for _ in range(3))
    reader: Any = Reader(
        intake.ListedBeneficiary(
            beneficiary_id=seen, names=Names(original=Name(given="Δείγμα", family="Νέο"))
        ),
        intake.ListedBeneficiary(beneficiary_id=nameless),
    )
    assert await people_named(reader, {seen, unseen, nameless}) == {
        seen: "Δείγμα Νέο",
        unseen: "Somebody who is not named to you",
        nameless: "Name withheld",
    }
    assert await people_named(reader, set()) == {}
