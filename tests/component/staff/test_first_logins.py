"""The sample city's staff: opened by the first start, their first logins shown to a person and to no file."""

import re
from pathlib import Path

from kem.access.v1 import access_service_pb2 as messages
from tests.component.staff.access_service import Desk
from tests.component.staff.data_folder import data_folder
from tests.support.refusals import refused
from tools.stack.staff import open_sample_staff

_SHOWN = re.compile(r"^  ([a-z]+) +([a-z2-7]{4}(?:-[a-z2-7]{4}){3}) ", re.MULTILINE)


async def test_first_logins_are_shown_where_a_person_reads_them_and_nothing_keeps_them(
    desk: Desk, tmp_path: Path
) -> None:
    layout, said = data_folder(desk.hub, tmp_path / "data"), list[str]()
    await open_sample_staff(layout, desk.hub.address, said.append, is_watched=False)
    assert _SHOWN.findall("\n".join(said)) == []
    assert "./kem staff reset LOGIN" in said[-1]
    layout.sample_staff_mark.unlink()  # as if that start had broken off
    await open_sample_staff(layout, desk.hub.address, said.append, is_watched=True)
    shown = dict(_SHOWN.findall("\n".join(said)))
    assert len(shown) == 17
    with refused() as refusal:
        await desk.session(messages.Credentials(login="filippos", password=shown["filippos"]))
    assert refusal.reason == "PASSWORD_MUST_BE_CHANGED"
    before = len(said)
    await open_sample_staff(layout, desk.hub.address, said.append, is_watched=True)
    assert len(said) == before, "once"
