"""What a service runs with, told on kem.access.v1 when it starts with something else than it told last."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from chassis.access_records import event_about
from chassis.caller import Caller
from chassis.events import OutgoingEvent
from chassis.postgres import Database, Transaction
from chassis.release import ROOT, release_of, sha256_of
from chassis.settings import ServiceSettings
from kernel.ids import derived_id

_OF_ONE_PROCESS: Final = {"service", "roles", "grpc_address", "metrics_address"}
_LAST: Final = "select version, told from system_told for update"
_APPLIED: Final = "select version from schema_migrations"
_KEEP: Final = "update system_told set version = $1, told = $2"

Hashes = Mapping[str, str]


async def tell_system(database: Database, settings: ServiceSettings, root: Path = ROOT) -> bool:
    """Tells release, migrations, settings and policy files as far as they differ; answers whether they did.

    Repeat-safe: what was told is kept in the same commit, so that a restart tells nothing.
    """
    release, files = asdict(release_of(settings.service, root)), _hashes_of(settings.policy_files(root))
    async with database.transaction(Caller.of_service(settings.service)) as tx:
        last = await tx.connection.fetchrow(_LAST)
        told = json.loads(last["told"])
        now = {
            "release": release,
            "settings": settings_told(settings),
            # of a newer release's migrations there is no file here, and they were told by that one
            "migrations": told["migrations"] | await _migrations(tx, settings.service, root),
            "policy_files": files,
        }
        if now == told:
            return False
        version = int(last["version"]) + 1
        tx.publish(system_event(settings.service, told, now, version, await tx.now()))
        await tx.connection.execute(_KEEP, version, json.dumps(now))
    return True


def settings_told(settings: ServiceSettings) -> dict[str, str]:
    """By its name a hash of each setting that all processes of the service share."""
    values = settings.model_dump(mode="json", exclude=_OF_ONE_PROCESS)
    return {name: _hash(value) for name, value in values.items()}


def system_event(
    service: str,
    told: Mapping[str, Any],
    now: Mapping[str, Any],
    version: int,
    event_time: datetime,
    event_id: UUID | None = None,
) -> OutgoingEvent:
    """What differs between the two, as an event of the service."""
    from kem.access.v1.access_events_pb2 import FileVersion, SystemChanged

    fact = SystemChanged(service=service)
    if now["release"] != told["release"]:
        for name, value in now["release"].items():
            setattr(fact.release, name, value)
    if names := _differing(told["settings"], now["settings"]):
        fact.settings.sha256 = _hash(now["settings"])
        fact.settings.setting_names.extend(names)
    for part in ("migrations", "policy_files"):
        for name in _differing(told[part], now[part]):
            getattr(fact, part).append(FileVersion(file_name=name, sha256=now[part].get(name)))
    what = derived_id("system", service)
    return event_about(
        Caller.of_service(service), event_time, "system_changed", fact, event_id, what, version
    )


async def _migrations(tx: Transaction, service: str, root: Path) -> dict[str, str]:
    """Of those that were applied the files."""
    applied = {row["version"] for row in await tx.connection.fetch(_APPLIED)}
    folders = (root / "chassis" / "migrations", root / "services" / service / "migrations")
    files = [file for folder in folders for file in folder.glob("*.sql")]
    return _hashes_of({file.name: file for file in files if file.name.partition("_")[0] in applied})


def _hashes_of(files: Mapping[str, Path]) -> dict[str, str]:
    return {name: sha256_of(file) for name, file in files.items() if file.is_file()}


def _differing(before: Hashes, now: Hashes) -> list[str]:
    return sorted(name for name in {*before, *now} if before.get(name) != now.get(name))


def _hash(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return sha256(text.encode()).hexdigest()
