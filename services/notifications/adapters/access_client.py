"""What this service asks of access: whether members of staff may use their accounts, and for what."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

import grpc

from chassis.remote_errors import remote_refusals
from kem.access.v1 import access_service_pb2 as messages
from kem.access.v1.access_service_pb2_grpc import StaffServiceStub
from kernel.errors import KemError, Unavailable
from kernel.ids import PrincipalId
from services.notifications.domain.mail_notice import AccountState, KnownAccount

ACCOUNTS_A_CALL: Final = 200
DEADLINE_SECONDS: Final = 5.0


class AccessClient:
    """Calls access as this service. Never inside a transaction."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._staff = StaffServiceStub(channel)

    async def known_accounts(self, principal_ids: Sequence[PrincipalId]) -> dict[PrincipalId, KnownAccount]:
        """By id, of those who have an account, as it is now; one call for up to 200.

        Raises:
            Unavailable: access does not say; nothing is guessed. Whatever is wrong there, as when it is an
                older release, keeps mails back and nothing else.
        """
        found: dict[PrincipalId, KnownAccount] = {}
        asked = sorted(set(principal_ids))
        for first in range(0, len(asked), ACCOUNTS_A_CALL):
            request = messages.BatchGetAccountStatesRequest(
                principal_ids=map(str, asked[first : first + ACCOUNTS_A_CALL])
            )
            try:
                with remote_refusals():
                    answer = await self._staff.BatchGetAccountStates(request, timeout=DEADLINE_SECONDS)
            except (KemError, grpc.RpcError) as error:
                raise Unavailable("Access does not say whose accounts may be used; mails wait.") from error
            for one in answer.accounts:
                word = messages.AccountState.Name(one.state).removeprefix("ACCOUNT_STATE_")
                account = KnownAccount(AccountState(word), frozenset(one.roles))
                found[PrincipalId(UUID(one.principal_id))] = account
        return found
