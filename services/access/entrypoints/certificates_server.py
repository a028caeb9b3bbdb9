"""The door at which an operator sees whose certificates there are."""

from pathlib import Path
from typing import Any, Final

from chassis.changing_file import ChangingFile
from chassis.current import current_caller
from chassis.instants import timestamp
from chassis.postgres import Database
from kem.access.v1 import certificate_service_pb2 as rpc
from kem.access.v1.certificate_service_pb2_grpc import CertificateServiceServicer
from kernel.errors import RuleBroken, Unavailable
from services.access.adapters.certificate_register import (
    HOLDER_KINDS,
    RegisteredCertificate,
    parse_register,
    registered,
)
from services.access.use_cases.list_certificates import list_certificates

LIST: Final = "/kem.access.v1.CertificateService/ListCertificates"
_DEFAULT_PAGE: Final = 50


class CertificateServer(CertificateServiceServicer):
    """kem.access.v1.CertificateService.

    Args:
        register: the file in which the authority says what it did; None where this hub has none.
    """

    def __init__(self, database: Database, register: Path | None) -> None:
        self._database = database
        self._register = ChangingFile(register, parse_register) if register else None

    async def ListCertificates(
        self, request: rpc.ListCertificatesRequest, context: Any
    ) -> rpc.ListCertificatesResponse:
        if self._register is None:
            raise RuleBroken(
                "This hub is told of no certificates; ./kem certs list, where its authority is, shows them.",
                reason="NO_CERTIFICATE_REGISTER",
            )
        try:
            acts = self._register.value
        except (OSError, ValueError):
            raise Unavailable("The register of certificates cannot be read now; try again soon.") from None
        async with self._database.transaction(current_caller()) as tx:
            now = await tx.now()
        page, after = list_certificates(
            registered(acts),
            now,
            with_ended=request.with_ended,
            after_serial=request.after_serial,
            limit=request.page_size or _DEFAULT_PAGE,
        )
        return rpc.ListCertificatesResponse(certificates=map(_message, page), next_after_serial=after)


def _message(one: RegisteredCertificate) -> rpc.ListedCertificate:
    message = rpc.ListedCertificate(
        serial=one.serial,
        holder_kind=HOLDER_KINDS[one.holder.kind],
        issued_time=timestamp(one.issued_time),
        end_time=timestamp(one.end_time),
        revoked_time=timestamp(one.revoked_time) if one.revoked_time else None,
        revocation_reason=one.revocation_reason,
    )
    if one.is_of_agency:
        message.agency_id = one.holder.name
    else:
        message.holder_service = one.holder.name
    return message
