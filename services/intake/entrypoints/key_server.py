"""The door for the vault's keys."""

from dataclasses import dataclass
from typing import Final

import grpc

from chassis.caller import Caller
from chassis.current import current_caller
from chassis.instants import timestamp
from chassis.postgres import Database, Transaction
from chassis.requests import answer_once
from kem.intake.v1 import key_service_pb2 as messages
from kem.intake.v1 import key_service_pb2_grpc
from services.intake.adapters.postgres_key_rolls import KeyRoll
from services.intake.use_cases.hub_officer import hub_officer_only
from services.intake.use_cases.roll_keys import RollKeys, ask_for_roll

ROLL: Final = "/kem.intake.v1.KeyService/RollKeys"

_Context = grpc.aio.ServicerContext


@dataclass(frozen=True, slots=True)
class KeyParts:
    """`worker` is the login that sees everybody, for counting."""

    database: Database
    worker: Database
    rolling: RollKeys


class KeyServer(key_service_pb2_grpc.KeyServiceServicer):
    """kem.intake.v1.KeyService."""

    def __init__(self, parts: KeyParts) -> None:
        self._parts = parts

    async def RollKeys(
        self,
        request: messages.RollKeysRequest,
        context: _Context[messages.RollKeysRequest, messages.RollKeysResponse],
    ) -> messages.RollKeysResponse:
        async def act(tx: Transaction) -> messages.RollKeysResponse:
            roll = await ask_for_roll(tx, self._parts.rolling)
            return messages.RollKeysResponse(roll=self._message(roll))

        return await answer_once(self._parts.database, ROLL, request, messages.RollKeysResponse, act)

    async def GetKeys(
        self,
        request: messages.GetKeysRequest,
        context: _Context[messages.GetKeysRequest, messages.GetKeysResponse],
    ) -> messages.GetKeysResponse:
        hub_officer_only(current_caller())
        async with self._parts.worker.transaction(Caller.of_service("intake")) as tx:
            roll = await self._parts.rolling.rolls.latest(tx)
            waiting = await self._parts.rolling.rolls.waiting_erasures(tx)
        return messages.GetKeysResponse(
            current_epoch=self._parts.rolling.keys.current_epoch,
            last_roll=None if roll is None else self._message(roll),
            waiting_erasures=waiting.people,
            waiting_since_time=None if waiting.since_time is None else timestamp(waiting.since_time),
        )

    def _message(self, roll: KeyRoll) -> messages.KeyRoll:
        due_time = None if roll.settled_time is None else roll.settled_time + self._parts.rolling.rest
        return messages.KeyRoll(
            to_epoch=roll.to_epoch,
            asked_time=timestamp(roll.asked_time),
            keys=roll.keys,
            rewrapped=roll.rewrapped,
            due_time=None if due_time is None else timestamp(due_time),
            destroyed_time=None if roll.destroyed_time is None else timestamp(roll.destroyed_time),
        )
