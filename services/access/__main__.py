"""Wires access and runs it: `python -m services.access --roles grpc,relay,timers`."""

from datetime import timedelta

from chassis.caller import AssertionSigner
from chassis.run import run_service
from chassis.service import Service
from services.access.adapters.closed_accounts import ClosedAccounts
from services.access.adapters.event_codec import encode_event
from services.access.adapters.identity_provider import IdentityProvider
from services.access.adapters.measures import look_at_sign_ins
from services.access.adapters.password_hasher import PasswordHasher
from services.access.adapters.postgres_accounts import PostgresAccounts
from services.access.adapters.postgres_credentials import PostgresCredentials
from services.access.adapters.postgres_refusals import PostgresRefusals
from services.access.adapters.postgres_sessions import PostgresSessions
from services.access.adapters.postgres_sign_in_tries import PostgresSignInTries
from services.access.adapters.refusal_book import RefusalBook
from services.access.adapters.sign_in_key import SignInKey
from services.access.entrypoints.access import ACCESS
from services.access.entrypoints.certificates_server import CertificateServer
from services.access.entrypoints.grpc_server import registrations
from services.access.entrypoints.sign_in_server import SignInServer
from services.access.entrypoints.staff_server import StaffServer
from services.access.entrypoints.timers import Certificates, Retention
from services.access.settings import AccessSettings, read_providers
from services.access.use_cases.authenticate import SignInParts
from services.access.use_cases.keep_accounts import KeepingParts
from services.access.use_cases.keep_closed import keep_closed


async def wire(service: Service) -> None:
    """Everything concrete, once. Who was closed is closed before the first call."""
    settings = service.settings
    if not isinstance(settings, AccessSettings):
        raise TypeError("access runs with its own settings")
    key = SignInKey.read(settings.key_file)
    accounts, credentials, sessions = PostgresAccounts(), PostgresCredentials(key), PostgresSessions()
    tries, hasher = PostgresSignInTries(), PasswordHasher()
    book = RefusalBook(service.worker, PostgresRefusals())
    one_time = timedelta(hours=settings.one_time_hours)
    signing_in = SignInParts(
        service.worker, accounts, credentials, sessions, tries, hasher, key, settings.session_limits, book
    )
    providers = {one.name: IdentityProvider(one) for one in read_providers(settings.providers_file)}
    issuers = frozenset(provider.settings.issuer for provider in providers.values())
    keeping = KeepingParts(accounts, credentials, sessions, hasher, key, one_time, issuers)
    closed = ClosedAccounts(settings.key_file.parent)
    await keep_closed(service.worker, keeping, closed)
    # what comes first needs what comes after
    for one in (signing_in.to_the_end, signing_in.coming_back, book, hasher):
        service.closes(one)
    for provider in providers.values():
        service.closes(provider)
    signer = AssertionSigner(settings.assertion_issuer, settings.assertion_key_file)
    sign_in = SignInServer(signing_in, providers, signer)
    staff = StaffServer(service.app, service.worker, keeping, closed)
    certificates = CertificateServer(service.app, settings.certificate_register_file)
    service.serve(ACCESS, registrations(sign_in, staff, certificates))
    service.gauges.own.append(look_at_sign_ins)
    if settings.certificate_register_file is not None:
        telling = Certificates(settings.certificate_register_file)
        service.timer(telling.take, name="certificates", shortest_pause_seconds=1, longest_pause_seconds=1)
    take = Retention(signing_in, settings.name_retention_days).take
    service.timer(take, name="retention", shortest_pause_seconds=1, longest_pause_seconds=60)


if __name__ == "__main__":
    run_service("access", AccessSettings, wire, codec=encode_event)
