"""No gRPC door and no channel of the hub is without TLS; a partner's http on this very machine apart."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_PLAIN = re.compile(r"\b(insecure_channel|add_insecure_port|insecure_server_credentials)\b")
_ALLOWED = {"services/notifications/adapters/partner_lines.py"}
"""docs/decisions/0011: a push address is http on the loopback only."""


def plain_doors(root: Path) -> set[str]:
    """The files that open one."""
    files = (file for room in ("chassis", "services", "tools") for file in (root / room).rglob("*.py"))
    return {str(file.relative_to(root)) for file in files if _PLAIN.search(file.read_text())}


def test_no_door_and_no_channel_is_plain() -> None:
    assert plain_doors(ROOT) == _ALLOWED


def test_a_plain_door_is_found(tmp_path: Path) -> None:
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools/door.py").write_text("server.add_insecure_port('127.0.0.1:0')\n")
    assert plain_doors(tmp_path) == {"tools/door.py"}
