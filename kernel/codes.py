"""The lists that every service speaks in: loaded once from kernel/data, versioned, in Greek and English.

An unknown code is an error, never a blank: `service_type("TEAPOT")` raises `Invalid`, reason UNKNOWN_CODE.
Bits and numbers are written into databases for ever and are never given to something else.
"""

import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import reduce
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from kernel.errors import Invalid
from kernel.vocabulary import *  # noqa: F403  one import gives every list, the small ones too
from kernel.vocabulary import StatusAnswer

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Named:
    """An entry of a list: its code and its names for people."""

    code: str
    el: str
    en: str
    restricted: bool = field(default=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Sector(Named):
    committee: str


@dataclass(frozen=True, slots=True)
class ServiceType(Named):
    """A kind of service; `needed` is what it may see after acceptance, assessment included."""

    sector: str
    committee: str
    needed: tuple[str, ...]
    needed_mask: int
    sex_restricted: bool = False
    may_need_status: bool = False


@dataclass(frozen=True, slots=True)
class CategoryEntry(Named):
    """`key_class` names the person's key that seals it: core, contact, sensitive or child."""

    bit: int
    key_class: str
    in_assessment: bool = False
    individual_only: bool = False


@dataclass(frozen=True, slots=True)
class Purpose(Named):
    number: int
    sector: str | None = None


@dataclass(frozen=True, slots=True)
class Reason(Named):
    """A reason of one list; the flags are explained at the head of reasons.toml."""

    list_name: str
    travels: bool = False
    needs_text: bool = False
    takes_no_text: bool = False
    supervisor_only: bool = False
    retry_allowed: bool = False
    no_gap: bool = False
    only_after: str | None = None


@dataclass(frozen=True, slots=True)
class Language(Named):
    serves: tuple[str, ...] = ()
    ask: tuple[str, ...] = ()
    page: str = ""


@dataclass(frozen=True, slots=True)
class StatusFamily(Named):
    """A rule by which a provider asks for proof; `accepts` are the statuses that satisfy it."""

    accepts: frozenset[str]


@dataclass(frozen=True, slots=True)
class PriorityGroup(Named):
    """Whose turn comes first on a waiting list; the code is its number, the last has no causes."""

    causes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class District(Named):
    latitude: float
    longitude: float
    minutes: Mapping[str, int]  # usual ones by public transport, by district; rough, meant for bands


def _load(file: str) -> dict[str, Any]:
    content = tomllib.loads((Path(__file__).parent / "data" / f"{file}.toml").read_text(encoding="utf-8"))
    VERSIONS[file] = content.pop("version")
    return content


def _entries(entry: Callable[..., _T], table: Mapping[str, Mapping[str, Any]]) -> Mapping[str, _T]:
    def frozen(row: Mapping[str, Any]) -> dict[str, Any]:
        return {key: tuple(value) if isinstance(value, list) else value for key, value in row.items()}

    return MappingProxyType({code: entry(code=code, **frozen(row)) for code, row in table.items()})


def _known(table: Mapping[str, _T], code: str, kind: str) -> _T:
    try:
        return table[code]
    except KeyError:
        raise Invalid(f"There is no {kind} called {code!r}.", reason="UNKNOWN_CODE", list=kind) from None


VERSIONS: dict[str, int] = {}
"""The version of each file of kernel/data that is in force."""

CATEGORIES: Mapping[str, CategoryEntry] = _entries(CategoryEntry, _load("categories"))


def mask(names: Iterable[str]) -> int:
    """The 63-bit mask with the bit of each named category."""
    return reduce(lambda bits, name: bits | 1 << category(name).bit, names, 0)


def category(code: str) -> CategoryEntry:
    return _known(CATEGORIES, code, "data category")


def categories_in(bits: int) -> list[str]:
    """Names of the categories in a mask, by bit. A bit that has no category is an error."""
    names = [code for code, entry in CATEGORIES.items() if bits >> entry.bit & 1]
    if mask(names) != bits:
        raise Invalid("The mask holds a bit that stands for no data category.", reason="UNKNOWN_CODE")
    return names


INDIVIDUAL_ONLY_MASK = mask(code for code, entry in CATEGORIES.items() if entry.individual_only)
ASSESSMENT_MASK = mask(code for code, entry in CATEGORIES.items() if entry.in_assessment)
"""What acceptance for assessment releases: name, languages, safe contact."""


_types = _load("service_types")
COMMITTEES: Mapping[str, Named] = _entries(Named, _types.pop("committees"))
SECTORS: Mapping[str, Sector] = _entries(Sector, _types.pop("sectors"))


def _service_types() -> Iterable[tuple[str, ServiceType]]:
    for sector, rows in _types.items():
        for code, row in rows.items():
            bits = ASSESSMENT_MASK | mask(row["needed"])
            facts = {"sector": sector, "committee": SECTORS[sector].committee, **row}
            facts |= {"needed": tuple(categories_in(bits)), "needed_mask": bits}
            yield code, ServiceType(code=code, **facts)


SERVICE_TYPES: Mapping[str, ServiceType] = MappingProxyType(dict(_service_types()))


def service_type(code: str) -> ServiceType:
    return _known(SERVICE_TYPES, code, "service type")


PURPOSES: Mapping[str, Purpose] = _entries(Purpose, _load("purposes"))
_purpose_by_sector = {entry.sector: entry for entry in PURPOSES.values() if entry.sector}


def purpose(code: str) -> Purpose:
    return _known(PURPOSES, code, "purpose")


def purpose_of(service_type_code: str) -> Purpose:
    """The purpose for which a service of this type sees data: that of its sector."""
    return _purpose_by_sector[service_type(service_type_code).sector]


REASONS: Mapping[str, Mapping[str, Reason]] = MappingProxyType(
    {
        name: _entries(Reason, {code: {**row, "list_name": name} for code, row in rows.items()})
        for name, rows in _load("reasons").items()
    }
)
WITHHELD = "WITHHELD"
"""Stands in an event for a reason that would tell something about the person."""


def reason(list_name: str, code: str) -> Reason:
    """A reason of DECLINE, RETURN, PERSON, NOT_COMPLETED, OUTCOME, … (the tables of reasons.toml)."""
    return _known(_known(REASONS, list_name, "reason list"), code, f"{list_name} reason")


def travelling(list_name: str, code: str) -> str:
    """The code as an event may carry it: itself, or WITHHELD."""
    return code if reason(list_name, code).travels else WITHHELD


LANGUAGES: Mapping[str, Language] = _entries(Language, _load("languages"))


def language(code: str) -> Language:
    return _known(LANGUAGES, code, "language")


_statuses = _load("statuses")
LEGAL_STATUSES: Mapping[str, Named] = _entries(Named, _statuses["statuses"])
STATUS_FAMILIES: Mapping[str, StatusFamily] = _entries(
    StatusFamily,
    {code: {**row, "accepts": frozenset(row["accepts"])} for code, row in _statuses["families"].items()},
)


def status_answer(family: str, status: str, proof_seen: bool) -> StatusAnswer:
    """Whether a legal status satisfies a family; without proof seen a fitting status is NOT_VERIFIED."""
    _known(LEGAL_STATUSES, status, "legal status")
    if status == "NOT_STATED":
        return StatusAnswer.NOT_ASKED
    if status == "NO_PROOF":
        return StatusAnswer.NOT_VERIFIED
    if status not in _known(STATUS_FAMILIES, family, "status family").accepts:
        return StatusAnswer.NO
    return StatusAnswer.YES if proof_seen else StatusAnswer.NOT_VERIFIED


LISTS: Mapping[str, Mapping[str, Named]] = MappingProxyType(
    {name: _entries(Named, rows) for name, rows in _load("lists").items()}
)


PRIORITY_GROUPS: Mapping[str, PriorityGroup] = _entries(PriorityGroup, _load("priority_groups"))
LAST_PRIORITY_GROUP = len(PRIORITY_GROUPS)
"""The group of everybody who has none of the causes."""

DISTRICTS: Mapping[str, District] = _entries(District, _load("districts"))


def district(code: str) -> District:
    return _known(DISTRICTS, code, "district")
