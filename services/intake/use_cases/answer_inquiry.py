"""Answers what an auditor of the hub asks of a person or of consents; each answer is a read on record."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from chassis.access_records import AccessRecord
from chassis.postgres import Transaction
from kernel import codes
from kernel.errors import NotFound
from kernel.ids import BeneficiaryId
from services.intake.adapters.consent_details import details_from
from services.intake.adapters.postgres_beneficiaries import NO_SUCH_PERSON
from services.intake.adapters.postgres_inquiries import PostgresInquiries
from services.intake.adapters.vault import Vault
from services.intake.domain.inquiry import ConsentView, InspectedConsent, PersonDisclosure, StoredConsent
from services.intake.use_cases.hub_officer import hub_officer_only, reach_everything
from services.intake.use_cases.page_with_words import USUAL_PAGE_SIZE, Place

_REFERENCE: Final = {
    ConsentView.CHILDREN: "authority_reference",
    ConsentView.INTERPRETED: "interpreter",
}
"""The one thing that a view opens of what is sealed with a consent."""

Period = tuple[datetime | None, datetime | None]


async def list_disclosures(
    beneficiary_id: BeneficiaryId,
    category: str,
    page_size: int,
    after: Place | None,
    method: str,
    tx: Transaction,
    inquiries: PostgresInquiries,
) -> tuple[Sequence[PersonDisclosure], Place | None]:
    """Each time that something of the category was given, and where the next page begins.

    Raises:
        NotFound: BENEFICIARY_NOT_FOUND: there never was such a person, or the caller acts for an agency.
        Invalid: UNKNOWN_CODE.
    """
    mask, size = codes.mask([category]), page_size or USUAL_PAGE_SIZE
    is_known = False
    if tx.caller.agency_id is None:
        await reach_everything(tx)
        is_known = await inquiries.is_known(tx, beneficiary_id)
    if not is_known:
        raise NotFound(NO_SUCH_PERSON, reason="BENEFICIARY_NOT_FOUND")
    found = await inquiries.disclosures(tx, beneficiary_id, mask, after, size + 1)
    tx.record_access(AccessRecord("intake", method, [beneficiary_id]))
    shown = found[:size]
    last = (shown[-1].disclosed_time, shown[-1].disclosure_id) if len(found) > size else None
    return shown, last


async def list_consents(
    view: ConsentView,
    period: Period,
    page_size: int,
    after: Place | None,
    method: str,
    tx: Transaction,
    inquiries: PostgresInquiries,
    vault: Vault,
) -> tuple[Sequence[InspectedConsent], Place | None]:
    """Consents with who decided or who interpreted, and where the next page begins.

    Raises:
        NotPermitted: HUB_OFFICER_ONLY.
    """
    hub_officer_only(tx.caller)
    await reach_everything(tx)
    size = page_size or USUAL_PAGE_SIZE
    found = await inquiries.consents(tx, view, period, after, size + 1)
    shown = found[:size]
    people = list(dict.fromkeys(one.beneficiary_id for one in shown))
    if people:
        tx.record_access(AccessRecord("intake", method, people))
    told = await inquiries.notifications(tx, people) if view is ConsentView.CHILDREN else {}
    references = await _references(view, shown, tx, vault)
    inspected = [
        InspectedConsent(one, reference or "", reference is None, told.get(one.beneficiary_id, ()))
        for one, reference in zip(shown, references, strict=True)
    ]
    last = (shown[-1].recorded_time, shown[-1].consent_id) if len(found) > size else None
    return inspected, last


async def _references(
    view: ConsentView, consents: Sequence[StoredConsent], tx: Transaction, vault: Vault
) -> list[str | None]:
    """Of each consent what the view opens: empty where nothing was said, None where it is gone."""
    sealed = [
        (one.beneficiary_id, one.consent_id, one.sealed_details)
        for one in consents
        if one.sealed_details is not None
    ]
    texts = iter(await vault.open_texts(tx, sealed))
    opened = [None if one.sealed_details is None else next(texts) for one in consents]
    return [
        ""
        if one.sealed_details is None
        else None
        if text is None
        else details_from(one.record_schema, text).get(_REFERENCE[view], "")
        for one, text in zip(consents, opened, strict=True)
    ]
