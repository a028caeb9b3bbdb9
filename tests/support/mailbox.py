"""A real mail server of a test, over TLS, which keeps what it takes."""

import email
import ssl
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword, Session

from services.notifications.adapters.mail_server import MailServer, MailTls
from tests.support.certificates import Authority
from tools.stack.ports import free_port

SENDER, LOGIN, PASSWORD = "hub@kem.example", "hub", "seven patient lanterns"


@dataclass
class Mailbox:
    """Takes mails at 127.0.0.1, but for whoever is in `refused`, and from whoever is in `unwanted` (550)."""

    folder: Path
    mails: list[EmailMessage] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)
    unwanted: set[str] = field(default_factory=set)
    authority: Authority = field(default_factory=Authority)
    port: int = field(default_factory=free_port)
    _controller: Any = None

    @property
    def authorities_file(self) -> Path:
        file = self.folder / "mail-authority.pem"
        file.write_text(self.authority.pem)
        return file

    @property
    def server(self) -> MailServer:
        return MailServer(
            "127.0.0.1", self.port, MailTls.STARTTLS, SENDER, LOGIN, PASSWORD, self.authority.pem
        )

    @property
    def settings(self) -> dict[str, str]:
        """What a hub's notifications are told, so that its mails come here."""
        password = self.folder / "smtp.password"
        password.write_text(f"{PASSWORD}\n")
        return {
            "KEM_NOTIFICATIONS_SMTP_HOST": "127.0.0.1",
            "KEM_NOTIFICATIONS_SMTP_PORT": str(self.port),
            "KEM_NOTIFICATIONS_SMTP_FROM": SENDER,
            "KEM_NOTIFICATIONS_SMTP_LOGIN": LOGIN,
            "KEM_NOTIFICATIONS_SMTP_PASSWORD_FILE": str(password),
            "KEM_NOTIFICATIONS_SMTP_AUTHORITIES_FILE": str(self.authorities_file),
        }

    def start(self) -> "Mailbox":
        made = self.authority.certificate("127.0.0.1")
        key, chain = self.folder / "mail.key", self.folder / "mail.pem"
        key.write_bytes(made.key)
        chain.write_bytes(made.chain)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(chain, key)
        self._controller = Controller(
            SimpleNamespace(
                handle_MAIL=self._take_sender, handle_RCPT=self._take_recipient, handle_DATA=self._take_mail
            ),
            hostname="127.0.0.1",
            port=self.port,
            tls_context=context,
            require_starttls=True,
            auth_required=True,
            authenticator=_authenticate,
        )
        self._controller.start()
        return self

    def stop(self) -> None:
        if self._controller is not None:
            self._controller.stop()
            self._controller = None

    def to(self, address: str) -> list[EmailMessage]:
        """What was taken for one address."""
        return [mail for mail in list(self.mails) if mail["To"] == address]

    async def _take_sender(
        self, server: object, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.unwanted:
            return "550 nothing is taken from there"
        envelope.mail_from = address
        return "250 OK"

    async def _take_recipient(
        self, server: object, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.refused:
            return "550 no such person here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def _take_mail(self, server: object, session: Session, envelope: Envelope) -> str:
        content = cast(bytes, envelope.content)
        self.mails.append(email.message_from_bytes(content, policy=default))
        return "250 OK"


def words(mail: EmailMessage) -> str:
    """Its plain text."""
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def _authenticate(
    server: object, session: Session, envelope: Envelope, mechanism: str, given: Any
) -> AuthResult:
    known = isinstance(given, LoginPassword) and given == LoginPassword(LOGIN.encode(), PASSWORD.encode())
    return AuthResult(success=known)
