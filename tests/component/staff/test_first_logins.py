"""The sample city's staff: opened by the first start, their first logins shown to a person and to no file."""

import re
import shutil
from pathlib import Path

from kem.access.v1 import access_service_pb2 as messages
from tests.component.staff.access_service import Desk
from tests.integration.chassis.assertions import key_file
from tests.support.hub_certificates import tools_files
from tests.support.refusals import refused
from tools.stack.layout import Layout
from tools.stack.staff import open_sample_staff

_SHOWN = re.compile(r"^  ([a-z]+) +([a-z2-7]{4}(?:-[a-z2-7]{4}){3}) ", re.MULTILINE)


async def test_first_logins_are_shown_where_a_person_reads_them_and_nothing_keeps_them(
    desk: Desk, tmp_path: Path
) -> None:
    layout, said = Layout(tmp_path / "data"), list[str]()
    layout.make()
    shutil.copy(key_file(desk.hub.folder, "kem-up"), layout.issuer_key)
    layout.certificates.mkdir(exist_ok=True)
    shutil.copy(tools_files().certificate, layout.certificate("tools"))
    shutil.copy(tools_files().authorities, layout.authorities)
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
