"""The door for how long people's data are kept, what holds them back, and their destruction."""

from typing import Final
from uuid import UUID

import grpc

from chassis.current import current_caller
from chassis.instants import timestamp
from chassis.postgres import Transaction
from chassis.requests import answer_once
from kem.intake.v1 import retention_service_pb2 as messages
from kem.intake.v1.retention_service_pb2_grpc import RetentionServiceServicer
from kernel.ids import BeneficiaryId
from services.intake.adapters.postgres_retention_holds import PostgresRetentionHolds
from services.intake.domain.retention import (
    HoldGround,
    RetentionRule,
    RetentionStart,
    categories_of,
    key_class_of,
)
from services.intake.entrypoints.enums import by_number
from services.intake.entrypoints.parts import VaultParts
from services.intake.entrypoints.refusals import answer_on_record
from services.intake.entrypoints.translate_needs import page_token, place_from
from services.intake.use_cases.destroy_due import USUAL_MOST, DestroyDue, destroy_due
from services.intake.use_cases.destroy_keys import DestroyParts
from services.intake.use_cases.hold_back import (
    HoldParts,
    LiftHold,
    PlaceHold,
    lift_hold,
    list_holds,
    place_hold,
)
from services.intake.use_cases.look_at_retention import RuleStanding, look_at_retention
from services.intake.use_cases.page_with_words import USUAL_PAGE_SIZE
from services.intake.use_cases.save_retention_rules import save_retention_rules

_SERVICE: Final = "/kem.intake.v1.RetentionService"
SAVE: Final = f"{_SERVICE}/SaveRetentionRules"
DESTROY: Final = f"{_SERVICE}/DestroyDue"
PLACE: Final = f"{_SERVICE}/PlaceRetentionHold"
LIFT: Final = f"{_SERVICE}/LiftRetentionHold"
LIST: Final = f"{_SERVICE}/ListRetentionHolds"
_STARTS: Final = by_number(messages.RetentionStart, "RETENTION_START_", RetentionStart)
_GROUNDS: Final = by_number(messages.RetentionHoldGround, "RETENTION_HOLD_GROUND_", HoldGround)

_Context = grpc.aio.ServicerContext


