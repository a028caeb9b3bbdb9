"""The mail server to which the hub hands its mails (RFC 5321), over TLS but on this machine itself."""

import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

import aiosmtplib

from services.notifications.domain.mail_notice import MailFailure
from services.notifications.domain.mail_text import MailText

_SECONDS: Final = 15.0
"""For each answer of the server."""
_OF_THE_SERVER: Final = (
    aiosmtplib.SMTPServerDisconnected,
    aiosmtplib.SMTPTimeoutError,
    aiosmtplib.SMTPSenderRefused,
)
"""What is wrong is no mail's: it is away, or takes nothing from this hub."""


class MailTls(StrEnum):
    """How the line to the server is kept from others."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail to one address.

    Args:
        mail_id: the same when it is sent again, so that whoever gets it twice can tell.
    """

    mail_id: UUID
    address: str
    text: MailText


class MailServerAway(Exception):
    """It cannot be reached, or lets nobody in: no mail was looked at."""


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where it is, and as whom the hub sends.

    Args:
        sender: the address from which mails come.
        login: empty where none is needed.
        authorities: certificates (PEM) that vouch for it; None for the well-known ones.
    """

    host: str
    port: int
    tls: MailTls
    sender: str
    login: str = ""
    password: str = field(default="", repr=False)
    authorities: str | None = None

    async def send(self, mails: Sequence[Mail]) -> Mapping[UUID, MailFailure | None]:
        """Hands them over one after the other, on one connection; answers by their ids what became of each.

        Those behind one at which the connection broke are left out: nobody knows of it, and none of them.

        Raises:
            MailServerAway: it took none, for reasons that are no mail's.
        """
        client = aiosmtplib.SMTP(
            hostname=self.host,
            port=self.port,
            use_tls=self.tls is MailTls.TLS,
            start_tls=self.tls is MailTls.STARTTLS,
            tls_context=ssl.create_default_context(cadata=self.authorities),
            username=self.login or None,
            password=self.password or None,
            timeout=_SECONDS,
        )
        try:
            await client.connect()
        except (aiosmtplib.SMTPException, OSError, ssl.SSLError) as error:
            raise MailServerAway(type(error).__name__) from None
        outcomes: dict[UUID, MailFailure | None] = {}
        try:
            for mail in mails:
                outcomes[mail.mail_id] = await self._send_one(client, mail)
        except (*_OF_THE_SERVER, OSError) as error:
            if not outcomes:
                raise MailServerAway(type(error).__name__) from None
        finally:
            client.close()
        return outcomes

    async def _send_one(self, client: aiosmtplib.SMTP, mail: Mail) -> MailFailure | None:
        try:
            await client.send_message(self._message(mail), sender=self.sender, recipients=[mail.address])
        except aiosmtplib.SMTPRecipientsRefused as refused:
            is_for_ever = all(one.code >= 500 for one in refused.recipients)
            return MailFailure.RECIPIENT_REFUSED if is_for_ever else MailFailure.NOT_TAKEN
        except _OF_THE_SERVER:
            raise
        except aiosmtplib.SMTPException:
            return MailFailure.NOT_TAKEN
        return None

    def _message(self, mail: Mail) -> EmailMessage:
        message = EmailMessage()
        message["From"] = self.sender
        message["To"] = mail.address
        message["Subject"] = mail.text.subject
        message["Date"] = format_datetime(datetime.now(UTC))
        message["Message-ID"] = f"<{mail.mail_id}@{self.sender.rpartition('@')[2]}>"
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's holiday note answers it
        message.set_content(mail.text.text)
        message.add_alternative(mail.text.html, subtype="html")
        return message
