"""Sharing agreements: without a valid one an agency is offered nothing and given nothing."""

from dataclasses import dataclass
from datetime import datetime
from enum import auto

from kernel.codes import purpose
from kernel.errors import Invalid
from kernel.ids import AgencyId
from kernel.vocabulary import Code


class LegalRegime(Code):
    """Under which law an agency holds what it is given."""

    GDPR_CONTROLLER = auto()
    UN_PRIVILEGES_IMMUNITIES = auto()
    THIRD_COUNTRY = auto()


@dataclass(frozen=True, slots=True)
class Agreement:
    """Between the City and an agency; `categories` are bits. `version` 0 means not saved yet."""

    agency_id: AgencyId
    purposes: tuple[str, ...]
    categories: int
    legal_regime: LegalRegime
    transfer_basis: str
    valid_from_time: datetime
    valid_until_time: datetime
    version: int = 0

    def covers(self, purpose_code: str, now: datetime) -> bool:
        """Whether it allows sharing for this purpose at `now`."""
        return self.valid_from_time <= now < self.valid_until_time and purpose_code in self.purposes


def check_agreement(agreement: Agreement) -> None:
    """Refuses an agreement on which nothing could rest.

    Raises:
        Invalid: UNKNOWN_CODE, AGREEMENT_PERIOD_INVALID, TRANSFER_BASIS_MISSING.
    """
    for code in agreement.purposes:
        purpose(code)
    if agreement.valid_until_time <= agreement.valid_from_time:
        raise Invalid("An agreement must end after it begins.", reason="AGREEMENT_PERIOD_INVALID")
    if agreement.legal_regime is not LegalRegime.GDPR_CONTROLLER and not agreement.transfer_basis.strip():
        raise Invalid(
            "An agency outside the GDPR needs a basis for the transfer (GDPR art. 44 to 49).",
            reason="TRANSFER_BASIS_MISSING",
        )


def covers_same(one: Agreement, other: Agreement) -> bool:
    """Whether both say the same, whatever their versions."""
    return _content(one) == _content(other)


def _content(agreement: Agreement) -> tuple[object, ...]:
    return (
        agreement.agency_id,
        frozenset(agreement.purposes),
        agreement.categories,
        agreement.legal_regime,
        agreement.transfer_basis,
        agreement.valid_from_time,
        agreement.valid_until_time,
    )
