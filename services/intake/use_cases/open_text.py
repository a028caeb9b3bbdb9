"""Opens sealed words about a person for a named reader."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from chassis.access_records import AccessRecord, access_event
from chassis.postgres import Transaction
from kernel.errors import Invalid
from kernel.ids import AgencyId, ReferralId
from services.intake.adapters.postgres_needs import PostgresNeeds
from services.intake.adapters.sealing import RecordAltered
from services.intake.adapters.vault import Vault
from services.intake.use_cases.seal_text import person_behind


@dataclass(frozen=True, slots=True)
class OpenText:
    """Ciphertexts of one referral, and who will read them: the calling service vouches for that."""

    referral_id: ReferralId
    sealed: Sequence[bytes]
    reader_id: UUID
    reader_agency_id: AgencyId | None
    reader_acting_person: str = ""


async def open_text(
    command: OpenText, method: str, tx: Transaction, needs: PostgresNeeds, vault: Vault
) -> list[str] | None:
    """The texts in the order asked; None where the person is erased, which is a normal answer.

    Each opening is on record under the reader's id when this transaction commits; only then tell it.

    Raises:
        NotFound: REFERRAL_NOT_FOUND.
        Invalid: TEXT_NOT_OF_REFERRAL, one of them was sealed for something else.
    """
    person = await person_behind(tx, needs, command.referral_id)
    try:
        sealed = [(person, command.referral_id, one) for one in command.sealed]
        opened = await vault.open_texts(tx, sealed)
    except RecordAltered:
        raise Invalid("A text does not belong to this referral.", reason="TEXT_NOT_OF_REFERRAL") from None
    reader = replace(
        tx.caller,
        principal_id=command.reader_id,
        agency_id=command.reader_agency_id,
        roles=frozenset(),
        acting_person=command.reader_acting_person,
    )
    record = AccessRecord("intake", method, [person, command.referral_id], subject_count=1)
    tx.publish(access_event(record, reader, await tx.now()))
    texts = [text for text in opened if text is not None]
    return texts if len(texts) == len(opened) else None
