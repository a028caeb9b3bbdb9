"""What a service needs to know of a person after acceptance: by its type, as an officer set it."""

from dataclasses import dataclass
from typing import Final

from kernel import codes

_KNOWN_MASK: Final = codes.mask(codes.CATEGORIES)


@dataclass(frozen=True, slots=True)
class NeededCategories:
    """What a data protection officer set for a type, as bits; `version` counts what was set of the type."""

    service_type: str
    mask: int
    version: int


def needed_mask(service_type: str, set_mask: int | None) -> int:
    """The categories that the holder of a referral of this type asks for.

    Args:
        set_mask: what an officer set; None where nobody has, so that the code list counts. Bits of categories
            newer than this version are left out: nothing of theirs is known here.
    """
    if set_mask is None:
        return codes.service_type(service_type).needed_mask
    return set_mask & _KNOWN_MASK
