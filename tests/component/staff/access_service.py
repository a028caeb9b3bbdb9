"""The access service as its own process, and clients at its doors."""

import base64
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import grpc

from chassis.caller import AssertionSigner
from kem.access.v1 import access_service_pb2 as messages
from kem.access.v1.access_service_pb2_grpc import SignInServiceStub, StaffServiceStub
from kernel.ids import random_id
from kernel.vocabulary import Role
from services.access.domain.authenticator import STEP_SECONDS, code_at
from tests.integration.access.staff import a_step_lasts
from tests.integration.chassis.assertions import key_file, make_signer, write_keys
from tests.integration.chassis.waiting import until
from tests.support.hub_certificates import certificate_environment, tools_files
from tests.support.postgres import FreshDatabase
from tools.stack.ports import free_port
from tools.stack.postgres import PostgresServer
from tools.stack.services import wait_serving

if TYPE_CHECKING:
    from kem.access.v1.access_service_pb2_grpc import SignInServiceAsyncStub, StaffServiceAsyncStub

ROOT = Path(__file__).resolve().parents[3]
PASSWORD = "four green chairs"
SCHEMAS = ("access",)


@dataclass
class AccessHub:
    """Starts a process of the service and speaks to it."""

    files: FreshDatabase
    bootstrap: str
    folder: Path
    operator_signer: AssertionSigner
    address: str = field(default_factory=lambda: f"127.0.0.1:{free_port()}")
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def log(self) -> Path:
        return self.folder / "access.log"

    async def start(self, **settings: str) -> None:
        """Starts it and waits until it serves."""
        for name, url in (("app", self.files.app_url("access")), ("worker", self.files.worker_url("access"))):
            (self.folder / f"{name}.url").write_text(url)
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": f"{ROOT}:{ROOT / 'gen'}",
            "KEM_ACCESS_DATABASE_URL_FILE": str(self.folder / "app.url"),
            "KEM_ACCESS_WORKER_DATABASE_URL_FILE": str(self.folder / "worker.url"),
            "KEM_ACCESS_GRPC_ADDRESS": self.address,
            **certificate_environment("access"),
            "KEM_ACCESS_IDENTITY_FILE": str(key_file(self.folder, "service:access")),
            "KEM_ACCESS_KEY_FILE": str(self.folder / "sign-in.key"),
            "KEM_ACCESS_ASSERTION_KEY_FILE": str(key_file(self.folder, "kem-access")),
            "KEM_KAFKA_BOOTSTRAP": self.bootstrap,
            "KEM_KAFKA_IDEMPOTENCE": "false",
            "KEM_ASSERTION_KEYS_FILE": str(self.folder / "assertion-keys.json"),
        }
        self.process = self._spawn(environment | settings)
        await wait_serving(self.address, "access", tools_files())

    def _spawn(self, environment: dict[str, str]) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-P", "-m", "services.access"]
        with self.log.open("ab") as log:
            return subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT)

    def stop(self) -> int:
        """Ends it in order; answers the exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(20)


@asynccontextmanager
async def running_access(
    postgres: PostgresServer, template: str, bootstrap: str, folder: Path, **settings: str
) -> AsyncIterator[AccessHub]:
    """A process of the service on a database of its own."""
    name = f"staff_{random_id().hex}"
    postgres.create_database(name, template)
    operator, issuer, _, asking = (
        make_signer(folder, one)
        for one in ("kem-up", "kem-access", "service:access", "service:notifications")
    )
    write_keys(folder, operator, issuer, asking)
    (folder / "closed-accounts").touch()
    (folder / "sign-in.key").write_bytes(base64.b64encode(os.urandom(32)))
    one = AccessHub(FreshDatabase(postgres, name, SCHEMAS), bootstrap, folder, operator)
    try:
        await one.start(**settings)
        yield one
    finally:
        assert one.stop() == 0
        postgres.drop_database(name)


@dataclass
class Desk:
    """Stubs on one channel; `keeper` is the metadata of somebody who keeps accounts."""

    hub: AccessHub
    channel: grpc.aio.Channel
    sign_in: "SignInServiceAsyncStub" = field(init=False)
    staff: "StaffServiceAsyncStub" = field(init=False)

    def __post_init__(self) -> None:
        self.sign_in, self.staff = SignInServiceStub(self.channel), StaffServiceStub(self.channel)

    def keeper(
        self, role: Role = Role.OPERATOR, agency_id: UUID | None = None
    ) -> tuple[tuple[str, str], ...]:
        token = self.hub.operator_signer.token(random_id(), agency_id, [role])
        return (("authorization", f"Bearer {token}"),)

    async def open(self, *roles: Role, agency_id: UUID | None = None, **other: Any) -> Any:
        """An account; answers what OpenAccount answers."""
        request = messages.OpenAccountRequest(
            request_id=str(random_id()),
            agency_id=str(agency_id) if agency_id else None,
            login=f"staff-{random_id().hex[:8]}",
            display_name="Sample Person",
            roles=list(roles),
        )
        return await self.staff.OpenAccount(request, metadata=other.get("metadata") or self.keeper())

    async def member(self, *roles: Role, agency_id: UUID | None = None) -> messages.Credentials:
        """Somebody who has chosen a password."""
        opened = await self.open(*roles, agency_id=agency_id)
        credentials = messages.Credentials(login=opened.account.login, password=opened.one_time_password)
        await self.sign_in.ChangePassword(
            messages.ChangePasswordRequest(credentials=credentials, new_password=PASSWORD)
        )
        credentials.password = PASSWORD
        return credentials

    async def session(self, credentials: messages.Credentials) -> messages.Session:
        answer = await self.sign_in.SignIn(messages.SignInRequest(credentials=credentials))
        return answer.session

    async def enrol(self, credentials: messages.Credentials) -> messages.Session:
        """Gives them their first authenticator; the next code is theirs to show."""
        begun = await self.sign_in.BeginEnrolment(messages.BeginEnrolmentRequest(credentials=credentials))
        secret = secret_in(begun.otpauth_uri)
        await until(a_step_lasts)
        confirmed = await self.sign_in.ConfirmEnrolment(
            messages.ConfirmEnrolmentRequest(credentials=credentials, new_code=code_of(secret, -1))
        )
        credentials.code = code_of(secret)
        return confirmed.session

    async def assertion(self, session: messages.Session) -> messages.IssueAssertionResponse:
        request = messages.IssueAssertionRequest(session_token=session.session_token)
        return await self.sign_in.IssueAssertion(request)


def secret_in(uri: str) -> bytes:
    """What an authenticator reads."""
    return base64.b32decode(parse_qs(urlsplit(uri).query)["secret"][0])


def code_of(secret: bytes, steps: int = 0) -> str:
    """What it shows, so many steps from now."""
    return code_at(secret, int(time.time()) // STEP_SECONDS + steps)
