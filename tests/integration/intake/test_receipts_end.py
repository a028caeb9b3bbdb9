"""A paper leads to nobody and says nothing any more once what it told of is gone, or its time is over."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from chassis.caller import Caller
from kernel.ids import AgencyId, BeneficiaryId, random_id
from services.intake.adapters.postgres_receipts import PostgresReceipts, forget_expired
from services.intake.adapters.tombstones import Tombstones
from services.intake.domain.receipt import VALID_FOR, Receipt, ReceiptForm
from services.intake.domain.receipt_code import new_code, new_pin
from services.intake.domain.receipt_wording import ToldReceipt, worded
from services.intake.use_cases.erase_beneficiary import erase_beneficiary
from tests.support.retention import MONTH, YEAR, Retention
from tests.support.vault import KEM

ANYBODY = Caller.of_service("intake")
LEFT = """
    select code_digest, pin_digest, sealed_content, revoked_time, emptied_time from receipt
    where beneficiary_id = $1
"""


def receipts_of(retention: Retention) -> PostgresReceipts:
    return PostgresReceipts(retention.intake.parts.vault, 300)


async def issued(retention: Retention, person: BeneficiaryId) -> str:
    """The code of a receipt that was issued to this person."""
    receipts, code, receipt_id = receipts_of(retention), new_code(), random_id()
    async with retention.intake.database.transaction(retention.intake.desk) as tx:
        now = await tx.now()
        until = now + VALID_FOR
        content = worded(ToldReceipt(now, until, [], {}, []), "fa")
        sealed = await receipts.seal(tx, person, receipt_id, content)
        receipt = Receipt(
            receipt_id,
            uuid4(),
            person,
            AgencyId(KEM),
            ReceiptForm.PAPER,
            "fa",
            now,
            valid_until_time=until,
            code_digest=receipts.code_digest(code),
            pin_digest=receipts.pin_digest(receipt_id, new_pin()),
            sealed_content=sealed,
        )
        await receipts.insert(tx, receipt)
    return code


async def is_valid(retention: Retention, code: str) -> bool:
    async with retention.intake.database.transaction(ANYBODY) as tx:
        return await receipts_of(retention).is_valid(tx, code)


async def left(retention: Retention, person: BeneficiaryId) -> set[str]:
    """What the row of the person's receipt still says."""
    [row] = await retention.intake.rows(LEFT, person)
    return {name for name, value in dict(row).items() if value is not None}


async def short_rules(retention: Retention) -> None:
    """What is known of people is kept for a month, and who they are for four years."""
    rules = [one.rule for one in (await retention.look()).standings]
    await retention.save(*(rule if rule.key_class == "core" else replace(rule, months=1) for rule in rules))


async def test_a_paper_is_worth_nothing_once_what_it_told_of_is_destroyed(retention: Retention) -> None:
    await short_rules(retention)
    person, other = await retention.intake.person(), await retention.intake.person()
    code, of_other = await issued(retention, person), await issued(retention, other)
    await retention.hold(other)
    await retention.time_passes(2 * MONTH)
    assert (await retention.destroy()).people == 1
    assert not await is_valid(retention, code)
    assert await left(retention, person) == {"emptied_time"}
    assert await is_valid(retention, of_other)
    anew = await issued(retention, person)
    assert await is_valid(retention, anew)
    assert not await is_valid(retention, code)


async def test_its_end_is_no_contact_and_begins_no_time_anew(retention: Retention) -> None:
    await short_rules(retention)
    person = await retention.intake.person()
    await issued(retention, person)
    await retention.time_passes(2 * MONTH)
    await retention.destroy()
    assert await retention.due() == {}
    await retention.time_passes(5 * YEAR - 2 * MONTH)
    assert (await retention.destroy()).erased_people == 1


async def test_an_older_database_loses_it_again_at_the_next_start(retention: Retention) -> None:
    await short_rules(retention)
    person = await retention.intake.person()
    code = await issued(retention, person)
    for table in ("data_key", "sealed_record", "receipt"):
        await retention.superuser.execute(f"create table intake.older_{table} as table intake.{table}")
    await retention.time_passes(2 * MONTH)
    await retention.destroy()
    await retention.superuser.execute("set session_replication_role = replica")
    for table in ("destroyed_key", "destruction", "data_key", "sealed_record", "receipt"):
        await retention.superuser.execute(f"delete from intake.{table}")
    for table in ("data_key", "sealed_record", "receipt"):
        await retention.superuser.execute(f"insert into intake.{table} table intake.older_{table}")
    await retention.superuser.execute("update intake.beneficiary set version = 1")
    await retention.superuser.execute("set session_replication_role = origin")
    assert await is_valid(retention, code)
    assert await retention.start_again() == 2
    assert not await is_valid(retention, code)
    assert await left(retention, person) == {"emptied_time"}


@pytest.mark.parametrize("commit_is_lost", [False, True])
async def test_of_whoever_is_erased_nothing_is_left_by_which_a_paper_is_found(
    retention: Retention, commit_is_lost: bool
) -> None:
    person = await retention.intake.person()
    code = await issued(retention, person)
    parts, tombstones = retention.intake.parts, Tombstones(retention.keys_folder)

    async def erase() -> None:
        async with retention.intake.database.transaction(ANYBODY) as tx:
            await erase_beneficiary(person, tx, parts.people, tombstones, parts.recalls)
            if commit_is_lost:
                raise ConnectionError

    if commit_is_lost:
        with pytest.raises(ConnectionError):
            await erase()
        assert await is_valid(retention, code)
        await retention.start_again()
    else:
        await erase()
    assert not await is_valid(retention, code)
    assert await left(retention, person) == {"emptied_time"}


async def test_what_has_expired_is_emptied_by_the_clock_and_what_is_valid_is_not(
    retention: Retention,
) -> None:
    old, new = await retention.intake.person(), await retention.intake.person()
    of_old = await issued(retention, old)
    await retention.time_passes(VALID_FOR + timedelta(hours=1))
    of_new = await issued(retention, new)
    assert not await is_valid(retention, of_old)
    async with retention.intake.worker.transaction(ANYBODY) as tx:
        assert await forget_expired(tx) == 1
        assert await forget_expired(tx) == 0
    assert await left(retention, old) == {"emptied_time"}
    assert await is_valid(retention, of_new)
    assert not await is_valid(retention, of_old)
