"""The secrets of a hub, as its data folder keeps them: nothing else may show one."""

import base64
import json
import re
from collections.abc import Iterator
from pathlib import Path

from tests.e2e.kem_command import ROOT
from tests.e2e.search import Search
from tests.e2e.watched_processes import PASSES_BY, ProcessWatch
from tools.stack.layout import Layout
from tools.stack.services import services_of

_PRIVATE = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----\n(.+?)\n-----END", re.DOTALL)


def secrets_of(layout: Layout) -> list[str]:
    """Passwords of the database, private keys (their longest lines), the keys of people's data, a session."""
    found = [*_passwords(layout), *_private_keys(layout), *_plain_keys(layout), *_session(layout)]
    assert all(len(one) >= 16 for one in found)
    return found


def no_process_and_no_log_shows_any_of(secrets: list[str], layout: Layout, watch: ProcessWatch) -> None:
    """Nor an environment of a process that is not meant to have it."""
    search = Search(secrets)
    for shown, name in watch.command_lines.items():
        search.look(f"how {name} was started", shown)
    for shown, name in watch.environments.items():
        if name not in PASSES_BY:
            search.look(f"the environment of {name}", shown)
    assert search.look_at_files(layout.logs) > 5
    assert search.found == set()
    seen = b" ".join(watch.command_lines)
    assert all(f"services.{name}".encode() in seen for name in services_of(ROOT)), "all were looked at"
    assert b"login\0--as\0filippos" in seen


def _passwords(layout: Layout) -> Iterator[str]:
    yield from json.loads((layout.secrets / "passwords.json").read_text()).values()


def _private_keys(layout: Layout) -> Iterator[str]:
    for folder in (layout.secrets, layout.certificates, layout.authority):
        for file in filter(Path.is_file, folder.rglob("*")):
            for body in _PRIVATE.findall(file.read_text(errors="replace")):
                yield max(body.splitlines(), key=len)


def _plain_keys(layout: Layout) -> Iterator[str]:
    """Those that are bytes are looked for in base64, of which every other shape follows."""
    for file in {layout.sign_in_key, *layout.keys.glob("*.key")}:
        content = file.read_bytes().strip()
        yield content.decode() if content.isascii() else base64.b64encode(content).decode()


def _session(layout: Layout) -> Iterator[str]:
    kept = json.loads(layout.login_file.read_text())
    yield kept["session_token"]
    yield from kept["device_tokens"].values()
