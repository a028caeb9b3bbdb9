"""The story: a town's hub on its own Apache Kafka, to which nobody comes without a certificate of the hub.
The breakage: a service writes where it is no source, reads what is not its own, loses the right to its group;
strangers come without a certificate, or with one that has no rights; certificates are renewed.
What must still hold: a day loses and doubles nothing; each may do what was declared and nothing else; who may
not read is not ready, and says why.
"""

import asyncio
import json
import shutil
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaConnectionError, TopicAuthorizationFailedError

from chassis.certificates import Holder
from chassis.kafka_address import KafkaAddress, client_settings
from chassis.reading_rights import why_not_read
from chassis.tls import TlsFiles
from chassis.topics import INTAKE, NOTIFICATIONS, READERS, REFERRAL, SOURCES, TOPICS
from tests.e2e.playing import play
from tests.integration.chassis.waiting import until
from tools.certificates.authority import KAFKA, Authority
from tools.certificates.office import CertificateOffice
from tools.demo.fresh import run_on_seconds
from tools.hub import Doors
from tools.stack.debian import ProgramMissing
from tools.stack.filling import Filling
from tools.stack.kafka_rights import read_certificate_again, settle_rights
from tools.stack.layout import write_secret
from tools.stack.options import StackOptions
from tools.stack.servers import ServersAsked
from tools.stack.services import is_serving, why_not_serving
from tools.stack.stack import Stack
from tools.stack.status import as_json, read_status
from tools.stack.topics import administration

NEEDS: Final = 60
_REFUSED: Final[str] = TopicAuthorizationFailedError.__name__


