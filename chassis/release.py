"""Which program this is: the number of its release, the commit that it runs from, a hash of all its files."""

import re
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
RELEASE_VERSION: Final = "0.1.0"
"""As in CHANGELOG.md."""
_SHARED: Final = ("kernel", "chassis", "gen")
_COMMIT: Final = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Release:
    """A program.

    Args:
        revision: the commit, in hexadecimal digits; empty where it runs from no checkout.
        sha256: over its files of Python, in hexadecimal digits, whatever the commit says.
    """

    release_version: str
    revision: str
    sha256: str


def release_of(service: str, root: Path = ROOT) -> Release:
    """The program of a service."""
    digest = sha256()
    for folder in (*_SHARED, f"services/{service}"):
        for file in sorted((root / folder).rglob("*.py")):
            digest.update(f"{sha256_of(file)}  {file.relative_to(root).as_posix()}\n".encode())
    return Release(RELEASE_VERSION, revision_of(root), digest.hexdigest())


def revision_of(root: Path) -> str:
    """The commit that is checked out there, as git's own files say it; empty where they do not."""
    try:
        git = root / ".git"
        if git.is_file():  # one of several work trees
            git = root / git.read_text().removeprefix("gitdir:").strip()
        name = (git / "HEAD").read_text().strip()
        if name.startswith("ref: "):
            name = name.removeprefix("ref: ")
            shared = git / "commondir"
            common = git / shared.read_text().strip() if shared.exists() else git
            name = _commit_of(common, name)
    except OSError:
        return ""
    return name if _COMMIT.fullmatch(name) else ""


def sha256_of(file: Path) -> str:
    """Of what stands in it, in hexadecimal digits."""
    return sha256(file.read_bytes()).hexdigest()


def _commit_of(git: Path, branch: str) -> str:
    if (git / branch).exists():
        return (git / branch).read_text().strip()
    lines = (git / "packed-refs").read_text().splitlines()
    return next((line.partition(" ")[0] for line in lines if line.endswith(f" {branch}")), "")
