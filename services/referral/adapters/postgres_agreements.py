"""The agreements that intake keeps, as matching needs them."""

from datetime import datetime

from chassis.postgres import Transaction
from kernel.ids import AgencyId

_SAVE = """
    insert into agreement (agency_id, valid_from_time, valid_until_time, version) values ($1, $2, $3, $4)
    on conflict (agency_id) do update set valid_from_time = excluded.valid_from_time,
        valid_until_time = excluded.valid_until_time, version = excluded.version
    where agreement.version < excluded.version
    returning true
"""


async def save_agreement(
    tx: Transaction,
    agency_id: AgencyId,
    valid_from_time: datetime,
    valid_until_time: datetime,
    version: int,
) -> bool:
    """Takes over what AgreementChanged says; an older version than the known one changes nothing.

    Args:
        version: the event's aggregate_version.

    Returns:
        True where something changed.
    """
    return bool(await tx.connection.fetchval(_SAVE, agency_id, valid_from_time, valid_until_time, version))
