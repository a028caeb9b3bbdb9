"""The story: an agency keeps the ledger's checkpoints, and the hub's ledger is lost, cut, or written anew.
What must hold: the agency's own terminal says so, and until then it says that all is well.
"""

from pathlib import Path

import pytest

from kem.audit.v1 import audit_service_pb2 as messages
from tests.component.audit.audit_service import AuditHub, until_signed
from tests.integration.audit.ledgers import events
from tests.integration.chassis.assertions import key_file
from tests.support.postgres import FreshDatabase
from tools.audit.verifier import Key, Wrong, open_checkpoint
from tools.partner.checkpoints import KeptCheckpoints
from tools.stack.credentials import replace_key

ALARM = "[bold red]"


def kept(hub: AuditHub, folder: Path) -> KeptCheckpoints:
    return KeptCheckpoints(folder, hub.ask, hub.stub)


async def test_a_ledger_that_grows_is_kept_and_nothing_is_said_against_it(
    hub: AuditHub, tmp_path: Path
) -> None:
    mine = tmp_path / "mine"
    for first in (1, 11, 21):
        await hub.enter(events(10, first=first))
        await until_signed(hub, first + 9)
        said = await kept(hub, mine).ask_for_newest()
        assert "is kept in" in said
        assert ALARM not in said
        assert "yellow" not in said
    assert len(list(mine.glob("*.checkpoint"))) == 3
    assert (mine / "30.checkpoint").stat().st_mode & 0o777 == 0o600


async def test_a_restored_ledger_that_lost_its_end_is_found_even_when_it_has_grown_again(
    hub: AuditHub, tmp_path: Path
) -> None:
    mine = tmp_path / "mine"
    await hub.enter(events(10))
    await until_signed(hub, 10)
    await hub.stop()
    backup = FreshDatabase(hub.files.server, f"{hub.files.name}_backup", hub.files.schemas)
    hub.files.server.create_database(backup.name, hub.files.name)
    await hub.start(hub.files)
    await hub.enter(events(20, first=11))
    await until_signed(hub, 30)
    assert ALARM not in await kept(hub, mine).ask_for_newest()
    await hub.stop()

    await hub.start(backup)
    said = await kept(hub, mine).ask_for_newest()
    assert "has become shorter: 10 entries, and it had 30" in said
    await hub.enter(events(40, first=11))  # what happens next, after the restore
    await until_signed(hub, 50)
    said = await kept(hub, mine).ask_for_newest()
    assert "no longer knows its own checkpoint of 30 entries" in said
    await hub.stop()
    hub.files.server.drop_database(backup.name)
    assert (mine / "30.checkpoint").exists(), "what shows it is kept"


async def test_a_ledger_written_anew_with_the_same_key_is_found(hub: AuditHub, tmp_path: Path) -> None:
    """Whoever has the database and the key makes checkpoints of every size again; the root is another one."""
    mine = tmp_path / "mine"
    await hub.enter(events(8))
    await until_signed(hub, 8)
    await kept(hub, mine).ask_for_newest()
    hub.files.execute(
        "set session_replication_role = replica; set search_path = audit;"
        " truncate entry, subject, node, checkpoint, source_mark;"
        " update head set size = 0, edge = '', recorded_time = '-infinity'"
    )
    await hub.enter(events(8))
    await until_signed(hub, 8)
    assert "does not go on from its own checkpoint of 8 entries" in await kept(hub, mine).ask_for_newest()
    assert len(list(mine.glob("8*.checkpoint"))) == 2, "both histories are kept"
    await hub.enter(events(4, first=9))
    await until_signed(hub, 12)
    assert "does not go on from its own checkpoint of 8 entries" in await kept(hub, mine).ask_for_newest()


async def test_what_no_key_of_the_hub_has_signed_is_an_alarm(hub: AuditHub, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    await hub.enter(events(8))
    first = await until_signed(hub, 8)
    await kept(hub, mine).ask_for_newest()
    forged = first.note.replace("\n8\n", "\n9\n", 1)
    assert "does not hold" in await kept(hub, mine).keep(forged)
    assert ALARM in await kept(hub, mine).accept("00000000")


async def test_a_rolled_key_signs_at_once_no_entry_is_lost_and_agencies_accept_it_by_its_number_only(
    hub: AuditHub, tmp_path: Path
) -> None:
    """While the service runs, over a moment in which nothing can sign."""
    mine = tmp_path / "mine"
    await hub.enter(events(8))
    first = await until_signed(hub, 8)
    await kept(hub, mine).ask_for_newest()
    key = key_file(hub.folder, "ledger")
    key.write_text("half a k")
    await hub.enter(events(4, first=9))
    replace_key(key)
    second = await until_signed(hub, 12)
    assert list(second.verifier_keys)[1:] == list(first.verifier_keys)
    new, old = map(Key.read, second.verifier_keys)
    assert open_checkpoint(second.note, [new]).size == 12
    with pytest.raises(Wrong):
        open_checkpoint(second.note, [old])
    begun = "select count(*) from audit.outbox where type = 'SigningKeyBegun'"
    assert hub.files.execute(begun).strip() == "2", "each is told of once"
    old_request = messages.GetCheckpointRequest(size=8)
    old_note = (await hub.stub.GetCheckpoint(old_request, metadata=hub.caller())).note
    assert open_checkpoint(old_note, [old]).size == 8

    number = new.key_id.hex()
    for size in (16, 20):  # it is said until somebody accepts it, and the history is tested all the same
        said = await kept(hub, mine).ask_for_newest()
        assert f"ledger accept {number}" in said
        assert ALARM not in said
        await hub.enter(events(4, first=size - 3))
        await until_signed(hub, size)
    assert "is accepted" in await kept(hub, mine).accept(number)
    assert "yellow" not in await kept(hub, mine).ask_for_newest()
    assert (mine / "keys").read_text().split() == [*first.verifier_keys, second.verifier_keys[0]]


async def test_what_is_kept_and_cannot_be_read_any_more_is_said_and_the_sitting_goes_on(
    hub: AuditHub, tmp_path: Path
) -> None:
    mine = tmp_path / "mine"
    await hub.enter(events(8))
    await until_signed(hub, 8)
    await kept(hub, mine).ask_for_newest()
    (mine / "8.checkpoint").write_text("half a checkp")
    await hub.enter(events(4, first=9))
    await until_signed(hub, 12)
    said = await kept(hub, mine).ask_for_newest()
    assert ALARM in said
    assert "8.checkpoint" in said
    assert (mine / "12.checkpoint").exists()
