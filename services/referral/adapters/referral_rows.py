"""How referrals and offers lie in their tables, both ways, one row or many by one statement."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any, Final

from kernel.codes import Origin, Routing, Urgency
from services.referral.domain.offer import Offer
from services.referral.domain.referral import Referral
from services.referral.domain.transitions import OfferState, ReferralState

REFERRAL_COLUMNS: Final = tuple(one.name for one in fields(Referral) if one.name not in ("events", "gaps"))
OFFER_COLUMNS: Final = tuple(one.name for one in fields(Offer))
_TYPES: Final = {
    "version": "bigint",
    "service_version": "bigint",
    "change_number": "bigint",
    "offers_made": "integer",
    "matches_made": "integer",
    "number": "integer",
    "questions": "integer",
    "remaining_seconds": "bigint",
    "estimated_date": "date",
}
"""Columns that are neither an id (…_id, uuid), an instant (…_time, timestamptz), nor text."""


def _type_of(column: str) -> str:
    if column.endswith("_id"):
        return "uuid"
    return "timestamptz" if column.endswith("_time") else _TYPES.get(column, "text")


def _arrays(columns: Sequence[str]) -> str:
    """One array for each column."""
    return ", ".join(f"${number}::{_type_of(name)}[]" for number, name in enumerate(columns, 1))


def insert(table: str, columns: Sequence[str]) -> str:
    """The statement that writes many new rows, whose values `columns_of` gives."""
    values = f"select * from unnest({_arrays(columns)})"  # noqa: S608 - our own names
    return f"insert into {table} ({', '.join(columns)}) {values}"


def update_one(table: str, key: str, columns: Sequence[str]) -> str:
    """The statement that writes one row anew, for a fraction of what `update` costs."""
    settings = ", ".join(f"{name} = ${number}" for number, name in enumerate(columns, 1) if name != key)
    return f"update {table} set {settings} where {key} = ${columns.index(key) + 1}"  # noqa: S608 - our own names


def update(table: str, key: str, columns: Sequence[str]) -> str:
    """The same for many rows, whose values `columns_of` gives.

    An array cannot be unnested row by row, so a list of ids goes as its text.
    """
    settings = ", ".join(
        f"{name} = changed.{name}" + ("::uuid[]" if name == "chosen_service_ids" else "")
        for name in columns
        if name != key
    )
    changed = f"unnest({_arrays(columns)}) as changed ({', '.join(columns)})"
    same = f"{table}.{key} = changed.{key}"
    return f"update {table} set {settings} from {changed} where {same}"  # noqa: S608 - our own names


def columns_of(rows: Sequence[object], columns: Sequence[str]) -> list[list[Any]]:
    """The values of many rows, one list for each column, as statements for many take them."""
    return [[_stored(getattr(row, name)) for row in rows] for name in columns]


def _stored(value: Any) -> Any:
    """A choice is the only value that is a list."""
    return "{" + ",".join(map(str, value)) + "}" if isinstance(value, tuple) else value


def referral_of(columns: Sequence[Any]) -> Referral:
    """A referral of a row that begins with REFERRAL_COLUMNS; by place, as joined tables share names."""
    return referral_from(dict(zip(REFERRAL_COLUMNS, columns, strict=False)))


def offer_of(columns: Sequence[Any]) -> Offer | None:
    """An offer of OFFER_COLUMNS; None where an outer join found none."""
    values = dict(zip(OFFER_COLUMNS, columns, strict=True))
    return None if values["offer_id"] is None else offer_from(values)


def referral_from(row: Mapping[str, Any]) -> Referral:
    """A referral of REFERRAL_COLUMNS by their names."""
    values = dict(row)
    values["urgency"] = Urgency(values["urgency"])
    values["routing"] = Routing(values["routing"])
    values["origin"] = Origin(values["origin"])
    values["state"] = ReferralState(values["state"])
    if values["chosen_service_ids"] is not None:
        values["chosen_service_ids"] = tuple(values["chosen_service_ids"])
    return Referral(**values)


def offer_from(row: Mapping[str, Any]) -> Offer:
    """An offer of OFFER_COLUMNS by their names."""
    return Offer(**{**row, "state": OfferState(row["state"]), "urgency": Urgency(row["urgency"])})
