"""A data folder as `./kem up` leaves it, of which access alone runs: the commands find it there."""

import os
import shutil
from pathlib import Path

from tests.component.staff.access_service import AccessHub
from tests.integration.chassis.assertions import key_file
from tests.support.hub_certificates import tools_files
from tools.stack.layout import Layout
from tools.stack.run_file import Run, RunningProcess, start_time_of, write_run

_NOWHERE = "127.0.0.1:1"


def data_folder(hub: AccessHub, folder: Path) -> Layout:
    """Hold it while commands are to find the hub running."""
    layout = Layout(folder)
    layout.make()
    shutil.copy(key_file(hub.folder, "kem-up"), layout.issuer_key)
    layout.certificate("tools").parent.mkdir()
    shutil.copy(tools_files().certificate, layout.certificate("tools"))
    shutil.copy(tools_files().authorities, layout.authorities)
    layout.url_file("check").write_text("postgresql://nowhere")
    addresses = dict.fromkeys(("intake", "referral", "notifications"), _NOWHERE) | {"access": hub.address}
    supervisor = RunningProcess("kem up", os.getpid(), start_time_of(os.getpid()))
    write_run(layout, Run(supervisor, 7400, addresses, is_ready=True))
    return layout
