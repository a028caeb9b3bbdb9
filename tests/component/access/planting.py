"""Makes things in each of their states, through the real doors, so that they can be asked for."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any, Final
from uuid import UUID

from google.protobuf.message import Message

from kem.disclosure.v1 import rights_service_pb2 as rights
from kem.intake.v1 import need_pb2
from kernel.codes import Role
from kernel.ids import random_id
from tests.component.access.every_door import Case, EveryDoor
from tests.component.access.methods import METHOD_NAMES, request_of, response_of
from tests.component.access.stages import STEPS, OfferEnds
from tests.component.access.things import Thing
from tests.component.intake.telephone import handover_request
from tests.support.vault import KEM

NEEDS_AT_ONCE: Final = 50


class Planter:
    """Acts as the agencies' people and the hub's officers; what it makes is told by its ids."""

    def __init__(self, doors: EveryDoor, ends: OfferEnds) -> None:
        self._doors, self._ends = doors, ends
        self._limit = asyncio.Semaphore(16)
        self._crowd: Case | None = None
        partner = doors.desk.agency_id
        self._desk = doors.token(Role.SUPERVISOR, agency_id=KEM)
        self._child = doors.token(Role.CHILD_PROTECTION_OFFICER, agency_id=KEM)
        self.asker_id = random_id()
        """Who asks for emergency access at the provider."""
        self._provider = doors.token(Role.AGENCY_MEMBER, agency_id=partner, principal_id=self.asker_id)
        self._officer = doors.token(Role.DPO)
        self._operator = doors.token(Role.OPERATOR)

    async def plant(self, thing: Thing, state: str, count: int) -> list[Case]:
        """So many things of a kind in a state, each with its own ids."""
        if thing is Thing.NOTHING:
            return [self._doors.case] * count
        if thing is Thing.CASE:
            return await self._cases(state, count)
        make: Callable[[str], Coroutine[Any, Any, Case]] = getattr(self, f"_{thing}")
        return list(await asyncio.gather(*(self._held_back(make(state)) for _ in range(count))))

    async def _held_back(self, making: Coroutine[Any, Any, Case]) -> Case:
        async with self._limit:
            return await making

    async def _ask(self, token: str, name: str, case: Case, **changes: Any) -> Any:
        """One call about a case; fields of the request are changed by name."""
        request = request_of(case, self._doors.desk, name)
        request.MergeFrom(type(request)(**changes))
        return await self._send(token, name, request)

    async def _send(self, token: str, name: str, request: Message) -> Any:
        answer = await self._doors.call(METHOD_NAMES[name], token, request)
        return response_of(name).FromString(answer)

    async def _live(self, **consent: Any) -> Case:
        desk = self._doors.desk
        case = replace(self._doors.case, beneficiary_id=await desk.person())
        return replace(case, consent_id=await desk.consent(case.beneficiary_id, **consent))

    async def _person(self, state: str) -> Case:
        case = await self._live()
        if state == "RESTRICTED":
            await self._doors.desk.need(
                case.beneficiary_id, service_type="GBV_COUNSELLING", routing=need_pb2.ROUTING_ASK_FIRST
            )
        if state == "FROZEN":
            await self._ask(self._child, "FreezeConsent", case)
        if state == "ERASED":
            await self._ask(self._officer, "EraseBeneficiary", await self._asked(case, rights.RIGHT_ERASURE))
        return case

    async def _pair(self, state: str) -> Case:
        case = replace(await self._live(), twin_id=await self._doors.desk.person())
        if state == "MERGED":
            await self._ask(self._child, "MergeBeneficiaries", case)
        return case

    async def _need(self, state: str) -> Case:
        case = await self._live()
        need = await self._doors.desk.need(case.beneficiary_id, routing=need_pb2.ROUTING_HOLD)
        case = replace(case, need_id=need.need_id, referral_id=need.referral_id)
        if state == "WITHDRAWN":
            await self._ask(self._desk, "WithdrawNeed", case)
        return case

    async def _appointment(self, state: str) -> Case:
        case = await self._live()
        booked = await self._ask(self._desk, "BookAppointment", case)
        case = replace(case, appointment_id=booked.appointment_id)
        if state != "BOOKED":
            name = {"CANCELLED": "CancelAppointment", "ATTENDED": "RecordAttendance"}[state]
            await self._ask(self._desk, name, case)
        return case

    async def _consent(self, state: str) -> Case:
        case = await self._live()
        if state == "ENDED":
            await self._ask(self._desk, "EndConsent", case)
        return case

    async def _told_by_phone(self, legal_basis: str) -> Case:
        case = await self._need("OPEN")
        told = await self._send(
            self._desk,
            "RecordHandover",
            handover_request(case.referral_id, case.agency_id, legal_basis=legal_basis),
        )
        return replace(case, emergency_id=told.disclosure_id)

    async def _review(self, state: str) -> Case:
        case = await self._told_by_phone("VITAL_INTEREST")
        if state == "REVIEWED":
            await self._ask(self._officer, "ReviewEmergency", case)
        return case

    async def _recall(self, state: str) -> Case:
        case = await self._told_by_phone("CONSENT")
        await self._ask(self._desk, "WithdrawConsent", case)
        [recall_id] = await self._ends.recalls_of(case.beneficiary_id)
        case = replace(case, recall_id=recall_id)
        if state == "ANSWERED":
            await self._ask(self._provider, "AcknowledgeRecall", case)
        return case

    async def _retention_hold(self, state: str) -> Case:
        case = await self._live()
        placed = await self._ask(self._officer, "PlaceRetentionHold", case)
        case = replace(case, retention_hold_id=placed.retention_hold_id)
        if state == "LIFTED":
            await self._ask(self._officer, "LiftRetentionHold", case)
        return case

    async def _emergency_access(self, state: str) -> Case:
        if self._crowd is None:
            raise RuntimeError("plant an accepted case first")
        asked = await self._ask(self._provider, "RequestEmergencyAccess", self._crowd)
        case = replace(self._crowd, emergency_access_id=asked.emergency_access_id)
        if state != "ASKED":
            request = request_of(case, self._doors.desk, "DecideEmergencyAccess")
            request.authorised = state == "ALLOWED"
            await self._send(self._officer, "DecideEmergencyAccess", request)
        return case

    async def _compelled_request(self, state: str) -> Case:
        case = await self._live()
        asked = await self._ask(self._desk, "RegisterCompelledRequest", case)
        case = replace(case, compelled_request_id=asked.compelled_request_id)
        if state != "OPEN":
            allowed = ["NAME"] if state == "ALLOWED" else []
            await self._ask(self._officer, "DecideCompelledRequest", case, allowed_categories=allowed)
        return case

    async def _asked(self, case: Case, right: Any, **changes: Any) -> Case:
        request = request_of(case, self._doors.desk, "RegisterRightsRequest")
        request.MergeFrom(type(request)(right=right, **changes))
        asked = await self._send(self._desk, "RegisterRightsRequest", request)
        return replace(case, rights_request_id=asked.rights_request_id)

    async def _rights_request(self, state: str) -> Case:
        rights_of = {"TO_ERASE": rights.RIGHT_ERASURE, "RESTRICTED": rights.RIGHT_RESTRICTION}
        case, right = await self._live(), rights_of.get(state, rights.RIGHT_ACCESS)
        asked_by = rights.ASKED_BY_PARENT if state == "BY_PARENT" else rights.ASKED_BY_SELF
        case = await self._asked(case, right, asked_by=asked_by)
        if state == "EXTENDED":
            await self._ask(self._officer, "ExtendRightsRequest", case)
        if state == "ANSWERED":
            await self._ask(self._officer, "AnswerRightsRequest", case)
        if state == "RESTRICTED":
            answer = rights.RIGHTS_ANSWER_FULFILLED
            await self._ask(self._officer, "AnswerRightsRequest", case, answer=answer)
        return case

    async def _certificate(self, _: str) -> Case:
        case = await self._asked(await self._live(), rights.RIGHT_ERASURE)
        erased = await self._ask(self._officer, "EraseBeneficiary", case)
        return replace(case, certificate_id=erased.certificate_id)

    async def _complaint(self, state: str) -> Case:
        case = await self._live()
        # the agency of which somebody complains is the provider
        made = await self._ask(self._desk, "RegisterComplaint", case, accused_agency_id=case.agency_id)
        case = replace(case, complaint_id=made.complaint_id)
        if state == "ANSWERED":
            await self._ask(self._officer, "AnswerComplaint", case)
        return case

    async def _service(self, state: str) -> Case:
        case = replace(self._doors.case, service_id=str(random_id()), service_type="GREEK_B1")
        await self._ask(self._operator, "SaveServices", case)
        if state == "SUSPENDED":
            await self._ask(self._operator, "SuspendService", case)
        return case

    async def _account(self, state: str) -> Case:
        request = request_of(self._doors.case, self._doors.desk, "OpenAccount")
        opened = await self._send(self._operator, "OpenAccount", request)
        case = replace(self._doors.case, account_id=opened.account.principal_id)
        if state != "OPEN":
            await self._ask(self._operator, {"LOCKED": "LockAccount", "CLOSED": "CloseAccount"}[state], case)
        return case

    async def _cases(self, state: str, count: int) -> list[Case]:
        """Referrals of one person, brought to a stage by what agency and desk do."""
        routing = need_pb2.ROUTING_HOLD if state == "AWAITING_PERSON" else need_pb2.ROUTING_CONSENTED
        person = await self._live()
        cases: list[Case] = []
        for first in range(0, count, NEEDS_AT_ONCE):
            new = [
                self._doors.desk.new_need(person.beneficiary_id, routing=routing)
                for _ in range(min(NEEDS_AT_ONCE, count - first))
            ]
            request = request_of(person, self._doors.desk, "RecordNeeds")
            del request.needs[:]
            request.needs.extend(new)
            recorded = await self._send(self._desk, "RecordNeeds", request)
            cases += [
                replace(person, need_id=one.need_id, referral_id=one.referral_id) for one in recorded.needs
            ]
        offers = await self._ends.first_offers([UUID(one.referral_id) for one in cases], state)
        cases = [replace(one, offer_id=offers.get(one.referral_id, str(random_id()))) for one in cases]
        await asyncio.gather(*(self._held_back(self._through(case, state)) for case in cases))
        await self._ends.reached([UUID(one.referral_id) for one in cases], state)
        if state == "ACCEPTED":
            self._crowd = self._crowd or cases[-1]
        return cases

    async def _through(self, case: Case, state: str) -> Case:
        for side, name, changes in STEPS[state]:
            token = self._provider if side == "PROVIDER" else self._desk
            await self._ask(token, name, case, **changes)
        return case
