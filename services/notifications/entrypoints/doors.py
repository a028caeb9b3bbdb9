"""The gRPC doors of notifications, as they are served."""

from collections.abc import Sequence

from chassis.grpc_server import Registration
from kem.notifications.v1.inbox_service_pb2_grpc import add_InboxServiceServicer_to_server
from kem.notifications.v1.mail_service_pb2_grpc import add_MailServiceServicer_to_server
from kem.notifications.v1.push_service_pb2_grpc import add_PushServiceServicer_to_server
from services.notifications.entrypoints.grpc_server import InboxServer
from services.notifications.entrypoints.mail_service_server import MailServiceServer
from services.notifications.entrypoints.push_server import PushServer


def registrations(inbox: InboxServer, push: PushServer, mail: MailServiceServer) -> Sequence[Registration]:
    """One for each servicer."""
    return [
        lambda server: add_InboxServiceServicer_to_server(inbox, server),
        lambda server: add_PushServiceServicer_to_server(push, server),
        lambda server: add_MailServiceServicer_to_server(mail, server),
    ]
