"""Names shown so that two people can be told apart and neither is known."""

from services.intake.domain.beneficiary import Name, Names

WITHHELD = "(name withheld)"
_DOTS = "•••"


def masked_name(names: Names) -> str:
    """First letters only, of always the same length: `A••• R•••`. Latin where there is one."""
    name = names.original if names.latin.is_empty else names.latin
    if names.withheld or name.is_empty:
        return WITHHELD
    return " ".join(_masked(part) for part in _parts(name))


def _parts(name: Name) -> list[str]:
    return [part for part in (name.given.strip(), name.family.strip()) if part]


def _masked(part: str) -> str:
    return part[0] + _DOTS
