"""Between the enumerations of the proto and the words of the domain."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Protocol, TypeVar

_N = TypeVar("_N", bound=int, covariant=True)
_E = TypeVar("_E", bound=StrEnum)


class ProtoEnum(Protocol[_N]):
    """A generated enumeration: names with their numbers."""

    def items(self) -> Iterable[tuple[str, _N]]: ...


def by_number(enum: ProtoEnum[_N], prefix: str, words: type[_E]) -> dict[_N, _E]:
    """The domain's words by the proto's numbers; 0, "not said", has none.

    Args:
        prefix: what each name in the proto begins with.
    """
    return {number: words(name.removeprefix(prefix)) for name, number in enum.items() if number}
