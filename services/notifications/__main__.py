"""Wires notifications and runs it: `python -m services.notifications --roles grpc,stream,relay,push`."""

from datetime import timedelta

from chassis.run import run_service
from chassis.service import Service
from services.notifications.adapters.access_client import AccessClient
from services.notifications.adapters.event_codec import encode_event
from services.notifications.adapters.measures import look_at_mail, look_at_push
from services.notifications.adapters.partner_lines import PartnerLines, SystemResolver
from services.notifications.adapters.postgres_acknowledgements import PostgresAcknowledgements
from services.notifications.adapters.postgres_deliveries import PostgresDeliveries
from services.notifications.adapters.postgres_mail_codes import PostgresMailCodes
from services.notifications.adapters.postgres_mail_notices import PostgresMailNotices
from services.notifications.adapters.postgres_push_endpoints import PostgresPushEndpoints
from services.notifications.entrypoints.access import ACCESS
from services.notifications.entrypoints.doors import registrations
from services.notifications.entrypoints.fan_out import FanOut
from services.notifications.entrypoints.grpc_server import InboxServer
from services.notifications.entrypoints.mail_service_server import MailServiceServer
from services.notifications.entrypoints.mail_worker import MailWorker
from services.notifications.entrypoints.push_server import PushServer
from services.notifications.entrypoints.push_worker import PushWorker
from services.notifications.entrypoints.stream import CONSUMER, TOPICS, ReferralFacts
from services.notifications.entrypoints.timers import ClosedAccounts, add_timers
from services.notifications.settings import NotificationsSettings
from services.notifications.use_cases.acknowledgement_line import AcknowledgementLine
from services.notifications.use_cases.push_deliveries import Pushing
from services.notifications.use_cases.send_mails import Mailing


async def wire(service: Service) -> None:
    """Everything concrete, once."""
    settings = service.settings
    if not isinstance(settings, NotificationsSettings):
        raise TypeError("notifications runs with its own settings")
    deliveries = PostgresDeliveries()
    fan_out = FanOut(service.worker, deliveries, most_per_inbox=settings.streams_per_inbox)
    acknowledgements = AcknowledgementLine(service.worker, PostgresAcknowledgements())
    inbox = InboxServer(
        service.app,
        deliveries,
        acknowledgements,
        fan_out,
        longest_stream_seconds=settings.longest_stream_seconds,
    )
    lines = PartnerLines(
        service.signer.token_for,
        settings.push_networks,
        deadline_seconds=settings.push_deadline_seconds,
        resolve=SystemResolver(),
    )
    push = PushServer(service.worker, PostgresPushEndpoints(), deliveries, lines, service.signer)
    server, notices, codes = settings.mail_server(), PostgresMailNotices(), PostgresMailCodes()
    mail = MailServiceServer(service.worker, notices, codes, deliveries, sends_mail=server is not None)
    service.serve(ACCESS, registrations(inbox, push, mail))
    service.beside("fan_out", fan_out.run)
    service.beside("acknowledgements", acknowledgements.run)
    patience = timedelta(seconds=settings.push_patience_seconds)
    pushing = Pushing(service.worker, lines, patience, settings.push_deadline_seconds)
    service.beside("push", PushWorker(pushing).run, role="push")
    if settings.access_address:
        accounts = AccessClient(service.channel(settings.access_address, "access"))
        closed = ClosedAccounts(service.worker, notices, accounts)
        service.timer(closed.take, prepare=closed.prepare, name="closed_accounts", longest_pause_seconds=60)
        if server is not None:
            mailing = Mailing(service.worker, server, accounts, settings.console_url.rstrip("/"))
            service.beside("mail", MailWorker(mailing, settings.mails_a_second).run, role="mail")
    service.gauges.own += [look_at_push, look_at_mail]
    service.stream(CONSUMER, TOPICS, ReferralFacts(deliveries, fan_out))
    add_timers(service, settings.delivery_retention_days)


if __name__ == "__main__":
    run_service("notifications", NotificationsSettings, wire, codec=encode_event)
