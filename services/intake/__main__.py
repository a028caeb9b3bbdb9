"""Intake: settings, keys, wiring. `python -m services.intake [--roles grpc,stream,relay,timers]`"""

import os
from datetime import timedelta

from chassis.run import EXIT_SETTINGS, run_service
from chassis.service import Service
from services.intake.adapters.event_codec import encode
from services.intake.adapters.keys import KeysUnusable
from services.intake.adapters.known_names import KnownNames
from services.intake.adapters.measures import LOOKS
from services.intake.adapters.postgres_destructions import PostgresDestructions
from services.intake.adapters.postgres_key_rolls import PostgresKeyRolls
from services.intake.adapters.postgres_merges import PostgresMerges
from services.intake.adapters.postgres_retention import PostgresRetention
from services.intake.adapters.root_key import open_keys
from services.intake.adapters.tombstones import Tombstones
from services.intake.adapters.vault import Vault
from services.intake.entrypoints.access import ACCESS
from services.intake.entrypoints.consent_parts import ConsentParts
from services.intake.entrypoints.grpc_server import registrations
from services.intake.entrypoints.key_server import KeyParts
from services.intake.entrypoints.parts import VaultParts
from services.intake.entrypoints.projection import CONSUMER, TOPICS, WINDOW_SECONDS, DisclosureFacts
from services.intake.entrypoints.receipt_parts import receipt_parts
from services.intake.entrypoints.timers import add_timers
from services.intake.settings import IntakeSettings
from services.intake.use_cases.destroy_keys import DestroyParts, replay_destroyed_keys
from services.intake.use_cases.follow_tombstones import follow_tombstones
from services.intake.use_cases.part_from_erased import part_from_erased
from services.intake.use_cases.roll_keys import RollKeys


async def wire(service: Service) -> None:
    """Puts intake together over its two databases and its key folder."""
    settings = service.settings
    if not isinstance(settings, IntakeSettings):
        raise TypeError("intake runs with its own settings")
    keys = await open_keys(service.app, settings.keys_dir, settings.key_keeper)
    names = KnownNames(service.worker, keys)
    vault = Vault(keys, remembered_keys=settings.remembered_keys)
    people = VaultParts.over(service.app, vault, names, settings.search_limits)
    tombstones = Tombstones(settings.keys_dir)
    # without a relay or a stream beside it (tests of single roles) there is no broker to ask about
    bootstrap = settings.kafka if {"relay", "stream"} & set(settings.roles) else None
    consent = ConsentParts.over(
        service.app, people.vault, bootstrap, people.people, max_waiting_events=settings.max_waiting_events
    )
    destroy_parts = DestroyParts(
        people.people, people.vault, PostgresRetention(), PostgresDestructions(), tombstones, consent.recalls
    )
    await follow_tombstones(tombstones, service.worker, people.people, consent.recalls)
    await part_from_erased(service.worker, people.people, PostgresMerges(), consent.recalls)
    await replay_destroyed_keys(destroy_parts, service.worker)
    rolling = RollKeys(keys, PostgresKeyRolls(), timedelta(seconds=settings.epoch_rest_seconds))
    receipts = receipt_parts(consent, service.channel(settings.referral_address, "referral"), settings)
    keeping = KeyParts(service.app, service.worker, rolling)
    service.serve(ACCESS, registrations(people, consent, tombstones, receipts, keeping, destroy_parts))
    beside = {"names": names.run, "needs writer": consent.writer.run, "backlog": consent.backlog.run}
    for name, run in beside.items():
        service.beside(name, run)
    service.gauges.own.extend(LOOKS)
    add_timers(service, rolling, consent.recalls, destroy_parts.retention)
    facts = DisclosureFacts(consent.held_referrals, consent.needed_categories, consent.holding_news)
    service.project(CONSUMER, TOPICS, facts, window_seconds=WINDOW_SECONDS)


async def _wire_or_say_why(service: Service) -> None:
    """Without the right keys nothing can be read or kept; starting again would not help."""
    try:
        await wire(service)
    except KeysUnusable as error:
        os.write(2, f"{error}\n".encode())
        os._exit(EXIT_SETTINGS)


if __name__ == "__main__":
    run_service("intake", IntakeSettings, _wire_or_say_why, codec=encode)
