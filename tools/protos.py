"""Makes gen/ from protos/, and checks that the contracts keep their rules and their promises.

python -m tools.protos generate          writes gen/ anew
    python -m tools.protos check             gen/ is current, buf's rules hold, nothing released is broken
python -m tools.protos release VERSION   keeps the present contracts as released (for example v0.1.0)
"""

import filecmp
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PROTOS = ROOT / "protos"
RELEASED = PROTOS / "released"
GEN = ROOT / "gen"
_PROGRAMS = Path(sys.executable).parent
_SERVICE = re.compile(r"^service ", re.MULTILINE)
_VERSION = re.compile(r"v(\d+)\.(\d+)\.(\d+)")


class ProtosFailure(Exception):
    """The contracts cannot be generated, or a check found something."""


def write_generated(protos: Path, target: Path) -> None:
    """Fills the empty folder `target` with messages, types and, for files with services, gRPC stubs."""
    files = sorted(path.relative_to(protos) for path in protos.rglob("*.proto"))
    with_services = [path for path in files if _SERVICE.search((protos / path).read_text())]
    _protoc(protos, files, "--python_out", "--mypy_out", target=target)
    if with_services:
        _protoc(protos, with_services, "--grpc_python_out", "--mypy_grpc_out", target=target)


def _protoc(protos: Path, files: Sequence[Path], *outputs: str, target: Path) -> None:
    command = [sys.executable, "-W", "ignore", "-m", "grpc_tools.protoc", "-I."]
    _run([*command, *(f"{output}={target}" for output in outputs), *map(str, files)], protos)


def _run(command: Sequence[str], directory: Path) -> None:
    path = f"{_PROGRAMS}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    done = subprocess.run(
        command, cwd=directory, env=os.environ | {"PATH": path}, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise ProtosFailure((done.stdout + done.stderr).strip())


def generate(protos: Path = PROTOS, gen: Path = GEN) -> list[Path]:
    """Makes `gen` equal to what `protos` give; answers what changed. Files already right are not touched."""
    with tempfile.TemporaryDirectory() as folder:
        fresh = Path(folder)
        write_generated(protos, fresh)
        changed = differences(fresh, gen)
        for path in changed:
            if (fresh / path).exists():
                (gen / path).parent.mkdir(parents=True, exist_ok=True)
                (gen / path).write_bytes((fresh / path).read_bytes())
            else:
                (gen / path).unlink()
        return changed


def differences(fresh: Path, gen: Path) -> list[Path]:
    """The files, relative to either folder, that stand in one only or differ in any byte."""
    ours = {path.relative_to(fresh) for path in fresh.rglob("*") if path.is_file()}
    theirs = {
        path.relative_to(gen)
        for path in gen.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and not path.name.startswith(".")
    }
    differing = {path for path in ours & theirs if not filecmp.cmp(fresh / path, gen / path, shallow=False)}
    return sorted(ours ^ theirs | differing)


def check(protos: Path = PROTOS, gen: Path = GEN) -> None:
    """Raises ProtosFailure with what is wrong; each of the three checks names what to do."""
    with tempfile.TemporaryDirectory() as folder:
        write_generated(protos, Path(folder))
        stale = differences(Path(folder), gen)
    if stale:
        listed = "\n".join(f"  gen/{path}" for path in stale)
        raise ProtosFailure(f"gen/ is not what protos/ give; run python -m tools.protos generate:\n{listed}")
    _run([_program("buf"), "lint", "."], protos)
    released = latest_release(protos / "released")
    if released is not None:
        _run([_program("buf"), "breaking", ".", "--against", str(released)], protos)


def latest_release(folder: Path = RELEASED) -> Path | None:
    """The image of the newest release by version; None before the first."""
    images = {_version(path.stem): path for path in folder.glob("*.binpb")}
    return images[max(images)] if images else None


def _version(text: str) -> tuple[int, ...]:
    found = _VERSION.fullmatch(text)
    if not found:
        raise ProtosFailure(f"{text!r} is not a version like v0.1.0")
    return tuple(int(part) for part in found.groups())


def release(version: str, protos: Path = PROTOS, gen: Path = GEN) -> Path:
    """Keeps the present contracts as `version`; from then on breaking them fails the check.

    Raises:
        ProtosFailure: the contracts fail the check, or that version was released before.
    """
    _version(version)
    image = protos / "released" / f"{version}.binpb"
    if image.exists():
        raise ProtosFailure(
            f"{version} was released before; a release is never changed, take the next version"
        )
    check(protos, gen)
    image.parent.mkdir(exist_ok=True)
    _run([_program("buf"), "build", ".", "--exclude-source-info", "-o", str(image)], protos)
    return image


def _program(name: str) -> str:
    return str(_PROGRAMS / name)


def main(arguments: Sequence[str]) -> int:
    """Runs one of the three commands; answers the exit code."""
    try:
        match arguments:
            case ["generate"]:
                print(f"gen/: {len(generate())} files changed")
            case ["check"]:
                check()
                print("contracts: generated code is current, lint passes, nothing released is broken")
            case ["release", version]:
                print(f"released as {release(version).relative_to(ROOT)}")
            case _:
                print(__doc__, file=sys.stderr)
                return 2
    except ProtosFailure as failure:
        print(failure, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
