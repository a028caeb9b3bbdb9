"""Words where none of a person may be, to see that a search finds them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaProducer

from chassis.topics import ACCESS
from tests.e2e.kem_command import KemUp
from tests.integration.chassis.waiting import until
from tools.stack.run_file import read_run

_SET_ASIDE = "select 'set aside: ' || count(*) from audit.dead_letter"


@asynccontextmanager
async def planted(hub: KemUp, *, in_a_log: str, in_a_topic: str, in_a_table: str) -> AsyncIterator[None]:
    """In the log of referral, in the topic of accesses and in a table; afterwards in no table any more."""
    run = read_run(hub.layout)
    assert run is not None
    with hub.layout.log("referral").open("a") as log:
        log.write(f'{{"event": "planted", "name": "{in_a_log}"}}\n')
    producer = AIOKafkaProducer(bootstrap_servers=run.addresses["broker"])
    await producer.start()
    await producer.send_and_wait(ACCESS, in_a_topic.encode(), partition=0)
    await producer.stop()
    hub.postgres.execute(
        f"create schema planted; create table planted.planted as select '{in_a_table}'::bytea as planted"
    )
    yield
    hub.postgres.execute("drop schema planted cascade")
    # the ledger has set the planted message aside, with its bytes
    await until(lambda: "set aside: 1" in hub.postgres.execute(_SET_ASIDE))
    hub.postgres.execute("delete from audit.dead_letter")
