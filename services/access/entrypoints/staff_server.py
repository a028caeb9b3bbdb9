"""The door for those who keep accounts."""

from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar
from uuid import UUID

import grpc
from google.protobuf.message import Message

from chassis.access_records import AccessRecord
from chassis.caller import Caller
from chassis.current import current_caller
from chassis.postgres import Database, Transaction
from chassis.requests import answer_once
from kem.access.v1 import access_service_pb2 as messages
from kem.access.v1 import access_service_pb2_grpc
from kernel.errors import Conflict, Invalid, RuleBroken
from kernel.ids import AgencyId, PrincipalId
from kernel.vocabulary import Role
from services.access.adapters.closed_accounts import ClosedAccounts
from services.access.adapters.postgres_accounts import ListedAccount
from services.access.domain.account import plain_login
from services.access.entrypoints.translate import (
    account_message,
    after,
    named_message,
    role_messages,
    state_message,
)
from services.access.use_cases.authenticate import SERVICE
from services.access.use_cases.change_roles import change_roles
from services.access.use_cases.close_account import close_account
from services.access.use_cases.keep_accounts import KeepingParts, make_one_time
from services.access.use_cases.link_identity import link_identity
from services.access.use_cases.list_colleagues import list_colleagues
from services.access.use_cases.lock_account import lock_account
from services.access.use_cases.name_staff import name_staff
from services.access.use_cases.open_account import open_account
from services.access.use_cases.reset_credentials import reset_credentials
from services.access.use_cases.unlink_identity import unlink_identity
from services.access.use_cases.unlock_account import unlock_account

_SERVICE: Final = "/kem.access.v1.StaffService/"
DEFAULT_PAGE: Final = 50
MOST_COLLEAGUES: Final = 200

_Context = grpc.aio.ServicerContext
_A = TypeVar("_A", bound=Message)


