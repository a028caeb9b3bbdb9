"""The cases on an agency's desk, with short numbers that a person can type."""

from dataclasses import dataclass
from typing import Final

from kem.directory.v1.directory_service_pb2 import GetServiceRequest
from kem.referral.v1 import referral_pb2
from kem.referral.v1.referral_service_pb2 import (
    REFERRAL_VIEW_HELD,
    REFERRAL_VIEW_OFFERED,
    GetReferralRequest,
    ListReferralsRequest,
)
from tools.hub import Hub, Person
from tools.partner.calls import Refused, call

_FINAL: Final = frozenset(
    {
        referral_pb2.REFERRAL_STATE_COMPLETED,
        referral_pb2.REFERRAL_STATE_NOT_COMPLETED,
        referral_pb2.REFERRAL_STATE_WITHDRAWN,
        referral_pb2.REFERRAL_STATE_CANCELLED,
        referral_pb2.REFERRAL_STATE_ENTERED_IN_ERROR,
    }
)


@dataclass(slots=True)
class Case:
    """One referral as this agency has met it.

    Args:
        number: what the person types for it; never given to another case in this sitting.
        offer_id: the agency's last offer of it.
    """

    number: int
    referral_id: str
    offer_id: str = ""
    is_ours: bool = True
    """False once the offer has ended or the case was given back: it only stays in the list of what was."""


class UnknownCase(Exception):
    """No case has the number that was typed."""


class Cases:
    """Every case of this sitting. What a case says is read from the hub each time; nothing is kept here."""

    def __init__(self, hub: Hub, person: Person) -> None:
        self._hub = hub
        self._person = person
        self._by_referral: dict[str, Case] = {}
        self._services: dict[str, str] = {}

    async def load(self) -> None:
        """Takes up what is open or held already: offers of before this sitting, and services under way."""
        for view in (REFERRAL_VIEW_HELD, REFERRAL_VIEW_OFFERED):
            token = ""
            while True:
                page = await call(
                    self._hub.referral.ListReferrals,
                    ListReferralsRequest(view=view, page_size=200, page_token=token),
                    self._person,
                )
                for referral in page.referrals:
                    if not is_final(referral.state):
                        self.meet(referral.referral_id, _own_offer(referral).offer_id)
                token = page.next_page_token
                if not token:
                    break

    def meet(self, referral_id: str, offer_id: str = "") -> Case:
        """The case of a referral; a new one gets the next number."""
        case = self._by_referral.get(referral_id)
        if case is None:
            case = self._by_referral[referral_id] = Case(len(self._by_referral) + 1, referral_id)
        case.offer_id = offer_id or case.offer_id
        return case

    def mention(self, referral_id: str) -> Case:
        """The case of a referral that may have ended long ago; it is not on the desk only for being named."""
        is_new = referral_id not in self._by_referral
        case = self.meet(referral_id)
        case.is_ours = case.is_ours and not is_new
        return case

    def numbered(self, word: str) -> Case:
        """The case that a person means.

        Raises:
            UnknownCase: none has this number.
        """
        for case in self._by_referral.values():
            if str(case.number) == word.lstrip("#"):
                return case
        raise UnknownCase(f"There is no case {word or 'without a number'}; type list to see them.")

    @property
    def present(self) -> list[Case]:
        """Cases that wait for this agency or are held by it."""
        return [case for case in self._by_referral.values() if case.is_ours]

    async def read(self, case: Case) -> tuple[referral_pb2.Referral, referral_pb2.Offer]:
        """The case as the hub shows it now, with this agency's last offer."""
        answer = await call(
            self._hub.referral.GetReferral, GetReferralRequest(referral_id=case.referral_id), self._person
        )
        offer = _own_offer(answer.referral)
        case.offer_id = offer.offer_id or case.offer_id
        if is_final(answer.referral.state):
            case.is_ours = False
        return answer.referral, offer

    async def service_name(self, service_id: str) -> str:
        """What the agency calls its service."""
        if not service_id:
            return "a restricted service"
        if service_id not in self._services:
            try:
                found = await call(
                    self._hub.directory.GetService, GetServiceRequest(service_id=service_id), self._person
                )
                name = found.service.service.name
                self._services[service_id] = f"{name.en} · {name.el}"
            except Refused:
                self._services[service_id] = f"service {service_id[:8]}"
        return self._services[service_id]


def is_final(state: referral_pb2.ReferralState.ValueType) -> bool:
    """Whether nothing can happen to such a referral any more."""
    return state in _FINAL


def _own_offer(referral: referral_pb2.Referral) -> referral_pb2.Offer:
    """An agency sees its own offers only; the last one counts."""
    offers = sorted(referral.offers, key=lambda offer: offer.offered_time.ToNanoseconds())
    return offers[-1] if offers else referral_pb2.Offer()
