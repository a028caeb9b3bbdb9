"""The door at which members of staff say whether a mail tells them of news."""

from datetime import UTC
from typing import Any, Final
from uuid import UUID

import grpc

from chassis.access_records import AccessRecord
from chassis.current import current_caller
from chassis.postgres import Database, Transaction
from chassis.requests import answer_once
from kem.notifications.v1 import mail_service_pb2 as messages
from kem.notifications.v1 import mail_service_pb2_grpc
from kernel.errors import NotPermitted
from kernel.ids import AgencyId, PrincipalId
from kernel.vocabulary import Role
from services.notifications.adapters.delivery_messages import INBOX_NUMBERS, INBOXES, set_time
from services.notifications.adapters.postgres_deliveries import PostgresDeliveries
from services.notifications.adapters.postgres_mail_codes import PostgresMailCodes
from services.notifications.adapters.postgres_mail_notices import PostgresMailNotices
from services.notifications.domain.mail_notice import MailCodeNotRight, MailNotice, MailPace
from services.notifications.domain.recipient import Recipient
from services.notifications.use_cases.open_inbox import ROLES_OF_OFFICERS, check_hears, open_inbox
from services.notifications.use_cases.set_mail_notice import (
    SetMailNotice,
    confirm_mail_notice,
    own_notice,
    set_mail_notice,
)

_SERVICE: Final = "/kem.notifications.v1.MailService/"

_Context = grpc.aio.ServicerContext


class MailServiceServer(mail_service_pb2_grpc.MailServiceServicer):
    """kem.notifications.v1.MailService.

    Args:
        database: the worker's login: an agency's login is kept away from mail notices altogether.
        sends_mail: whether this hub has a mail server.
    """

    def __init__(
        self,
        database: Database,
        notices: PostgresMailNotices,
        codes: PostgresMailCodes,
        deliveries: PostgresDeliveries,
        *,
        sends_mail: bool,
    ) -> None:
        self._database = database
        self._notices = notices
        self._codes = codes
        self._deliveries = deliveries
        self._sends_mail = sends_mail

    async def SetMailNotice(
        self, request: messages.SetMailNoticeRequest, context: _Context[object, object]
    ) -> messages.SetMailNoticeResponse:
        """The caller's own."""
        recipient = _recipient(request)
        check_hears(recipient.inbox, current_caller())
        wish = SetMailNotice(
            recipient,
            request.address,
            request.language,
            MailPace(messages.MailPace.Name(request.pace).removeprefix("MAIL_PACE_")),
            request.daily_hour,
        )

        async def act(tx: Transaction) -> messages.SetMailNoticeResponse:
            notice = await set_mail_notice(wish, tx, self._notices, self._codes)
            # the answer is kept for repeats of the request: an address is kept in one place only
            return messages.SetMailNoticeResponse(notice=_message(notice, with_address=False))

        return await answer_once(
            self._database, _SERVICE + "SetMailNotice", request, messages.SetMailNoticeResponse, act
        )

    async def ConfirmMailNotice(
        self, request: messages.ConfirmMailNoticeRequest, context: _Context[object, object]
    ) -> messages.ConfirmMailNoticeResponse:
        """A wrong code is counted before it is refused."""
        async with self._database.transaction(current_caller()) as tx:
            found = await confirm_mail_notice(
                _recipient(request), request.code, tx, self._notices, self._deliveries
            )
        if isinstance(found, MailCodeNotRight):
            raise found
        return messages.ConfirmMailNoticeResponse(notice=_message(found))

    async def ListMailNotices(
        self, request: messages.ListMailNoticesRequest, context: _Context[object, object]
    ) -> messages.ListMailNoticesResponse:
        """One's own with the address; a whole agency's without."""
        caller = current_caller()
        agency_id = None if caller.agency_id is None else AgencyId(caller.agency_id)
        if agency_id is None and not caller.roles & frozenset(ROLES_OF_OFFICERS.values()):
            raise NotPermitted("Only who works for an agency has an inbox.", reason="NO_AGENCY")
        if request.of_agency and (agency_id is None or Role.AGENCY_ADMIN not in caller.roles):
            raise NotPermitted(
                "Only the agency's admin sees whom mails tell; ask them.", reason="AGENCY_ADMIN_ONLY"
            )
        async with self._database.transaction(caller) as tx:
            if request.of_agency and agency_id is not None:
                found = await self._notices.of_agency(tx, agency_id)
                shown = [one.principal_id for one in found]
                tx.record_access(AccessRecord("notifications", _SERVICE + "ListMailNotices", shown))
            else:
                found = await self._notices.of_member(tx, PrincipalId(caller.principal_id), agency_id)
        return messages.ListMailNoticesResponse(
            notices=[_message(one, with_address=not request.of_agency) for one in found],
            sends_mail=self._sends_mail,
        )

    async def RemoveMailNotice(
        self, request: messages.RemoveMailNoticeRequest, context: _Context[object, object]
    ) -> messages.RemoveMailNoticeResponse:
        """One's own, or a colleague's."""
        caller = current_caller()
        whose = PrincipalId(UUID(request.principal_id)) if request.HasField("principal_id") else None
        is_admin = caller.agency_id is not None and Role.AGENCY_ADMIN in caller.roles
        if whose not in (None, caller.principal_id) and not is_admin:
            raise NotPermitted(
                "Only the agency's admin ends a colleague's mails; ask them.", reason="AGENCY_ADMIN_ONLY"
            )

        async def act(tx: Transaction) -> messages.RemoveMailNoticeResponse:
            ended = await own_notice(_recipient(request), tx, self._notices, whose)
            await self._notices.delete(tx, [ended])
            return messages.RemoveMailNoticeResponse()

        return await answer_once(
            self._database, _SERVICE + "RemoveMailNotice", request, messages.RemoveMailNoticeResponse, act
        )


def _recipient(request: Any) -> Recipient:
    return open_inbox(INBOXES[request.inbox], current_caller())


def _message(notice: MailNotice, *, with_address: bool = True) -> messages.MailNotice:
    message = messages.MailNotice(
        principal_id=str(notice.principal_id),
        inbox=INBOX_NUMBERS[notice.recipient.inbox],
        address=notice.address if with_address else "",
        language=notice.language,
        pace=messages.MailPace.Value(f"MAIL_PACE_{notice.pace}"),
        daily_hour=notice.daily_hour,
        state=messages.MailState.Value(f"MAIL_STATE_{notice.state}"),
    )
    for stamp, instant in (
        (message.last_mail_time, notice.last_mail_time),
        (message.code_end_time, notice.code_counts_until_time),
    ):
        if instant is not None:
            set_time(stamp, instant.astimezone(UTC))
    return message