class RetentionServer(RetentionServiceServicer):
    """kem.intake.v1.RetentionService."""

    def __init__(self, people: VaultParts, parts: DestroyParts) -> None:
        self._database = people.database
        self._parts = parts
        self._holds = HoldParts(people.people, PostgresRetentionHolds(), people.vault)

    async def SaveRetentionRules(
        self,
        request: messages.SaveRetentionRulesRequest,
        context: _Context[messages.SaveRetentionRulesRequest, messages.SaveRetentionRulesResponse],
    ) -> messages.SaveRetentionRulesResponse:
        rules = [
            RetentionRule(
                key_class_of(rule.categories), _STARTS[rule.start], rule.months, rule.grace_days, rule.source
            )
            for rule in request.rules
        ]

        async def act(tx: Transaction) -> messages.SaveRetentionRulesResponse:
            version = await save_retention_rules(UUID(request.request_id), rules, tx, self._parts.retention)
            return messages.SaveRetentionRulesResponse(rules_version=version)

        return await answer_once(self._database, SAVE, request, messages.SaveRetentionRulesResponse, act)

    async def ListRetentionRules(
        self,
        request: messages.ListRetentionRulesRequest,
        context: _Context[messages.ListRetentionRulesRequest, messages.ListRetentionRulesResponse],
    ) -> messages.ListRetentionRulesResponse:
        async with self._database.transaction(current_caller()) as tx:
            version, rules = await self._parts.retention.rules(tx)
        return messages.ListRetentionRulesResponse(rules_version=version, rules=map(_rule_message, rules))

    async def GetRetention(
        self,
        request: messages.GetRetentionRequest,
        context: _Context[messages.GetRetentionRequest, messages.GetRetentionResponse],
    ) -> messages.GetRetentionResponse:
        async with self._database.transaction(current_caller()) as tx:
            look = await look_at_retention(tx, self._parts.retention)
        return messages.GetRetentionResponse(
            rules_version=look.rules_version,
            standings=map(_standing_message, look.standings),
            waiting_people=look.waiting_people,
        )

    async def DestroyDue(
        self,
        request: messages.DestroyDueRequest,
        context: _Context[messages.DestroyDueRequest, messages.DestroyDueResponse],
    ) -> messages.DestroyDueResponse:
        command = DestroyDue(
            UUID(request.request_id),
            request.rules_version,
            request.words,
            request.most_people or USUAL_MOST,
        )

        async def act(tx: Transaction) -> messages.DestroyDueResponse:
            done = await destroy_due(command, DESTROY, tx, self._parts)
            return messages.DestroyDueResponse(
                destruction_id=str(done.destruction_id or ""),
                destroyed=[
                    messages.DestroyedCategories(categories=categories_of(key_class), people=people)
                    for key_class, people in done.people_by_class.items()
                ],
                destroyed_people=done.people,
                erased_people=done.erased_people,
                waiting_people=done.waiting_people,
                unreadable_people=done.unreadable_people,
            )

        return await answer_once(self._database, DESTROY, request, messages.DestroyDueResponse, act)

    async def PlaceRetentionHold(
        self,
        request: messages.PlaceRetentionHoldRequest,
        context: _Context[messages.PlaceRetentionHoldRequest, messages.PlaceRetentionHoldResponse],
    ) -> messages.PlaceRetentionHoldResponse:
        command = PlaceHold(
            UUID(request.request_id),
            BeneficiaryId(UUID(request.beneficiary_id)),
            _GROUNDS[request.ground],
            request.words,
        )

        async def act(tx: Transaction) -> messages.PlaceRetentionHoldResponse:
            hold = await place_hold(command, PLACE, tx, self._holds)
            return messages.PlaceRetentionHoldResponse(
                retention_hold_id=str(hold.retention_hold_id), placed_time=timestamp(hold.placed_time)
            )

        answer = messages.PlaceRetentionHoldResponse
        return await answer_on_record(self._database, PLACE, request, answer, act, [command.beneficiary_id])

    async def LiftRetentionHold(
        self,
        request: messages.LiftRetentionHoldRequest,
        context: _Context[messages.LiftRetentionHoldRequest, messages.LiftRetentionHoldResponse],
    ) -> messages.LiftRetentionHoldResponse:
        command = LiftHold(UUID(request.request_id), UUID(request.retention_hold_id), request.words)

        async def act(tx: Transaction) -> messages.LiftRetentionHoldResponse:
            lifted_time = await lift_hold(command, LIFT, tx, self._holds)
            return messages.LiftRetentionHoldResponse(lifted_time=timestamp(lifted_time))

        answer = messages.LiftRetentionHoldResponse
        return await answer_on_record(self._database, LIFT, request, answer, act, [command.retention_hold_id])

    async def ListRetentionHolds(
        self,
        request: messages.ListRetentionHoldsRequest,
        context: _Context[messages.ListRetentionHoldsRequest, messages.ListRetentionHoldsResponse],
    ) -> messages.ListRetentionHoldsResponse:
        size, after = request.page_size or USUAL_PAGE_SIZE, place_from(request.page_token)
        async with self._database.transaction(current_caller()) as tx:
            holds, next_after = await list_holds(size, after, LIST, tx, self._holds)
        return messages.ListRetentionHoldsResponse(
            holds=[
                messages.RetentionHold(
                    retention_hold_id=str(one.retention_hold_id),
                    beneficiary_id=str(one.beneficiary_id),
                    ground=messages.RetentionHoldGround.Value(f"RETENTION_HOLD_GROUND_{one.ground}"),
                    words=words,
                    placed_time=timestamp(one.placed_time),
                )
                for one, words in holds
            ],
            next_page_token=page_token(next_after),
        )


def _rule_message(rule: RetentionRule) -> messages.RetentionRule:
    return messages.RetentionRule(
        categories=categories_of(rule.key_class),
        start=messages.RetentionStart.Value(f"RETENTION_START_{rule.start}"),
        months=rule.months,
        grace_days=rule.grace_days,
        source=rule.source,
    )


def _standing_message(one: RuleStanding) -> messages.RetentionStanding:
    found = one.standing
    return messages.RetentionStanding(
        rule=_rule_message(one.rule),
        due_people=found.due_people,
        due_values=found.due_values,
        due_since_time=timestamp(found.due_since_time) if found.due_since_time else None,
        overdue_people=found.overdue_people,
        held_people=found.held_people,
        held_back=[messages.HeldBack(ground=ground, people=people) for ground, people in found.held_back],
        destroyed_people=found.destroyed_people,
    )
