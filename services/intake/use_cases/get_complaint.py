"""One complaint with its words, for whoever may see it."""

from datetime import datetime
from uuid import UUID

from chassis.access_records import AccessRecord
from chassis.postgres import Transaction
from kernel.errors import NotFound
from services.intake.adapters.postgres_complaints import PostgresComplaints
from services.intake.adapters.vault import Vault
from services.intake.domain.complaint import Complaint
from services.intake.use_cases.hub_officer import own_agency_or_officer


async def get_complaint(
    complaint_id: UUID, method: str, tx: Transaction, complaints: PostgresComplaints, vault: Vault
) -> tuple[Complaint, str, str, datetime]:
    """The complaint, what was said, what was found, and the time; the read is recorded before it is answered.

    Words are empty where the person was erased, and where nobody has answered.

    Raises:
        NotFound: COMPLAINT_NOT_FOUND: there is none, or it is not the caller's to know of.
        NotPermitted: NO_AGENCY: the caller acts for none, and is no officer of the hub.
    """
    await own_agency_or_officer(tx)
    one = await complaints.get(tx, complaint_id)
    if one is None:
        raise NotFound("There is no such complaint that you may see.", reason="COMPLAINT_NOT_FOUND")
    person, answer = one.beneficiary_id, one.answer
    sealed = [one.sealed_words, answer.sealed_words if answer is not None else None]
    said, found = await vault.open_words(tx, [(person, complaint_id, words) for words in sealed])
    tx.record_access(AccessRecord("intake", method, [complaint_id]))
    return one, said, found, await tx.now()