@pytest.fixture(scope="module")
async def stack(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    servers = ServersAsked("apache", 1)
    one = Stack(tmp_path_factory.mktemp("hub"), StackOptions(servers=servers))
    try:
        try:
            await one.start()
        except ProgramMissing as missing:
            pytest.skip(missing.sentence)
        await run_on_seconds(one.postgres)
        yield one
    finally:
        await one.stop()


def as_service(stack: Stack, name: str) -> KafkaAddress:
    """The hub's Kafka, as one of its services comes to it."""
    file = stack.layout.certificate(name)
    return KafkaAddress(stack.addresses["broker"], TlsFiles(file, file, stack.layout.authorities))


def newly_issued(stack: Stack, holder: Holder) -> bytes:
    """Another certificate of the hub's authority, with its key."""
    layout = stack.layout
    issued = Authority(layout.authority_key, layout.authority_certificate).issue(holder)
    return issued.key + issued.chain


async def write(kafka: str, topic: str) -> None:
    """Acknowledged when it returns. Nobody can read it: it is set aside and told of, or never comes there."""
    producer = AIOKafkaProducer(**client_settings(kafka), acks="all", request_timeout_ms=5000)
    try:
        async with asyncio.timeout(15):
            await producer.start()
            await producer.send_and_wait(topic, b"", partition=0)
    finally:
        await producer.stop()


async def refusal_of(call: Callable[[], Awaitable[Any]]) -> str:
    """The name of the error; empty where there was none."""
    try:
        await call()
    except Exception as error:
        return type(error).__name__
    return ""


async def test_a_day_over_tls_with_the_least_rights_loses_and_doubles_nothing(stack: Stack) -> None:
    outcome = await play(Doors.of(stack.layout), NEEDS, seed=17)
    assert outcome.complaints == []
    assert len(outcome.ledger.needs) == NEEDS


async def undeclared(service: str, kafka: KafkaAddress) -> list[str]:
    """What this service may do at Kafka that chassis/topics.py does not declare, or may not that it does."""
    found = []
    own = [topic for topic in TOPICS if service in READERS[topic]]
    if own and (why_not := await why_not_read(kafka, f"{service}.of-its-own", own)):
        found.append(f"{service}: {why_not}")
    for topic in TOPICS:
        if service not in SOURCES[topic] and await refusal_of(partial(write, kafka, topic)) != _REFUSED:
            found.append(f"{service} writes {topic}")
        if topic not in own and not await why_not_read(kafka, service, [topic]):
            found.append(f"{service} reads {topic}")
    # intake may see how far referral is; as a member of that group it reads no more than anybody else
    seen = {service, "referral"} if service == "intake" else {service}
    for group in {reader for readers in READERS.values() for reader in readers} - seen:
        if own and "as the group" not in await why_not_read(kafka, group, own):
            found.append(f"{service} reads as the group {group}")
    return found


async def test_each_service_writes_and_reads_what_is_declared_and_nothing_else(stack: Stack) -> None:
    assert [await undeclared(name, as_service(stack, name)) for name in stack.schemas] == [
        [] for _ in stack.schemas
    ]


async def test_nobody_comes_without_a_certificate_of_the_hub(stack: Stack, tmp_path: Path) -> None:
    in_plain = KafkaAddress(stack.addresses["broker"])
    with pytest.raises(KafkaConnectionError):
        await write(in_plain, INTAKE)
    bare = ssl.create_default_context(cafile=str(stack.layout.authorities))
    producer = AIOKafkaProducer(
        bootstrap_servers=str(in_plain), security_protocol="SSL", ssl_context=bare, request_timeout_ms=5000
    )
    with pytest.raises(KafkaConnectionError):
        await producer.start()
    await producer.stop()
    other = Authority.make(tmp_path / "key", tmp_path / "authority.pem").issue(Holder.of_service("intake"))
    write_secret(tmp_path / "own.pem", (other.key + other.chain).decode())
    files = TlsFiles(tmp_path / "own.pem", tmp_path / "own.pem", stack.layout.authorities)
    with pytest.raises(KafkaConnectionError):
        await write(KafkaAddress(in_plain, files), INTAKE)


async def test_an_agencys_certificate_opens_no_topic(stack: Stack, tmp_path: Path) -> None:
    write_secret(tmp_path / "own.pem", newly_issued(stack, Holder.of_agency(uuid4())).decode())
    agency = KafkaAddress(
        stack.addresses["broker"],
        TlsFiles(tmp_path / "own.pem", tmp_path / "own.pem", stack.layout.authorities),
    )
    with pytest.raises(TopicAuthorizationFailedError):
        await write(agency, INTAKE)
    assert await why_not_read(agency, "agency", [INTAKE])


async def test_whose_group_is_denied_is_not_ready_and_says_why_until_it_is_mended(stack: Stack) -> None:
    files = stack.layout.tools_certificate

    async def why_not() -> str | None:
        return await why_not_serving(stack.addresses["referral"], "referral", files)

    await asyncio.to_thread(_deny_group, stack, "referral")
    try:
        await until(lambda: _says(why_not, "GroupAuthorizationFailed"), within=60)
        process = stack.parts["referral"].process
        assert process is not None
        process.kill()  # one that starts under the denial is not ready either
        await until(lambda: _says(why_not, "GroupAuthorizationFailed"), within=60)
        found = json.loads(as_json(await read_status(stack.layout)))
        [told] = [one for one in found["processes"] if one["name"] == "referral"]
        assert told["state"] != "SERVING"
        assert "as the group referral" in told["reason"]
    finally:
        await asyncio.to_thread(settle_rights, stack.cluster.bootstrap, stack.schemas)
    await until(lambda: is_serving(stack.addresses["referral"], "referral", files), within=90)


async def _says(why_not: Callable[[], Awaitable[str | None]], words: str) -> bool:
    return words in (await why_not() or "")


def _deny_group(stack: Stack, group: str) -> None:
    from kafka.admin import (
        ACLFilter,
        ACLOperation,
        ACLPermissionType,
        ACLResourcePatternType,
        ResourcePatternFilter,
        ResourceType,
    )

    pattern = ResourcePatternFilter(ResourceType.GROUP, group, ACLResourcePatternType.LITERAL)
    everything = ACLFilter(f"User:{group}", "*", ACLOperation.ANY, ACLPermissionType.ANY, pattern)
    with administration(stack.cluster.bootstrap) as admin:
        admin.delete_acls([everything])


async def test_a_right_that_is_declared_no_more_is_taken_and_said_and_nobody_elses_is_touched(
    stack: Stack,
) -> None:
    intake = as_service(stack, "intake")
    with pytest.raises(TopicAuthorizationFailedError):
        await write(intake, REFERRAL)
    of_others, denied = _right("cleaner", "WRITE", REFERRAL), _right("access", "WRITE", INTAKE, "DENY")
    surplus = [
        _right("intake", "WRITE", REFERRAL),
        _right("notifications", "ALL", "kem.", pattern="PREFIXED"),
        _right("ledger", "READ", INTAKE),
    ]
    before = await asyncio.to_thread(_rights, stack)
    await asyncio.to_thread(_give, stack, [*surplus, of_others, denied])
    assert await refusal_of(lambda: write(intake, REFERRAL)) == ""
    CertificateOffice(stack.layout).registry.add_issued(
        Authority(stack.layout.authority_key, stack.layout.authority_certificate)
        .issue(Holder.of_service("ledger"))
        .certificate,
        "ledger",
    )
    said: list[str] = []
    filling = Filling(stack.cluster, stack.layout, dict.fromkeys(stack.schemas, ""), said.append, _nobody)
    await filling.make_topics()
    assert {line.partition(": ")[2] for line in said} == {
        f"intake may no longer WRITE topic {REFERRAL}.",
        "notifications may no longer ALL topic kem. and all that begin so.",
        f"ledger may no longer READ topic {INTAKE}.",
    }
    assert await asyncio.to_thread(_rights, stack) == before | {of_others, denied}
    await until(lambda: _is_refused(intake, REFERRAL), within=30)
    said.clear()
    await filling.make_topics()
    assert said == []


async def _is_refused(kafka: str, topic: str) -> bool:
    return await refusal_of(lambda: write(kafka, topic)) == _REFUSED


def _nobody(done: int, total: int) -> None:
    """Hears of no replay."""


def _right(who: str, operation: str, topic: str, kind: str = "ALLOW", *, pattern: str = "LITERAL") -> Any:
    from kafka.admin import (
        ACL,
        ACLOperation,
        ACLPermissionType,
        ACLResourcePatternType,
        ResourcePattern,
        ResourceType,
    )

    place = ResourcePattern(ResourceType.TOPIC, topic, ACLResourcePatternType[pattern])
    return ACL(f"User:{who}", "*", ACLOperation[operation], ACLPermissionType[kind], place)


def _give(stack: Stack, rights: list[Any]) -> None:
    with administration(stack.cluster.bootstrap) as admin:
        assert admin.create_acls(rights)["failed"] == []


def _rights(stack: Stack) -> set[Any]:
    from kafka.admin import (
        ACLFilter,
        ACLOperation,
        ACLPermissionType,
        ACLResourcePatternType,
        ResourcePatternFilter,
        ResourceType,
    )

    anything = ResourcePatternFilter(ResourceType.ANY, None, ACLResourcePatternType.ANY)
    every = ACLFilter(None, None, ACLOperation.ANY, ACLPermissionType.ANY, anything)
    with administration(stack.cluster.bootstrap) as admin:
        return set(admin.describe_acls(every)[0])


async def test_a_renewed_certificate_is_shown_on_the_next_connection_of_the_same_client_process(
    stack: Stack, tmp_path: Path
) -> None:
    """By its rights: the file first holds one service's certificate, then another one's."""
    file = tmp_path / "own.pem"
    shutil.copy(stack.layout.certificate("notifications"), file)
    kafka = KafkaAddress(stack.addresses["broker"], TlsFiles(file, file, stack.layout.authorities))
    assert await refusal_of(lambda: write(kafka, NOTIFICATIONS)) == ""
    shutil.copy(stack.layout.certificate("access"), file)
    assert await refusal_of(lambda: write(kafka, NOTIFICATIONS)) == _REFUSED


async def test_the_broker_shows_a_renewed_certificate_without_a_restart(stack: Stack) -> None:
    before = await asyncio.to_thread(_shown_by_broker, stack)
    write_secret(stack.layout.certificate(KAFKA.name), newly_issued(stack, KAFKA).decode())
    await asyncio.to_thread(
        read_certificate_again, stack.cluster.bootstrap, [1], stack.layout.certificate(KAFKA.name)
    )
    await until(lambda: _is_another(stack, before), within=30)


async def _is_another(stack: Stack, before: bytes) -> bool:
    return await asyncio.to_thread(_shown_by_broker, stack) != before


def _shown_by_broker(stack: Stack) -> bytes:
    import socket

    host, _, port = str(stack.addresses["broker"]).partition(":")
    context = ssl.create_default_context(cafile=str(stack.layout.authorities))
    own = stack.layout.certificate("tools")
    context.load_cert_chain(own, own)
    with (
        socket.create_connection((host, int(port)), 5) as plain,
        context.wrap_socket(plain, server_hostname=host) as secured,
    ):
        shown = secured.getpeercert(binary_form=True)
    assert shown is not None
    return shown
