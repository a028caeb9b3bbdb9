"""A simulated partner agency: an open stream, a temperament, and staff who answer."""

import asyncio
import random
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from kem.directory.v1 import directory_pb2
from kem.disclosure.v1 import disclosure_service_pb2
from kem.notifications.v1 import delivery_pb2
from kem.referral.v1 import referral_service_pb2
from tools.demo.calls import Calls, Refused
from tools.demo.ledger import Ledger
from tools.demo.listening import ListeningStaff
from tools.hub import Hub, Person

_DECLINES = {"NO_CAPACITY": 45, "NOT_ELIGIBLE_STATUS": 15, "NOT_ELIGIBLE_AGE": 10, "NO_COMMON_LANGUAGE": 8,
             "OUTSIDE_AREA": 7, "CANNOT_MEET_NEED": 12, "OTHER": 3}  # fmt: skip
_RETURNS = (
    "MISSING_DOCUMENTS",
    "ALREADY_SERVED",
    "CAPACITY_LOST",
    "PERSON_DECLINED",
    "NOT_ELIGIBLE_ON_ASSESSMENT",
)
_NOT_COMPLETED = ("PERSON_WITHDREW", "MOVED_AWAY", "BECAME_INELIGIBLE")
_OUTCOMES = {"NEED_MET": 60, "PARTLY_MET": 25, "NOT_MET": 5, "INFORMATION_ONLY": 10}
_ANSWERS = {"accept": 50, "decline": 15, "silent": 22, "waitlist": 8, "ask": 5}
QUESTION = "Can the person come in the morning?"
OTHER_REASON = "Please ask again after the summer."


@dataclass(frozen=True, slots=True)
class Temperament:
    """How an agency tends to answer; each has its own, around the city's average."""

    weights: dict[str, float]
    median_answer_seconds: float
    assesses_first: float
    returns: float

    @staticmethod
    def of(seed: int, code: str, median_answer_seconds: float) -> "Temperament":
        """The temperament that this agency has in every run with the same seed."""
        dice = random.Random(f"{seed}/{code}")  # noqa: S311  a sample, not a secret
        weights = {answer: weight * dice.uniform(0.6, 1.6) for answer, weight in _ANSWERS.items()}
        return Temperament(
            weights, median_answer_seconds * dice.uniform(0.5, 2.0), dice.uniform(0, 0.3), 0.07
        )


class CityAnswers:
    """Whose turn each kind of answer is, over all agencies: a short day has something of everything, too.

    Each draw owes every kind its share by the temperament of the agency that draws; the kind that is owed
    most comes up. So kinds come as often as their weights say, and not by luck.
    """

    def __init__(self) -> None:
        self._owed: dict[str, float] = defaultdict(float)

    def draw(self, weights: Mapping[str, float]) -> str:
        """The next answer; kinds without weight never come up."""
        possible = {answer: weight for answer, weight in weights.items() if weight}
        for answer, weight in possible.items():
            self._owed[answer] += weight / sum(possible.values())
        chosen = max(possible, key=lambda answer: self._owed[answer])
        self._owed[chosen] -= 1
        return chosen


