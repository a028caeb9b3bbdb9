"""The services of this checkout, and the settings with which each one runs."""

import asyncio
import os
import sys
import time
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Final

from chassis.grpc_server import REASON_METADATA
from chassis.tls import TlsFiles, secure_channel
from tools.stack.choice import PKCS11, keys_of
from tools.stack.confine import landlock_version
from tools.stack.failure import StackFailure
from tools.stack.key_token import token_settings
from tools.stack.layout import Layout
from tools.stack.ports import Ports, is_free
from tools.stack.process import bare_environment

_CONFINE: Final = Path(__file__).with_name("confine.py")
CONSOLE: Final = "console"
"""It shows pages over HTTP, keeps no data and reads no topic."""
MAIL_SETTINGS: Final = tuple(
    f"KEM_NOTIFICATIONS_{name}"
    for name in (
        *("SMTP_HOST", "SMTP_PORT", "SMTP_TLS", "SMTP_FROM", "SMTP_LOGIN", "SMTP_PASSWORD_FILE"),
        *("SMTP_AUTHORITIES_FILE", "MAILS_A_SECOND", "CONSOLE_URL"),
    )
)
"""By which a hub is given a mail server; without them it sends no mail."""
START_ORDER = ("intake", "referral", "notifications", "access", "audit", CONSOLE)
"""All start at once; draining goes the other way round."""


def services_of(root: Path) -> list[str]:
    """The services that can be run, in their order."""
    found = {path.parent.name for path in (root / "services").glob("*/__main__.py")}
    return [name for name in START_ORDER if name in found]


def schemas_of(services: Sequence[str]) -> list[str]:
    """Those of the services that keep data, each in a schema of its name."""
    return [name for name in services if name != CONSOLE]


def environment(
    root: Path, layout: Layout, ports: Ports, kafka: Mapping[str, str], service: str, own: Mapping[str, str]
) -> dict[str, str]:
    """The settings of architecture: addresses of every service, files of this one's secrets; `own` wins."""
    prefix = f"KEM_{service.upper()}_"
    settings = (
        bare_environment()
        | dict(kafka)
        | {
            "PYTHONPATH": os.pathsep.join([str(root), str(root / "gen")]),
            "TMPDIR": str(layout.work),
            "KEM_ASSERTION_KEYS_FILE": str(layout.assertion_keys),
            f"{prefix}METRICS_ADDRESS": f"127.0.0.1:{ports.metrics(service)}",
            f"{prefix}IDENTITY_FILE": str(layout.identity_key(service)),
            f"{prefix}CERTIFICATE_FILE": str(layout.certificate(service)),
            "KEM_AUTHORITIES_FILE": str(layout.authorities),
            "KEM_REVOKED_CERTIFICATES_FILE": str(layout.revoked_certificates),
        }
    )
    for name in schemas_of(services_of(root)):
        settings[f"KEM_{name.upper()}_GRPC_ADDRESS"] = f"127.0.0.1:{ports.door(name)}"
    if service == CONSOLE:
        settings["KEM_CONSOLE_HTTP_ADDRESS"] = f"127.0.0.1:{ports.door(CONSOLE)}"
    else:
        for kind, login in (("DATABASE", "app"), ("WORKER_DATABASE", "worker")):
            settings[f"{prefix}{kind}_URL_FILE"] = str(layout.url_file(f"{service}-{login}"))
    if service == "notifications":
        # whoever tries a partner's door on this machine has it on this machine
        settings["KEM_NOTIFICATIONS_PUSH_NETWORKS"] = "127.0.0.0/8,::1/128"
        settings["KEM_NOTIFICATIONS_CONSOLE_URL"] = f"http://127.0.0.1:{ports.door(CONSOLE)}"
    if service == "intake":
        settings["KEM_KEYS_DIR"] = str(layout.keys)
        if keys_of(layout) == PKCS11:
            settings |= token_settings(layout)
    if service == "access":
        settings["KEM_ACCESS_KEY_FILE"] = str(layout.sign_in_key)
        settings["KEM_ACCESS_ASSERTION_KEY_FILE"] = str(layout.staff_issuer_key)
        settings["KEM_ACCESS_CERTIFICATE_REGISTER_FILE"] = str(layout.certificate_register)
    if service == "audit":
        settings["KEM_AUDIT_SIGNING_KEY_FILE"] = str(layout.ledger_key)
    passed_on = (
        *("KEM_LOG_LEVEL", "KEM_OTLP_ENDPOINT", "KEM_TRACE_RATIO", "KEM_ACCESS_PROVIDERS_FILE"),
        *("KEM_KAFKA_AUTHORITIES_FILE", f"{prefix}KAFKA_CERTIFICATE_FILE"),
        *(MAIL_SETTINGS if service == "notifications" else ()),
    )
    settings |= {name: os.environ[name] for name in passed_on if name in os.environ}
    return settings | dict(own)


