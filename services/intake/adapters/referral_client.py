"""What intake asks of referral: what a receipt may tell of referrals and agencies, and how referrals went."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import grpc

from chassis.instants import optional_instant_from
from chassis.remote_errors import remote_refusals
from kem.directory.v1.directory_pb2 import BilingualText
from kem.referral.v1 import pace_service_pb2 as pace_messages
from kem.referral.v1 import receipt_lines_service_pb2 as lines
from kem.referral.v1.pace_service_pb2_grpc import PaceServiceStub
from kem.referral.v1.receipt_lines_service_pb2_grpc import ReceiptLinesServiceStub
from kem.referral.v1.referral_pb2 import ReferralState
from kernel.ids import AgencyId, ReferralId
from services.intake.domain.fairness import Pace, PacedOffer
from services.intake.domain.receipt_wording import Name

DEADLINE_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True)
class ReferralLine:
    """A referral that may be told; `name` of its provider is empty where nobody is named."""

    sector: str
    state: str
    name: Name
    district: str
    address: str


@dataclass(frozen=True, slots=True)
class ReceiptLines:
    """What may be told; what has no entry may not."""

    referrals: Mapping[UUID, ReferralLine]
    names: Mapping[UUID, Name]


class ReferralClient:
    """Calls referral as this service. Never inside a transaction."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._lines, self._paces = ReceiptLinesServiceStub(channel), PaceServiceStub(channel)

    async def receipt_lines(
        self, sender: AgencyId, referral_ids: Sequence[ReferralId], agency_ids: Sequence[AgencyId]
    ) -> ReceiptLines:
        """What a receipt may tell, up to 200 of each.

        Raises:
            Unavailable: referral does not answer; nothing is guessed.
        """
        if not referral_ids and not agency_ids:
            return ReceiptLines({}, {})
        request = lines.GetReceiptLinesRequest(
            sender_agency_id=str(sender),
            referral_ids=[str(one) for one in referral_ids],
            agency_ids=[str(one) for one in agency_ids],
        )
        with remote_refusals():
            told = await self._lines.GetReceiptLines(request, timeout=DEADLINE_SECONDS)
        return ReceiptLines(
            {UUID(one.referral_id): _line(one) for one in told.referrals},
            {UUID(one.agency_id): _name(one.name) for one in told.agencies},
        )

    async def paces(self, referral_ids: Sequence[UUID]) -> dict[UUID, Pace]:
        """How they went, up to 500; those that referral does not know yet are left out.

        Raises:
            Unavailable: referral does not answer; nothing is guessed.
        """
        if not referral_ids:
            return {}
        request = pace_messages.GetPacesRequest(referral_ids=map(str, referral_ids))
        with remote_refusals():
            told = await self._paces.GetPaces(request, timeout=DEADLINE_SECONDS)
        return {UUID(one.referral_id): _pace(one) for one in told.paces}


def _pace(told: pace_messages.Pace) -> Pace:
    return Pace(
        first_offer_time=optional_instant_from(told, "first_offer_time"),
        accepted_time=optional_instant_from(told, "accepted_time"),
        closed_time=optional_instant_from(told, "closed_time"),
        offers=[
            PacedOffer(UUID(one.agency_id), one.answer == pace_messages.OFFER_ANSWER_DECLINED)
            for one in told.offers
            if one.answer
        ],
    )


def _line(line: lines.ReferralLine) -> ReferralLine:
    return ReferralLine(
        sector=line.sector,
        state=ReferralState.Name(line.state).removeprefix("REFERRAL_STATE_"),
        name=_name(line.provider) if line.HasField("provider") else {},
        district=line.district,
        address=line.address,
    )


def _name(name: BilingualText) -> Name:
    return {"el": name.el, "en": name.en}