class SimulatedAgency(ListeningStaff):
    """One agency's system and staff, over gRPC only, for as long as `run` goes on."""

    def __init__(
        self,
        hub: Hub,
        calls: Calls,
        ledger: Ledger,
        agency: directory_pb2.Agency,
        staff: Person,
        temperament: Temperament,
        answers: CityAnswers,
        seed: int,
    ) -> None:
        super().__init__(hub, calls, ledger, staff, delivery_pb2.INBOX_AGENCY)
        self.agency_id = agency.agency_id
        self.code = agency.code
        self._temperament = temperament
        self._city_answers = answers
        self._random = random.Random(f"{seed}/{agency.code}/answers")  # noqa: S311  a sample, not a secret

    async def begin_after_what_is_there(self) -> int:
        sequence = await super().begin_after_what_is_there()
        self._ledger.begins_after(self.agency_id, sequence)
        return sequence

    def is_new(self, sequence: int) -> bool:
        # the ledger sees repeats too, and counts them
        return self._ledger.delivered(self.agency_id, sequence)

    def arrived(self, delivery: delivery_pb2.Delivery) -> None:
        if delivery.kind == "ReferralOffered":
            self._ledger.offer_arrived(delivery.offer_id, delivery.referral_id)
            self.begin(self._consider(delivery))
        elif delivery.kind == "InformationProvided":
            self.begin(self._answer(delivery.offer_id, delivery.referral_id, may_ask=False))

    async def _pause(self) -> None:
        """As long as staff take: lognormal, like in life, in seconds instead of hours."""
        await asyncio.sleep(
            min(self._random.lognormvariate(0, 0.9), 6.0) * self._temperament.median_answer_seconds
        )

    async def _consider(self, delivery: delivery_pb2.Delivery) -> None:
        await self._pause()
        card = await self._calls(
            self._hub.referral.GetReferral,
            referral_service_pb2.GetReferralRequest(referral_id=delivery.referral_id),
            self._staff,
        )
        if card.referral.HasField("card"):
            await self._calls(
                self._hub.referral.AcknowledgeOffer,
                referral_service_pb2.AcknowledgeOfferRequest(
                    request_id=str(uuid4()), offer_id=delivery.offer_id
                ),
                self._staff,
            )
        await self._answer(delivery.offer_id, delivery.referral_id, may_ask=True)

    async def _answer(self, offer_id: str, referral_id: str, *, may_ask: bool) -> None:
        weights = dict(self._temperament.weights)
        if not may_ask:
            weights["ask"] = 0
        answer = self._city_answers.draw(weights)
        if answer == "accept":
            await self._accept(offer_id, referral_id)
        elif answer == "decline":
            await self._decline(offer_id)
        elif answer == "waitlist":
            day = (datetime.now(UTC) + timedelta(days=self._random.randint(7, 60))).date().isoformat()
            await self.tell(
                "waitlist",
                offer_id,
                self._hub.referral.WaitlistOffer,
                referral_service_pb2.WaitlistOfferRequest(
                    request_id=str(uuid4()), offer_id=offer_id, estimated_date=day
                ),
            )
        elif answer == "ask":
            await self.tell(
                "ask",
                offer_id,
                self._hub.referral.RequestInformation,
                referral_service_pb2.RequestInformationRequest(
                    request_id=str(uuid4()), offer_id=offer_id, question=QUESTION
                ),
            )

    async def _accept(self, offer_id: str, referral_id: str) -> None:
        first = self._temperament.assesses_first
        for_assessment = (
            self._city_answers.draw({"at once": 1 - first, "after assessment": first}) != "at once"
        )
        accept = referral_service_pb2.AcceptOfferRequest(
            request_id=str(uuid4()), offer_id=offer_id, for_assessment=for_assessment
        )
        await self.tell(
            "assess" if for_assessment else "accept", offer_id, self._hub.referral.AcceptOffer, accept
        )
        self._ledger.took_up(referral_id, self.agency_id)
        await self._read_disclosure(referral_id)
        await self._pause()
        if self._random.random() < self._temperament.returns:
            await self._return(referral_id)
            return
        if for_assessment:
            confirm = referral_service_pb2.AcceptOfferRequest(request_id=str(uuid4()), offer_id=offer_id)
            await self.tell("accept", offer_id, self._hub.referral.AcceptOffer, confirm)
            await self._read_disclosure(referral_id)
        await self._serve(referral_id)

    async def _read_disclosure(self, referral_id: str) -> None:
        try:
            answer = await self._calls(
                self._hub.disclosure.GetDisclosure,
                disclosure_service_pb2.GetDisclosureRequest(request_id=str(uuid4()), referral_id=referral_id),
                self._staff,
            )
            self._ledger.disclosures.add(answer.disclosure_id)
        except Refused:
            self._ledger.disclosures_refused += 1

    async def _serve(self, referral_id: str) -> None:
        await self.tell(
            "start",
            referral_id,
            self._hub.referral.StartService,
            referral_service_pb2.StartServiceRequest(request_id=str(uuid4()), referral_id=referral_id),
        )
        fate = self._random.random()
        if fate < 0.25:
            return  # still being served when the day ends
        await self._pause()
        if fate < 0.35:
            await self.tell(
                "close",
                referral_id,
                self._hub.referral.CloseNotCompleted,
                referral_service_pb2.CloseNotCompletedRequest(
                    request_id=str(uuid4()),
                    referral_id=referral_id,
                    reason=self._random.choice(_NOT_COMPLETED),
                ),
            )
        else:
            await self.tell(
                "complete",
                referral_id,
                self._hub.referral.CompleteReferral,
                referral_service_pb2.CompleteReferralRequest(
                    request_id=str(uuid4()),
                    referral_id=referral_id,
                    outcome=self._random.choices(list(_OUTCOMES), weights=list(_OUTCOMES.values()))[0],
                    confirmed_by="PERSON" if self._random.random() < 0.35 else "PROVIDER",
                ),
            )
        self._ledger.gave_back(referral_id, self.agency_id)

    async def _return(self, referral_id: str) -> None:
        # another agency may take it up before our own answer is back, so the books are closed first
        self._ledger.gave_back(referral_id, self.agency_id)
        await self.tell(
            "return",
            referral_id,
            self._hub.referral.ReturnReferral,
            referral_service_pb2.ReturnReferralRequest(
                request_id=str(uuid4()), referral_id=referral_id, reason=self._random.choice(_RETURNS)
            ),
        )

    async def _decline(self, offer_id: str) -> None:
        reason = self._random.choices(list(_DECLINES), weights=list(_DECLINES.values()))[0]
        await self.tell(
            "decline",
            offer_id,
            self._hub.referral.DeclineOffer,
            referral_service_pb2.DeclineOfferRequest(
                request_id=str(uuid4()),
                offer_id=offer_id,
                reason=reason,
                text=OTHER_REASON if reason == "OTHER" else "",
            ),
        )
