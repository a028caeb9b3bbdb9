"""python -m tools.lint: checks every hand-written Python file against the house rules."""

import sys
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from tools.lint.rules import RULES, Source

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("kernel", "chassis", "services", "tools", "tests")


def sources(root: Path = ROOT) -> Iterator[Source]:
    """Every Python file of the rooms."""
    for room in ROOMS:
        for path in sorted((root / room).rglob("*.py")):
            relative = PurePosixPath(path.relative_to(root).as_posix())
            yield Source(relative, path.read_text(encoding="utf-8"))


def findings(root: Path = ROOT) -> list[str]:
    """One line per finding: file, line, what is wrong, and the rule's name."""
    return [
        f"{source.path}:{line}: {what} [{rule.__name__}]"
        for source in sources(root)
        for rule in RULES
        for line, what in rule(source)
    ]


if __name__ == "__main__":
    found = findings()
    print("\n".join(found) or "house rules: all kept")
    sys.exit(bool(found))
