"""A token of SoftHSM2 for intake's keys, where a hub keeps them by PKCS#11: made once, in the data folder.

Whoever has a device of their own writes `token.json` before the first start: `module` (the device's library),
`label` of the token, `pin_file` (from that folder on), and `environment` for what the library wants to know.
"""

import json
import os
import pty
import secrets
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from tools.stack.debian import find_programs
from tools.stack.failure import StackFailure
from tools.stack.layout import Layout, write_secret

MODULES: Final = (
    Path("/usr/lib/softhsm/libsofthsm2.so"),
    Path("/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so"),
    Path("/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so"),
)
LABEL: Final = "kem-vault"
_PROMPT: Final = b"PIN: "
_FIELDS: Final = ("module", "label", "pin_file")


def see_to_token(layout: Layout, say: Callable[[str], None]) -> None:
    """Makes the hub's token, unless it has one or a device of its own; SoftHSM2 is there then. Repeat-safe.

    Raises:
        StackFailure: SoftHSM2 cannot be had, or does not do as it should.
    """
    if layout.token_file.exists() and not _tokens(layout).exists():
        return  # a device
    module = find_softhsm(say)
    if layout.token_file.exists():
        return
    pin = secrets.token_urlsafe(24)
    shutil.rmtree(layout.token, ignore_errors=True)  # of a first start that was killed here
    _tokens(layout).mkdir(mode=0o700, parents=True)
    layout.token.chmod(0o700)
    initialise_token(LABEL, pin, _softhsm_environment(layout))
    write_secret(layout.token / "pin", pin + "\n")
    told = {"module": str(module), "label": LABEL, "pin_file": "pin"}
    write_secret(layout.token_file, json.dumps(told, indent=1))


def find_softhsm(say: Callable[[str], None]) -> Path:
    """SoftHSM2's library; its package is installed where that may be done.

    Raises:
        ProgramMissing: it may not.
    """
    find_programs({"softhsm2-util": "softhsm2"}, "The vault in a PKCS#11 token", say)
    for module in MODULES:
        if module.exists():
            return module
    places = ", ".join(map(str, MODULES))
    raise StackFailure(f"SoftHSM2 is installed, but its library is at none of {places}.")


def initialise_token(label: str, pin: str, environment: Mapping[str, str]) -> None:
    """Makes a token in the first free slot. Its PIN is typed, so that no list of processes shows it; the
    security officer's, which could only wipe the token, is forgotten.
    """
    officer = secrets.token_urlsafe(24)
    master, slave = pty.openpty()
    with os.fdopen(master, "r+b", buffering=0) as terminal:
        process = subprocess.Popen(
            ["softhsm2-util", "--init-token", "--free", "--label", label],
            env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", **environment},
            stdin=slave,
            stdout=slave,
            stderr=slave,
        )
        os.close(slave)
        said = b""
        for typed in (officer, officer, pin, pin):
            said = _until_asked(terminal.read)
            if not said.endswith(_PROMPT):
                break
            terminal.write(typed.encode() + b"\n")
        said += _until_asked(terminal.read)
        if process.wait() != 0:
            words = said.decode(errors="replace").strip().splitlines() or ["it said nothing"]
            raise StackFailure(f"SoftHSM2 does not make a token: {words[-1]}")


def token_settings(layout: Layout) -> dict[str, str]:
    """Intake's settings for the token: where it is, never its PIN.

    Raises:
        StackFailure: the file that says so is gone or does not say it.
    """
    try:
        told = json.loads(layout.token_file.read_text(encoding="utf-8"))
        module, label, pin_file = (str(told[name]) for name in _FIELDS)
        environment = {str(name): str(value) for name, value in told.get("environment", {}).items()}
        if _tokens(layout).exists():
            environment |= _softhsm_environment(layout)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise StackFailure(
            f"{layout.token_file} must say where the vault's token is ({', '.join(_FIELDS)}): put it back as"
            " it was. Without the token nobody can read the people in the database."
        ) from None
    return environment | {
        "KEM_INTAKE_PKCS11_MODULE": module,
        "KEM_INTAKE_PKCS11_LABEL": label,
        "KEM_INTAKE_PKCS11_PIN_FILE": str(layout.token / pin_file),
    }


def _tokens(layout: Layout) -> Path:
    return layout.token / "tokens"


def _softhsm_environment(layout: Layout) -> dict[str, str]:
    """By which SoftHSM2 finds its tokens, also where the folder was brought from elsewhere."""
    file = layout.token / "softhsm2.conf"
    content = f"directories.tokendir = {_tokens(layout)}\nlog.level = ERROR\n"
    if not file.exists() or file.read_text() != content:
        write_secret(file, content)
    return {"SOFTHSM2_CONF": str(file)}


def _until_asked(read: Callable[[int], bytes]) -> bytes:
    """What the program says up to its next question, or its end."""
    said = b""
    while not said.endswith(_PROMPT):
        try:
            piece = read(1024)
        except OSError:  # the other end of the terminal is closed
            return said
        if not piece:
            return said
        said += piece
    return said
