"""KEM's desk in the demo: intake workers who register people, and follow what becomes of their referrals."""

import asyncio
import random
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from uuid import UUID, uuid4

from kem.intake.v1 import beneficiary_pb2, intake_service_pb2, need_pb2
from kem.notifications.v1 import delivery_pb2
from kem.referral.v1 import referral_service_pb2
from tools.demo.calls import Calls
from tools.demo.consent import sample_consent
from tools.demo.ledger import Ledger
from tools.demo.listening import ListeningStaff
from tools.demo.people import City, InventedPerson
from tools.hub import Hub

ANSWER = "Yes, any morning but Friday."
_MAX_ROUNDS = 2
_CHOICES_AT_ONCE = 3


class Desk(ListeningStaff):
    """Registers people one after another, in parallel, and answers whatever comes back to the desk.

    Args:
        partners: the simulated agencies with the purposes of their services; people consent to these only.
        recorded: called after each recorded need, for the progress bar.
    """

    def __init__(
        self,
        hub: Hub,
        calls: Calls,
        ledger: Ledger,
        city: City,
        kem: UUID,
        partners: dict[str, set[str]],
        seed: int,
        recorded: Callable[[int], None],
    ) -> None:
        staff = hub.person(uuid4(), kem, "intake_worker", "caseworker")
        super().__init__(hub, calls, ledger, staff, delivery_pb2.INBOX_DESK)
        self._city = city
        self._partners = partners
        self._random = random.Random(f"{seed}/desk")  # noqa: S311  a sample, not a secret
        self._recorded = recorded
        self._rounds: Counter[str] = Counter()
        self._people_of: dict[str, str] = {}
        self._early: dict[str, list[delivery_pb2.Delivery]] = defaultdict(list)
        self._unconsented: dict[str, beneficiary_pb2.Beneficiary] = {}

    async def record(self, needs: int, rate: float | None, workers: int) -> None:
        """Registers people until `needs` needs are recorded, at most `rate` needs a second."""
        left = needs
        queue: asyncio.Queue[InventedPerson] = asyncio.Queue(maxsize=workers)

        async def arrive() -> None:
            nonlocal left
            begin, done = time.monotonic(), 0
            while left > 0:
                person = self._city.next_person()
                del person.needs[left:]
                left -= len(person.needs)
                if rate:
                    await asyncio.sleep(max(0.0, begin + done / rate - time.monotonic()))
                done += len(person.needs)
                await queue.put(person)

        async def serve() -> None:
            while True:
                person = await queue.get()
                try:
                    await self._register(person)
                finally:
                    queue.task_done()

        serving = [asyncio.create_task(serve()) for _ in range(workers)]
        arriving = asyncio.create_task(arrive())
        await _first_failure_or(arriving, serving)
        await _first_failure_or(asyncio.create_task(queue.join()), serving)
        for worker in serving:
            worker.cancel()

    async def _register(self, person: InventedPerson) -> None:
        answer = await self._calls(
            self._hub.intake.RegisterBeneficiary,
            intake_service_pb2.RegisterBeneficiaryRequest(
                request_id=str(uuid4()),
                beneficiary=person.beneficiary,
                origin=beneficiary_pb2.ORIGIN_KEM_DESK,
            ),
            self._staff,
        )
        beneficiary_id = answer.beneficiary_id
        self._ledger.people.add(beneficiary_id)
        consents_now = self._random.random() < 0.85
        if consents_now:
            await self._consent(
                beneficiary_id, person.beneficiary, person.spoken_language, sorted(self._partners)
            )
        else:
            self._unconsented[beneficiary_id] = person.beneficiary
        new = [
            need_pb2.NewNeed(
                beneficiary_id=beneficiary_id,
                service_type=need.service_type,
                urgency=need.urgency,
                routing=self._routing(consents_now),
                origin=beneficiary_pb2.ORIGIN_KEM_DESK,
            )
            for need in person.needs
        ]
        asked_at = time.monotonic()
        if len(new) > 2:
            needs = (
                await self._calls(
                    self._hub.intake.RecordNeeds,
                    intake_service_pb2.RecordNeedsRequest(request_id=str(uuid4()), needs=new),
                    self._staff,
                )
            ).needs
            self._note(beneficiary_id, new, needs, asked_at)
            return
        for need in new:
            asked_at = time.monotonic()
            recorded = (
                await self._calls(
                    self._hub.intake.RecordNeed,
                    intake_service_pb2.RecordNeedRequest(request_id=str(uuid4()), need=need),
                    self._staff,
                )
            ).need
            self._note(beneficiary_id, [need], [recorded], asked_at)

    def _note(
        self,
        beneficiary_id: str,
        asked: Sequence[need_pb2.NewNeed],
        recorded: Sequence[need_pb2.RecordedNeed],
        asked_at: float,
    ) -> None:
        for need, answer in zip(asked, recorded, strict=True):
            self._people_of[answer.referral_id] = beneficiary_id
            for delivery in self._early.pop(answer.referral_id, ()):
                self._react(delivery)
            consented = need.routing == need_pb2.ROUTING_CONSENTED
            self._ledger.need_recorded(
                answer.need_id, answer.referral_id, consented=consented, asked_at=asked_at
            )
        self._recorded(len(recorded))

    def _routing(self, consents_now: bool) -> need_pb2.Routing.ValueType:
        if not consents_now:
            return need_pb2.ROUTING_ASK_FIRST
        return self._random.choices(
            (need_pb2.ROUTING_CONSENTED, need_pb2.ROUTING_ASK_FIRST, need_pb2.ROUTING_HOLD),
            weights=(82, 14, 4),
        )[0]

    async def _consent(
        self,
        beneficiary_id: str,
        person: beneficiary_pb2.Beneficiary,
        language: str,
        agencies: Sequence[str],
    ) -> None:
        consent = sample_consent(person, language, {agency: self._partners[agency] for agency in agencies})
        answer = await self._calls(
            self._hub.intake.RecordConsent,
            intake_service_pb2.RecordConsentRequest(
                request_id=str(uuid4()), beneficiary_id=beneficiary_id, consent=consent
            ),
            self._staff,
        )
        self._ledger.consents.add(answer.consent_id)

    def arrived(self, delivery: delivery_pb2.Delivery) -> None:
        self._ledger.change_arrived(delivery.referral_id, delivery.kind)
        if delivery.referral_id in self._people_of:
            self._react(delivery)
        else:  # news can be quicker than the answer to our own call
            self._early[delivery.referral_id].append(delivery)

    def _react(self, delivery: delivery_pb2.Delivery) -> None:
        if delivery.kind == "ReferralAwaitingPerson":
            self.begin(self._ask_the_person(delivery.referral_id))
        elif delivery.kind == "InformationRequested":
            self.begin(self._answer_question(delivery.offer_id))

    async def _ask_the_person(self, referral_id: str) -> None:
        """Shows the person what fits; they choose, or would rather not."""
        self._rounds[referral_id] += 1
        await asyncio.sleep(self._random.uniform(0.05, 0.5))
        explained = await self._calls(
            self._hub.referral.ExplainMatches,
            referral_service_pb2.ExplainMatchesRequest(referral_id=referral_id),
            self._staff,
        )
        chosen = [p for p in explained.proposals if p.agency_id in self._partners][:_CHOICES_AT_ONCE]
        if not chosen or self._rounds[referral_id] > _MAX_ROUNDS:
            if self._random.random() < 0.3:
                cancel = referral_service_pb2.CancelReferralRequest(
                    request_id=str(uuid4()), referral_id=referral_id, reason="NO_LONGER_NEEDED"
                )
                await self.tell("cancel", referral_id, self._hub.referral.CancelReferral, cancel)
            return
        beneficiary_id = self._people_of[referral_id]
        if beneficiary_id in self._unconsented:
            person = self._unconsented[beneficiary_id]
            await self._consent(beneficiary_id, person, "eng", sorted({p.agency_id for p in chosen}))
        offer = referral_service_pb2.OfferToRequest(
            request_id=str(uuid4()), referral_id=referral_id, service_ids=[p.service_id for p in chosen]
        )
        await self.tell("offer_to", referral_id, self._hub.referral.OfferTo, offer)

    async def _answer_question(self, offer_id: str) -> None:
        await asyncio.sleep(self._random.uniform(0.05, 0.5))
        answer = referral_service_pb2.ProvideInformationRequest(
            request_id=str(uuid4()), offer_id=offer_id, answer=ANSWER
        )
        await self.tell("provide_information", offer_id, self._hub.referral.ProvideInformation, answer)


async def _first_failure_or(task: asyncio.Task[None], others: Sequence[asyncio.Task[None]]) -> None:
    """Waits for `task`; raises at once what any of the endless `others` dies of."""
    watched: set[asyncio.Task[None]] = {task, *others}
    done, _ = await asyncio.wait(watched, return_when=asyncio.FIRST_COMPLETED)
    for finished in done:
        finished.result()
