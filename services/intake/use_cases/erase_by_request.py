"""The data protection officer has a person erased by their request, and certifies what was destroyed."""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from chassis.postgres import Transaction
from kernel.errors import NotFound, RuleBroken
from kernel.ids import AgencyId, BeneficiaryId, random_id
from services.intake.adapters.begun_erasures import BegunErasure
from services.intake.adapters.postgres_beneficiaries import PostgresBeneficiaries
from services.intake.adapters.postgres_erasures import PostgresErasures
from services.intake.adapters.postgres_recalls import PostgresRecalls
from services.intake.adapters.postgres_retention_holds import PostgresRetentionHolds
from services.intake.adapters.postgres_rights_requests import PostgresRightsRequests
from services.intake.adapters.tombstones import Tombstones
from services.intake.domain.erasure import Certificate, answers_of, certificate_of
from services.intake.domain.person_export import IdentityProof
from services.intake.domain.rights_events import RightsErasureDone
from services.intake.use_cases.erase_beneficiary import erase_beneficiary
from services.intake.use_cases.extend_rights_request import open_to_caller
from services.intake.use_cases.hold_back import refuse_held
from services.intake.use_cases.hub_officer import own_agency_or_officer, reach_everything


@dataclass(frozen=True, slots=True)
class EraseByRequest:
    """Whose erasure, and how who asks was told to be who they are.

    Args:
        other_ids: the other records of the person that the officer has looked at: all of them, and no others.
    """

    request_id: UUID
    rights_request_id: UUID
    identity_proof: IdentityProof
    other_ids: Collection[BeneficiaryId] = ()


@dataclass(frozen=True, slots=True)
class ErasureParts:
    """What an erasure works with."""

    people: PostgresBeneficiaries
    requests: PostgresRightsRequests
    erasures: PostgresErasures
    tombstones: Tombstones
    recalls: PostgresRecalls
    holds: PostgresRetentionHolds = field(default_factory=PostgresRetentionHolds)


async def erase_by_request(command: EraseByRequest, tx: Transaction, parts: ErasureParts) -> Certificate:
    """The certificate, committed with the erasure of all records that are seen as this person's.

    Only the hub's own data protection officer decides.

    Repeat-safe only inside `chassis.requests.once`.

    Raises:
        NotFound: RIGHTS_REQUEST_NOT_FOUND: no such request, or the caller acts for an agency.
        RuleBroken: BENEFICIARY_ERASED; RECORDS_NOT_NAMED; RETENTION_HOLD_STANDS; and as
            `RightsRequest.check_erasure` and `check_records` say.
    """
    if tx.caller.agency_id is not None:
        raise NotFound("There is no such request that you may see.", reason="RIGHTS_REQUEST_NOT_FOUND")
    request = await open_to_caller(command.rights_request_id, tx, parts.requests)
    request.check_erasure()
    await reach_everything(tx)
    person = request.beneficiary_id
    records = [row.beneficiary_id for row in await parts.people.lock_as_one(tx, person)]
    request.check_records(await parts.people.last_merged_time(tx, person))
    _check_named(command, [record for record in records if record != person])
    await refuse_held(tx, records, parts.holds)
    begun = BegunErasure(request.rights_request_id, tx.caller.principal_id, command.identity_proof, records)
    await asyncio.to_thread(parts.tombstones.begun.add, begun)

    async def erase() -> datetime:
        return await erase_beneficiary(person, tx, parts.people, parts.tombstones, parts.recalls)

    return await certify(begun, request.agency_id, erase, tx, parts.erasures, command.request_id)


async def certify(
    begun: BegunErasure,
    agency_id: AgencyId,
    erase: Callable[[], Awaitable[datetime]],
    tx: Transaction,
    erasures: PostgresErasures,
    request_id: UUID | None = None,
) -> Certificate:
    """Has the locked records erased, and keeps and tells the certificate of that in the same commit.

    Args:
        agency_id: the one that registered the request.
        erase: erases all of them; answers when.
    """
    destroyed = await erasures.held(tx, begun.records)
    recipients = await erasures.recipients(tx, begun.records)
    erased_time = await erase()
    certificate = certificate_of(
        random_id(),
        begun.rights_request_id,
        begun.decided_by_principal_id,
        erased_time,
        destroyed,
        await erasures.kept(tx, begun.records),
        recipients,
        await erasures.answers(tx, begun.records),
    )
    await erasures.keep(tx, certificate, begun, agency_id)
    tx.publish(
        RightsErasureDone(
            certificate_id=certificate.certificate_id,
            rights_request_id=begun.rights_request_id,
            agency_id=agency_id,
            sha256=certificate.sha256,
            request_id=request_id,
        )
    )
    return certificate


def _check_named(command: EraseByRequest, others: Collection[BeneficiaryId]) -> None:
    if set(command.other_ids) != set(others):
        raise RuleBroken(
            "This person's records are not those that you named: look at each other record that is merged"
            " with theirs, then name exactly these."
            if others
            else "No other record is merged with this person's; name none.",
            reason="RECORDS_NOT_NAMED",
            other_beneficiary_ids=" ".join(sorted(map(str, others))),
        )


async def get_erasure_certificate(
    certificate_id: UUID, tx: Transaction, erasures: PostgresErasures
) -> tuple[Certificate, str]:
    """The certificate, and what agencies have answered by now. There is no personal data in them.

    Raises:
        NotFound: CERTIFICATE_NOT_FOUND.
    """
    await own_agency_or_officer(tx)
    found = await erasures.read(tx, certificate_id)
    if found is None:
        raise NotFound("There is no such certificate that you may see.", reason="CERTIFICATE_NOT_FOUND")
    certificate, records = found
    answers = await erasures.answers(tx, records)
    return certificate, answers_of(certificate, answers, await tx.now())