def command(service: str, roles: str | None) -> list[str]:
    """How a service is started; all its roles unless some are named."""
    return [sys.executable, "-P", "-m", f"services.{service}", *(("--roles", roles) if roles else ())]


def confined(layout: Layout, settings: Mapping[str, str], command: Sequence[str]) -> list[str]:
    """The command, kept out of the data folder but for what its settings name, and the folder for its work.

    Keys and tokens it may write, and work; everything else only read, and nothing outside be changed. Of a
    file in a folder of its own the whole folder is opened, so that it may be replaced; one that lies among
    those of others is opened by itself. Where the kernel has no Landlock it is the command alone.
    """
    if not landlock_version():
        return list(command)
    shared = (layout.data, layout.secrets)
    named = [Path(value) for value in settings.values() if value.startswith(f"{layout.data}/")]
    opened = {path.parent if path.is_file() and path.parent not in shared else path for path in named}
    own = {path for path in opened if path in (layout.keys, layout.sign_in, layout.token)} | {layout.work}
    # the environment of Python may lie in the data folder
    read = (opened - own) | {Path(sys.prefix)}
    lists = (*sorted(map(str, own)), "--read", *sorted(map(str, read)))
    return [sys.executable, "-I", "-S", str(_CONFINE), str(layout.data), *lists, "--", *command]


def check_ports(ports: Ports, service: str) -> None:
    """Raises StackFailure when a port of the service has been taken by another program."""
    for port in (ports.door(service), ports.metrics(service)):
        if not is_free(port):
            raise StackFailure(f"port {port} is used by another program; end that program")


async def wait_serving(address: str, service: str, files: TlsFiles, patience_seconds: float = 60) -> None:
    """Returns when `service` says SERVING at `address` to the holder of `files`.

    Raises:
        StackFailure: it does not in time.
    """
    deadline = time.monotonic() + patience_seconds
    why_not: str | None = ""
    while time.monotonic() < deadline:
        why_not = await why_not_serving(address, service, files)
        if why_not is None:
            return
        await asyncio.sleep(0.1)
    raise StackFailure(f"does not serve at {address} after {patience_seconds:.0f} s: {why_not}")


async def is_serving(address: str, service: str, files: TlsFiles, deadline_seconds: float = 1.0) -> bool:
    """Whether `service` says SERVING at `address` now."""
    return await why_not_serving(address, service, files, deadline_seconds) is None


async def why_not_serving(
    address: str, service: str, files: TlsFiles, deadline_seconds: float = 1.0
) -> str | None:
    """The reason that the service gives (gRPC health, the console at /ready); None when it serves."""
    if service == CONSOLE:
        return await asyncio.to_thread(_why_no_pages, address, deadline_seconds)
    import grpc
    from grpc_health.v1 import health_pb2, health_pb2_grpc

    async with secure_channel(
        address, service, files, options=[("grpc.use_local_subchannel_pool", 1)]
    ) as channel:
        call = health_pb2_grpc.HealthStub(channel).Check(
            health_pb2.HealthCheckRequest(), timeout=deadline_seconds
        )
        try:
            answer = await call
            said = dict(await call.trailing_metadata() or ())
        except grpc.aio.AioRpcError:
            return "it does not answer"
        if answer.status == health_pb2.HealthCheckResponse.SERVING:
            return None
        return str(said.get(REASON_METADATA, "it does not say why"))


def _why_no_pages(address: str, deadline_seconds: float) -> str | None:
    connection = HTTPConnection(address, timeout=deadline_seconds)
    try:
        connection.request("GET", "/ready")
        answer = connection.getresponse()
        words = answer.read(200).decode("utf-8", "replace").strip()
    except (OSError, HTTPException):
        return "it does not answer"
    finally:
        connection.close()
    return None if answer.status == HTTPStatus.OK else words or "it does not say why"


class ReadyWord:
    """Readiness of a process that answers no calls: its log says so."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._read_from = 0

    def forget(self) -> None:
        """What the log says up to now was said by an earlier process."""
        self._read_from = self._log.stat().st_size if self._log.exists() else 0

    async def wait(self, patience_seconds: float = 60) -> None:
        """Returns when the process has said that it is ready.

        Raises:
            StackFailure: it does not in time.
        """
        deadline = time.monotonic() + patience_seconds
        while time.monotonic() < deadline:
            if b'"service_ready"' in self._log.read_bytes()[self._read_from :]:
                return
            await asyncio.sleep(0.05)
        raise StackFailure(f"has not said that it is ready after {patience_seconds:.0f} s")
