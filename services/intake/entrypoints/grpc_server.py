"""Intake's gRPC services, put together."""

from collections.abc import Sequence

from chassis.grpc_server import Registration
from kem.disclosure.v1 import disclosure_service_pb2_grpc
from kem.intake.v1 import (
    eligibility_service_pb2_grpc,
    intake_service_pb2,
    intake_service_pb2_grpc,
    text_service_pb2_grpc,
)


class IntakeServer(intake_service_pb2_grpc.IntakeServiceServicer):
    """kem.intake.v1.IntakeService: each method is answered by the one part that has it.

    Raises:
        TypeError: a method that no part has, or more than one.
    """

    def __init__(self, *parts: object) -> None:
        for name in intake_service_pb2.DESCRIPTOR.services_by_name["IntakeService"].methods_by_name:
            found = [getattr(part, name) for part in parts if hasattr(part, name)]
            if len(found) != 1:
                raise TypeError(f"{name} is answered by {len(found)} parts of IntakeService, not by one")
            setattr(self, name, found[0])


def registrations(
    intake: IntakeServer,
    texts: text_service_pb2_grpc.TextServiceServicer,
    eligibility: eligibility_service_pb2_grpc.EligibilityServiceServicer,
    disclosures: disclosure_service_pb2_grpc.DisclosureServiceServicer,
) -> Sequence[Registration]:
    """What the gRPC server adds to itself."""
    return (
        lambda server: intake_service_pb2_grpc.add_IntakeServiceServicer_to_server(intake, server),
        lambda server: text_service_pb2_grpc.add_TextServiceServicer_to_server(texts, server),
        lambda server: eligibility_service_pb2_grpc.add_EligibilityServiceServicer_to_server(
            eligibility, server
        ),
        lambda server: disclosure_service_pb2_grpc.add_DisclosureServiceServicer_to_server(
            disclosures, server
        ),
    )
