"""Who may write which part of the directory: an agency its own, a keeper all of it."""

from collections.abc import Collection
from typing import Final
from uuid import UUID

from chassis.postgres import Transaction
from kernel.codes import Role
from services.referral.adapters.directory_sight import Sight, see
from services.referral.adapters.directory_stores import DirectoryStores
from services.referral.domain.directory import NotYourAgency
from services.referral.domain.visibility import DIRECTORY_KEEPER_ROLES, Viewer

KEM_CODE: Final = "KEM"
"""The agency whose admins keep the whole directory."""


def viewer_of(tx: Transaction) -> Viewer:
    """The caller as somebody who asks the directory."""
    return Viewer(tx.caller.agency_id, tx.caller.roles)


async def keeps_all(tx: Transaction, stores: DirectoryStores) -> bool:
    """Whether the caller may write for every agency; if so, this transaction sees the whole directory."""
    caller = tx.caller
    is_keeper = not DIRECTORY_KEEPER_ROLES.isdisjoint(caller.roles)
    if not is_keeper and Role.AGENCY_ADMIN in caller.roles and caller.agency_id is not None:
        is_keeper = await stores.agencies.code_of(tx, caller.agency_id) == KEM_CODE
    if is_keeper:
        await see(tx, Sight.WHOLE)
    return is_keeper


async def check_keeps(tx: Transaction, stores: DirectoryStores, agency_ids: Collection[UUID]) -> None:
    """Passes where the caller may write for all of these agencies.

    Raises:
        NotYourAgency: one of them is another agency.
    """
    if set(agency_ids) == {tx.caller.agency_id} or await keeps_all(tx, stores):
        return
    raise NotYourAgency("An agency keeps its own part of the directory only.")