class StaffServer(access_service_pb2_grpc.StaffServiceServicer):
    """kem.access.v1.StaffService.

    Args:
        own_agency: the database as row-level security shows it to an agency's admin.
        whole_hub: for operators, who keep all accounts.
    """

    def __init__(
        self, own_agency: Database, whole_hub: Database, parts: KeepingParts, closed: ClosedAccounts
    ) -> None:
        self._own_agency = own_agency
        self._whole_hub = whole_hub
        self._parts = parts
        self._closed = closed

    async def OpenAccount(
        self, request: messages.OpenAccountRequest, context: _Context[object, object]
    ) -> messages.OpenAccountResponse:
        """With a one-time password, which the answer that is kept for a repeat does not hold."""
        caller = current_caller()
        one_time = await make_one_time(UUID(request.request_id), caller, self._parts)

        async def act(tx: Transaction) -> messages.OpenAccountResponse:
            agency_id = AgencyId(UUID(request.agency_id)) if request.HasField("agency_id") else None
            listed = await open_account(
                agency_id,
                request.login,
                request.display_name,
                list(request.roles),
                one_time,
                caller,
                tx,
                self._parts,
            )
            return messages.OpenAccountResponse(account=account_message(listed))

        answer = await self._once(caller, request, messages.OpenAccountResponse, act)
        answer.one_time_password = one_time.password
        return answer

    async def ResetCredentials(
        self, request: messages.ResetCredentialsRequest, context: _Context[object, object]
    ) -> messages.ResetCredentialsResponse:
        """The same."""
        one_time = await make_one_time(UUID(request.request_id), current_caller(), self._parts)
        answer = await self._changed(
            request,
            messages.ResetCredentialsResponse,
            lambda principal_id, caller, tx: reset_credentials(
                principal_id, one_time, caller, tx, self._parts
            ),
        )
        answer.one_time_password = one_time.password
        return answer

    async def ChangeRoles(
        self, request: messages.ChangeRolesRequest, context: _Context[object, object]
    ) -> messages.ChangeRolesResponse:
        """All of them at once."""
        return await self._changed(
            request,
            messages.ChangeRolesResponse,
            lambda principal_id, caller, tx: change_roles(
                principal_id, list(request.roles), caller, tx, self._parts
            ),
        )

    async def LockAccount(
        self, request: messages.LockAccountRequest, context: _Context[object, object]
    ) -> messages.LockAccountResponse:
        """For now."""
        return await self._changed(
            request,
            messages.LockAccountResponse,
            lambda principal_id, caller, tx: lock_account(principal_id, caller, tx, self._parts),
        )

    async def UnlockAccount(
        self, request: messages.UnlockAccountRequest, context: _Context[object, object]
    ) -> messages.UnlockAccountResponse:
        """Again."""
        return await self._changed(
            request,
            messages.UnlockAccountResponse,
            lambda principal_id, caller, tx: unlock_account(principal_id, caller, tx, self._parts),
        )

    async def CloseAccount(
        self, request: messages.CloseAccountRequest, context: _Context[object, object]
    ) -> messages.CloseAccountResponse:
        """For ever."""
        return await self._changed(
            request,
            messages.CloseAccountResponse,
            lambda principal_id, caller, tx: close_account(
                principal_id, caller, tx, self._parts, self._closed
            ),
        )

    async def LinkIdentity(
        self, request: messages.LinkIdentityRequest, context: _Context[object, object]
    ) -> messages.LinkIdentityResponse:
        """By what the provider calls the person."""
        return await self._changed(
            request,
            messages.LinkIdentityResponse,
            lambda principal_id, caller, tx: link_identity(
                principal_id, request.issuer, request.subject, caller, tx, self._parts
            ),
        )

    async def UnlinkIdentity(
        self, request: messages.UnlinkIdentityRequest, context: _Context[object, object]
    ) -> messages.UnlinkIdentityResponse:
        """At one provider."""
        return await self._changed(
            request,
            messages.UnlinkIdentityResponse,
            lambda principal_id, caller, tx: unlink_identity(
                principal_id, request.issuer, caller, tx, self._parts
            ),
        )

    async def ListAccounts(
        self, request: messages.ListAccountsRequest, context: _Context[object, object]
    ) -> messages.ListAccountsResponse:
        """A page of those that the caller keeps; it shows names, so it is put on record."""
        caller, limit = current_caller(), request.page_size or DEFAULT_PAGE
        async with self._database(caller).transaction(caller) as tx:
            page = await self._parts.accounts.page(
                tx,
                limit + 1,
                agency_id=AgencyId(UUID(request.agency_id)) if request.HasField("agency_id") else None,
                login=plain_login(request.login) or None,
                principal_id=PrincipalId(UUID(request.principal_id))
                if request.HasField("principal_id")
                else None,
                after=after(request.page_token),
            )
            shown = [listed.account.principal_id for listed in page[:limit]]
            tx.record_access(AccessRecord(SERVICE, _SERVICE + "ListAccounts", shown))
        return messages.ListAccountsResponse(
            accounts=[account_message(listed) for listed in page[:limit]],
            next_page_token=str(page[limit - 1].account.principal_id) if len(page) > limit else "",
        )

    async def NameStaff(
        self, request: messages.NameStaffRequest, context: _Context[object, object]
    ) -> messages.NameStaffResponse:
        """Of whichever agency: an auditor of the hub itself keeps nobody's account."""
        caller = current_caller()
        wanted = [PrincipalId(UUID(one)) for one in request.principal_ids]
        async with self._whole_hub.transaction(caller) as tx:
            named = await name_staff(wanted, _SERVICE + "NameStaff", tx, self._parts.accounts)
        return messages.NameStaffResponse(staff=map(named_message, named))

    async def ListColleagues(
        self, request: messages.ListColleaguesRequest, context: _Context[object, object]
    ) -> messages.ListColleaguesResponse:
        """Of the caller's agency alone: row-level security sees to it once more."""
        async with self._own_agency.transaction(current_caller()) as tx:
            shown, has_more = await list_colleagues(
                after(request.page_token),
                request.page_size or MOST_COLLEAGUES,
                _SERVICE + "ListColleagues",
                tx,
                self._parts.accounts,
            )
        return messages.ListColleaguesResponse(
            colleagues=map(named_message, shown),
            next_page_token=str(shown[-1].principal_id) if has_more else "",
        )

    async def BatchGetAccountStates(
        self, request: messages.BatchGetAccountStatesRequest, context: _Context[object, object]
    ) -> messages.BatchGetAccountStatesResponse:
        """For services, of whichever agency. No person is shown anything, so it is not put on record."""
        wanted = [PrincipalId(UUID(one)) for one in request.principal_ids]
        async with self._whole_hub.transaction(current_caller()) as tx:
            found = await self._parts.accounts.named(tx, wanted)
        return messages.BatchGetAccountStatesResponse(accounts=map(state_message, found))

    async def ListRoles(
        self, request: messages.ListRolesRequest, context: _Context[object, object]
    ) -> messages.ListRolesResponse:
        """The one table."""
        return messages.ListRolesResponse(roles=role_messages())

    def _database(self, caller: Caller) -> Database:
        return self._whole_hub if Role.OPERATOR in caller.roles else self._own_agency

    async def _changed(
        self,
        request: Any,
        answer: type[_A],
        change: Callable[[PrincipalId, Caller, Transaction], Awaitable[ListedAccount]],
    ) -> _A:
        """One change of one account, once; answers the account as it is then."""
        caller = current_caller()

        async def act(tx: Transaction) -> _A:
            listed = await change(PrincipalId(UUID(request.principal_id)), caller, tx)
            return answer(account=account_message(listed))

        return await self._once(caller, request, answer, act)

    async def _once(
        self, caller: Caller, request: Any, answer: type[_A], act: Callable[[Transaction], Awaitable[_A]]
    ) -> _A:
        """One effect and one answer; what keeps from it is put on record, as far as the door does not."""
        method = _SERVICE + type(request).__name__.removesuffix("Request")
        try:
            return await answer_once(self._database(caller), method, request, answer, act)
        except (Conflict, Invalid, RuleBroken) as refusal:
            async with self._database(caller).transaction(caller) as tx:
                tx.record_access(AccessRecord(SERVICE, method, refusal_reason=refusal.stable_reason))
            refusal.is_on_record = True
            raise
