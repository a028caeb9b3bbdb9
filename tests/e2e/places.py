"""Every place in which a running hub keeps or shows bytes: files, topics, databases, pages of measures."""

import asyncio
import os
import subprocess
from urllib.request import urlopen

from aiokafka import AIOKafkaConsumer, TopicPartition

from chassis.topics import PARTITIONS, TOPICS
from tests.e2e.kem_command import KemUp
from tests.e2e.playing import PATIENCE_SECONDS
from tests.e2e.search import Search
from tools.stack.footing import installed_programs
from tools.stack.postgres_admin import DATABASE
from tools.stack.run_file import read_run
from tools.stack.services import START_ORDER

_METRICS_ABOVE_GRPC = 20


async def search_everywhere(up: KemUp, search: Search) -> dict[str, int]:
    """Looks into all of them; answers how many things of each kind were looked at."""
    run = read_run(up.layout)
    assert run is not None
    up.postgres.execute("checkpoint", "postgres")  # what is in memory goes into the files
    looked_at = {"files": search.look_at_files(up.layout.data.parent)}
    dumped = dump(up)
    looked_at["dumped bytes"] = len(dumped)
    for line in dumped.splitlines():
        search.look("database", line)
    messages = await read_topics(run.addresses["broker"])
    looked_at |= {topic: len(found) for topic, found in messages.items()}
    for topic, found in messages.items():
        for message in found:
            search.look(f"topic {topic}", message)
    for name in START_ORDER:
        if name in run.addresses:
            search.look(f"measures of {name}", measures(run.addresses[name]))
    return looked_at


def measures(grpc_address: str) -> bytes:
    """The page that a service shows to Prometheus."""
    host, _, port = grpc_address.partition(":")
    with urlopen(f"http://{host}:{int(port) + _METRICS_ABOVE_GRPC}/metrics") as page:
        return bytes(page.read())


def dump(up: KemUp) -> bytes:
    """Every schema as text; bytes are in hexadecimal."""
    postgres = up.postgres
    done = subprocess.run(
        [
            str(installed_programs() / "pg_dump"),
            "--format=plain",
            "--inserts",
            "--rows-per-insert=1",
            DATABASE,
        ],
        env={
            "PATH": os.environ["PATH"],
            "PGHOST": "127.0.0.1",
            "PGPORT": str(postgres.port),
            "PGUSER": "postgres",
            "PGPASSWORD": postgres.passwords.superuser,
        },
        capture_output=True,
        check=True,
    )
    return done.stdout


async def read_topics(bootstrap: str) -> dict[str, list[bytes]]:
    """Everything that the broker holds: keys, values, names and values of headers."""
    # `seek_to_beginning` would race with the first look for a place, whose answer may come later and win
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap, auto_offset_reset="earliest", fetch_max_wait_ms=50
    )
    await consumer.start()
    found: dict[str, list[bytes]] = {topic: [] for topic in TOPICS}
    places = [TopicPartition(topic, partition) for topic in TOPICS for partition in range(PARTITIONS)]
    try:
        consumer.assign(places)
        ends = await consumer.end_offsets(places)
        behind = {place for place in places if ends[place]}
        async with asyncio.timeout(PATIENCE_SECONDS):
            while behind:
                for place, messages in (await consumer.getmany(timeout_ms=500)).items():
                    for one in messages:
                        headers = b" ".join(name.encode() + b"=" + value for name, value in one.headers)
                        found[place.topic].append(b" ".join([one.key or b"", one.value or b"", headers]))
                        if one.offset + 1 >= ends[place]:
                            behind.discard(place)
    finally:
        await consumer.stop()
    return found
