"""The kept list of hand-made bugs, and a copy of the tree in which one of them is made."""

import shutil
import subprocess
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
LIST: Final = ROOT / "tests/deep/mutants/mutants.toml"


@dataclass(frozen=True, slots=True)
class Mutant:
    """One bug: `old` in `file` becomes `new`; every test of `caught_by` must fail by it.

    A named test may leave out its parameters: then one of its cases must fail.
    """

    name: str
    file: str
    old: str
    new: str
    caught_by: tuple[str, ...]

    def apply(self, tree: Path) -> None:
        """Makes the bug.

        Raises:
            AssertionError: the place that it is about has changed.
        """
        path = tree / self.file
        text = path.read_text()
        assert text.count(self.old) == 1, (
            f"mend the mutant {self.name!r}: {self.file} holds its old text {text.count(self.old)} times"
        )
        path.write_text(text.replace(self.old, self.new))


def kept_mutants() -> list[Mutant]:
    """The list, in its order."""
    entries = tomllib.loads(LIST.read_text())["mutant"]
    return [Mutant(**{**entry, "caught_by": tuple(entry["caught_by"])}) for entry in entries]


def copy_tree(to: Path) -> Path:
    """A copy of what is in the checkout now, committed or not, without what is ignored."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).exists():
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, to / name)
    return to
