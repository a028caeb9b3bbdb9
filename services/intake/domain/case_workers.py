"""Who follows a person's case: the caseworker, and a deputy when the caseworker is away."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from kernel.errors import Invalid, NotPermitted
from kernel.ids import BeneficiaryId, PrincipalId
from kernel.vocabulary import Role
from services.intake.domain.need import Need


@dataclass(frozen=True, slots=True)
class CaseWorkers:
    """The two; `deputy_id` is None where nobody is named.

    Raises:
        Invalid: DEPUTY_IS_CASEWORKER.
    """

    caseworker_id: PrincipalId
    deputy_id: PrincipalId | None = None

    def __post_init__(self) -> None:
        if self.deputy_id == self.caseworker_id:
            raise Invalid(
                "Name somebody else as deputy: nobody stands in for themselves.",
                reason="DEPUTY_IS_CASEWORKER",
            )


@dataclass(frozen=True, slots=True)
class SetWorkers:
    """The two who follow the case of a record, and since when."""

    beneficiary_id: BeneficiaryId
    workers: CaseWorkers
    set_time: datetime


def check_may_set(principal_id: PrincipalId, roles: Collection[str], now_set: Iterable[SetWorkers]) -> None:
    """Lets those pass who may say who follows a case: its caseworker, a supervisor, and an agency's admin.

    Raises:
        NotPermitted: CASEWORKER_NEEDED.
    """
    is_caseworker = any(one.workers.caseworker_id == principal_id for one in now_set)
    if not is_caseworker and not {Role.SUPERVISOR, Role.AGENCY_ADMIN}.intersection(roles):
        raise NotPermitted(
            "The person's caseworker, a supervisor or the agency's admin says who follows the case; ask one"
            " of them.",
            reason="CASEWORKER_NEEDED",
        )


@dataclass(frozen=True, slots=True)
class Case:
    """A person as the one who follows their case sees them.

    Args:
        beneficiary_id: of the record by which the person is known.
        followed: by whom, on which of the person's records: the place of the case in its list.
        records: all of the person's records of which may be known.
        needs: what has not ended, the newest first.
        has_more_needs: whether some of them are left out.
    """

    beneficiary_id: BeneficiaryId
    followed: SetWorkers
    records: Sequence[BeneficiaryId]
    needs: Sequence[Need] = ()
    has_more_needs: bool = False


def with_needs(cases: Sequence[Case], needs: Sequence[Need], most: int) -> list[Case]:
    """The first of the cases, each with its needs, as many as have `most` needs together at most.

    A case whose needs would not fit is left to the next page; where it would be the first, it gets as many as
    a page has.

    Args:
        needs: in the order of the cases and, within each, the newest first; more than `most` of them only
            where there are more.
    """
    of_record = {record: case for case in cases for record in case.records}
    found: dict[BeneficiaryId, list[Need]] = {}
    for need in needs:
        found.setdefault(of_record[need.beneficiary_id].beneficiary_id, []).append(need)
    shown: list[Case] = []
    left = most
    for case in cases:
        own = found.get(case.beneficiary_id, [])
        if len(own) > left:
            return shown or [replace(case, needs=own[:left], has_more_needs=True)]
        shown.append(replace(case, needs=own))
        left -= len(own)
    return shown
