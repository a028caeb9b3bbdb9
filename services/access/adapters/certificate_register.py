"""What became of the certificates of the hub's authority: the file that says so, and what was told of it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from chassis.access_records import event_about
from chassis.caller import Caller
from chassis.certificates import Holder, HolderKind
from chassis.events import OutgoingEvent
from chassis.postgres import Transaction
from kem.access.v1 import access_events_pb2 as facts
from kernel.ids import derived_id

HOLDER_KINDS: Final = {
    HolderKind.AGENCY: facts.HOLDER_KIND_AGENCY,
    HolderKind.SERVICE: facts.HOLDER_KIND_SERVICE,
    HolderKind.TOOLS: facts.HOLDER_KIND_TOOLS,
}
_NOTE: Final = """
    insert into certificate_told (serial, reason) select * from unnest($1::text[], $2::text[])
    on conflict do nothing
    returning serial, reason
"""
_TOLD: Final = (
    "select serial, count(*) as times from certificate_told where serial = any($1::text[]) group by 1"
)


@dataclass(frozen=True, slots=True)
class CertificateAct:
    """A certificate was issued, or revoked for a reason, or that reason corrected.

    Args:
        act_time: by the clock of the machine where it was done.
        end_time: from when on the certificate is good no more.
        reason: why it was revoked; empty where it was issued.
    """

    serial: str
    holder: Holder
    act_time: datetime
    end_time: datetime
    reason: str = ""


def parse_register(content: bytes) -> Sequence[CertificateAct]:
    """What was done, of each certificate in its order.

    Raises:
        ValueError: it is no such file.
    """
    try:
        return [act for row in json.loads(content)["certificates"] for act in _acts_of(row)]
    except (KeyError, TypeError) as error:
        raise ValueError("this is no register of certificates") from error


def _acts_of(row: Any) -> list[CertificateAct]:
    holder, end_time = Holder.parse(row["holder"]), datetime.fromisoformat(row["end_time"])
    issued = CertificateAct(row["serial"], holder, datetime.fromisoformat(row["issued_time"]), end_time)
    if not row["reason"]:
        return [issued]
    revoked_time = datetime.fromisoformat(row["revoked_time"])
    return [issued, CertificateAct(row["serial"], holder, revoked_time, end_time, row["reason"])]


@dataclass(frozen=True, slots=True)
class RegisteredCertificate:
    """A certificate, with all that was done about it.

    Args:
        revocation_reason: as it was said last; empty where it was not revoked.
    """

    serial: str
    holder: Holder
    issued_time: datetime
    end_time: datetime
    revoked_time: datetime | None = None
    revocation_reason: str = ""

    @property
    def is_of_agency(self) -> bool:
        return self.holder.kind is HolderKind.AGENCY

    def is_good(self, now: datetime) -> bool:
        """Whether somebody may still connect over it."""
        return self.revoked_time is None and now < self.end_time


def registered(acts: Sequence[CertificateAct]) -> list[RegisteredCertificate]:
    """Each certificate of the register once."""
    found: dict[str, RegisteredCertificate] = {}
    for act in acts:
        if not act.reason:
            found[act.serial] = RegisteredCertificate(act.serial, act.holder, act.act_time, act.end_time)
        else:
            found[act.serial] = replace(
                found[act.serial], revoked_time=act.act_time, revocation_reason=act.reason
            )
    return list(found.values())


class PostgresCertificatesTold:
    """The table `certificate_told`: what of the register is in the outbox already."""

    async def note(self, tx: Transaction, acts: Sequence[CertificateAct]) -> list[tuple[CertificateAct, int]]:
        """Those that were not told yet, noted as told; with the how manieth of its certificate each is."""
        rows = await tx.connection.fetch(_NOTE, [one.serial for one in acts], [one.reason for one in acts])
        new = {(row["serial"], row["reason"]) for row in rows}
        if not new:
            return []
        serials = {serial for serial, _ in new}
        times = {row["serial"]: row["times"] for row in await tx.connection.fetch(_TOLD, list(serials))}
        untold = [one for one in acts if (one.serial, one.reason) in new]
        version = {serial: times[serial] - sum(one.serial == serial for one in untold) for serial in serials}
        found = []
        for one in untold:
            version[one.serial] += 1
            found.append((one, version[one.serial]))
        return found


def certificate_event(
    act: CertificateAct, version: int, caller: Caller, now: datetime, event_id: UUID | None = None
) -> OutgoingEvent:
    """The act as an event; the same arguments give the same bytes."""
    kind, name = act.holder.kind, act.holder.name
    fact = facts.CertificateRevoked(reason=act.reason) if act.reason else facts.CertificateIssued()
    fact.serial, fact.holder_kind = act.serial, HOLDER_KINDS[kind]
    if kind is HolderKind.AGENCY:
        fact.agency_id = name
    else:
        fact.holder_service = name
    if isinstance(fact, facts.CertificateRevoked):
        fact.revoked_time.FromDatetime(act.act_time)
        field = "certificate_revoked"
    else:
        fact.issued_time.FromDatetime(act.act_time)
        fact.end_time.FromDatetime(act.end_time)
        field = "certificate_issued"
    whose = derived_id("certificate", act.serial)
    return event_about(caller, now, field, fact, event_id, whose, version)
