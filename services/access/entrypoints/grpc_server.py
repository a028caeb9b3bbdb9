"""The gRPC doors of access, as they are served."""

from collections.abc import Sequence

from chassis.grpc_server import Registration
from kem.access.v1.access_service_pb2_grpc import (
    add_SignInServiceServicer_to_server,
    add_StaffServiceServicer_to_server,
)
from kem.access.v1.certificate_service_pb2_grpc import add_CertificateServiceServicer_to_server
from services.access.entrypoints.certificates_server import CertificateServer
from services.access.entrypoints.sign_in_server import SignInServer
from services.access.entrypoints.staff_server import StaffServer


def registrations(
    sign_in: SignInServer, staff: StaffServer, certificates: CertificateServer
) -> Sequence[Registration]:
    """One for each servicer."""
    return [
        lambda server: add_SignInServiceServicer_to_server(sign_in, server),
        lambda server: add_StaffServiceServicer_to_server(staff, server),
        lambda server: add_CertificateServiceServicer_to_server(certificates, server),
    ]
