"""Where Kafka is, and with which certificate it is spoken to."""

import ssl
from functools import cache
from typing import Any, Self

import structlog

from chassis.tls import TlsFiles

log = structlog.get_logger(__name__)


class KafkaAddress(str):
    """HOST:PORT, or several with commas, and the files of who connects there by TLS; without files in plain.

    It is text to whoever only says it or keeps it, which is nearly everybody.
    """

    __slots__ = ("tls",)
    tls: TlsFiles | None

    def __new__(cls, bootstrap: str, tls: TlsFiles | None = None) -> Self:
        made = super().__new__(cls, bootstrap)
        made.tls = tls
        return made


def client_settings(bootstrap: str) -> dict[str, Any]:
    """What a client of aiokafka or kafka-python is told of the address.

    Raises:
        OSError: a file of the certificate is gone.
        ssl.SSLError: the files are not what they should be.
    """
    context = tls_context(bootstrap)
    if context is None:
        return {"bootstrap_servers": str(bootstrap)}
    return {"bootstrap_servers": str(bootstrap), "security_protocol": "SSL", "ssl_context": context}


def tls_context(bootstrap: str) -> ssl.SSLContext | None:
    """How connections to the address are secured; None in plain."""
    files = getattr(bootstrap, "tls", None)
    return _context_of(files) if files is not None else None


@cache
def _context_of(files: TlsFiles) -> ssl.SSLContext:
    """One for all clients of a process, so that a renewal is taken up once for all of them."""
    context = _RenewedContext(ssl.PROTOCOL_TLS_CLIENT)
    context.take(files)
    return context


class _RenewedContext(ssl.SSLContext):
    """Each new connection is made with the certificate as it is then.

    A connection that is open goes on with the one of before: Kafka checks a certificate once.
    """

    _files: TlsFiles
    _mark: object = None

    def take(self, files: TlsFiles) -> None:
        self.minimum_version = ssl.TLSVersion.TLSv1_2
        self._files = files
        self._read()

    def wrap_bio(self, *arguments: Any, **named: Any) -> ssl.SSLObject:
        self._look()
        return super().wrap_bio(*arguments, **named)

    def wrap_socket(self, *arguments: Any, **named: Any) -> ssl.SSLSocket:
        self._look()
        return super().wrap_socket(*arguments, **named)

    def _look(self) -> None:
        try:
            self._read()
        except (OSError, ValueError) as error:  # the next connection looks again
            log.error("certificate_not_read", error=type(error).__name__)

    def _read(self) -> None:
        mark = self._files.mark
        if mark == self._mark:
            return
        self.load_verify_locations(self._files.authorities)
        self.load_cert_chain(self._files.certificate, self._files.key)
        self._mark = mark
