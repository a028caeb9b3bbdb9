"""Wires notifications and runs it: `python -m services.notifications --roles grpc,stream,relay,timers`."""

from chassis.run import run_service
from chassis.service import Service
from kem.notifications.v1.inbox_service_pb2_grpc import add_InboxServiceServicer_to_server
from services.notifications.adapters.event_codec import encode_event
from services.notifications.adapters.postgres_acknowledgements import PostgresAcknowledgements
from services.notifications.adapters.postgres_deliveries import PostgresDeliveries
from services.notifications.adapters.postgres_retention import PostgresRetention
from services.notifications.entrypoints.access import ACCESS
from services.notifications.entrypoints.fan_out import FanOut
from services.notifications.entrypoints.grpc_server import InboxServer
from services.notifications.entrypoints.stream import CONSUMER, TOPICS, ReferralFacts
from services.notifications.entrypoints.timers import Retention
from services.notifications.settings import NotificationsSettings


async def wire(service: Service) -> None:
    """Everything concrete, once."""
    settings = service.settings
    if not isinstance(settings, NotificationsSettings):
        raise TypeError("notifications runs with its own settings")
    deliveries = PostgresDeliveries()
    fan_out = FanOut(service.worker, deliveries, most_per_inbox=settings.streams_per_inbox)
    inbox = InboxServer(
        service.app,
        deliveries,
        PostgresAcknowledgements(),
        fan_out,
        longest_stream_seconds=settings.longest_stream_seconds,
    )
    service.serve(ACCESS, [lambda server: add_InboxServiceServicer_to_server(inbox, server)])
    service.beside("fan_out", fan_out.run)
    service.stream(CONSUMER, TOPICS, ReferralFacts(deliveries, fan_out))
    service.timer(Retention(PostgresRetention(), settings.delivery_retention_days).take, name="retention")


if __name__ == "__main__":
    run_service("notifications", NotificationsSettings, wire, codec=encode_event)
