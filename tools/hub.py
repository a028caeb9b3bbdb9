"""How the `kem` commands reach a running hub: its doors, and assertions for whoever they speak for."""

import json
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import UUID

import grpc

from chassis.caller import AssertionSigner
from kem.directory.v1 import directory_service_pb2_grpc
from kem.disclosure.v1 import disclosure_service_pb2_grpc
from kem.intake.v1 import intake_service_pb2_grpc
from kem.notifications.v1 import inbox_service_pb2_grpc
from kem.referral.v1 import referral_service_pb2_grpc

ISSUER: Final = "kem-up"
_LIFETIME_SECONDS: Final = 600
_OPTIONS: Final = (
    ("grpc.max_receive_message_length", 16 << 20),
    ("grpc.keepalive_time_ms", 20_000),
    ("grpc.use_local_subchannel_pool", 1),
)

Metadata = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Doors:
    """Where a running hub answers, and the key with which this machine may vouch for its staff."""

    intake: str
    referral: str
    notifications: str
    issuer_key_file: Path
    check_url: str

    @staticmethod
    def of_run_file(data: Path) -> "Doors":
        """The doors of the stack whose data lies in `data`.

        Raises:
            FileNotFoundError: no stack runs there.
        """
        run = json.loads((data / "run.json").read_text(encoding="utf-8"))
        addresses = run["addresses"]
        return Doors(
            intake=addresses["intake"],
            referral=addresses["referral"],
            notifications=addresses["notifications"],
            issuer_key_file=data / "secrets" / "issuer.pem",
            check_url=(data / "secrets" / "check.url").read_text(encoding="utf-8").strip(),
        )


class Person:
    """A member of staff, or an agency's own system, for whom this machine vouches."""

    def __init__(
        self,
        signer: AssertionSigner,
        principal_id: UUID,
        agency_id: UUID | None,
        roles: Iterable[str],
        acting_person: str | None = None,
    ) -> None:
        self.principal_id = principal_id
        self.agency_id = agency_id
        self._signer = signer
        self._roles = frozenset(roles)
        self._acting_person = acting_person
        self._metadata: Metadata = ()
        self._renew_at = 0.0

    def credentials(self) -> Metadata:
        """Metadata for a call, with an assertion that is good for some minutes yet."""
        if time.monotonic() >= self._renew_at:
            token = self._signer.token(
                self.principal_id,
                self.agency_id,
                self._roles,
                acting_person=self._acting_person,
                lifetime_seconds=_LIFETIME_SECONDS,
            )
            self._metadata = (("authorization", f"Bearer {token}"),)
            self._renew_at = time.monotonic() + _LIFETIME_SECONDS / 2
        return self._metadata


class Hub:
    """Open channels to every door. Close it when done.

    One channel for the calls of staff, another one for agencies: as different machines would have.
    """

    def __init__(self, doors: Doors) -> None:
        self.doors = doors
        self._signer = AssertionSigner(ISSUER, doors.issuer_key_file)
        self._channels = [grpc.aio.insecure_channel(to, options=_OPTIONS) for to in (doors.intake, doors.referral)]
        intake, referral = self._channels
        self.intake = intake_service_pb2_grpc.IntakeServiceStub(intake)
        self.disclosure = disclosure_service_pb2_grpc.DisclosureServiceStub(intake)
        self.referral = referral_service_pb2_grpc.ReferralServiceStub(referral)
        self.directory = directory_service_pb2_grpc.DirectoryServiceStub(referral)

    def person(
        self, principal_id: UUID, agency_id: UUID | None, *roles: str, acting_person: str | None = None
    ) -> Person:
        """Somebody on whose behalf calls can be made."""
        return Person(self._signer, principal_id, agency_id, roles, acting_person)

    def inbox(self) -> inbox_service_pb2_grpc.InboxServiceStub:
        """A door to the inbox on a connection of its own, as each agency has one."""
        channel = grpc.aio.insecure_channel(self.doors.notifications, options=_OPTIONS)
        self._channels.append(channel)
        return inbox_service_pb2_grpc.InboxServiceStub(channel)

    async def close(self) -> None:
        for channel in self._channels:
            await channel.close()
