"""Wires referral and runs it: `python -m services.referral --roles grpc,stream,relay,timers`."""

from chassis.run import run_service
from chassis.service import Service
from services.referral.adapters.event_codec import encode
from services.referral.adapters.intake_client import IntakeClient
from services.referral.adapters.measures import look_at_offers
from services.referral.adapters.stores import Stores
from services.referral.entrypoints.access import ACCESS
from services.referral.entrypoints.grpc_server import registrations
from services.referral.entrypoints.now_and_then import start_statistics
from services.referral.entrypoints.stream import CONSUMER, TOPICS, ReferralBatches
from services.referral.entrypoints.timers import DueWork
from services.referral.settings import ReferralSettings


async def wire(service: Service) -> None:
    """Everything concrete, once."""
    settings = service.settings
    if not isinstance(settings, ReferralSettings):
        raise TypeError("referral runs with its own settings")
    stores = Stores()
    intake = IntakeClient(service.channel(settings.intake_address, "intake"))
    service.serve(ACCESS, registrations(service.app, intake))
    service.stream(CONSUMER, TOPICS, ReferralBatches(service.worker, stores, intake))
    due = DueWork(stores, service.worker, intake)
    service.timer(due.take, prepare=due.prepare)
    service.gauges.own.append(look_at_offers)
    service.timer(start_statistics(stores).take, name="start_statistics")


if __name__ == "__main__":
    run_service("referral", ReferralSettings, wire, codec=encode)
