"""Which program runs is told as it is: by its number, its commit, and what it consists of."""

import re
import subprocess
from pathlib import Path

import pytest

from chassis.release import RELEASE_VERSION, ROOT, release_of, revision_of

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def test_the_number_is_that_of_the_newest_release_in_the_changelog() -> None:
    newest = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert newest is not None
    assert newest[1] == RELEASE_VERSION


def test_the_hash_is_of_what_a_service_consists_of_and_of_no_other_service(tmp_path: Path) -> None:
    for name in ("kernel/ids.py", "services/intake/domain/need.py", "services/referral/domain/offer.py"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text(f"# {name}\n")
    intake, referral = release_of("intake", tmp_path), release_of("referral", tmp_path)
    assert intake.sha256 != referral.sha256
    (tmp_path / "services/intake/domain/need.py").write_text("# changed by hand\n")
    assert release_of("intake", tmp_path).sha256 != intake.sha256
    assert release_of("referral", tmp_path) == referral


@pytest.mark.parametrize("where", ["branch", "packed", "commit"])
def test_the_commit_is_read_from_the_files_of_git(tmp_path: Path, where: str) -> None:
    git = tmp_path / ".git"
    (git / "refs/heads").mkdir(parents=True)
    (git / "HEAD").write_text(f"{COMMIT}\n" if where == "commit" else "ref: refs/heads/main\n")
    if where == "branch":
        (git / "refs/heads/main").write_text(f"{COMMIT}\n")
    if where == "packed":
        (git / "packed-refs").write_text(
            f"# pack-refs\n{'f' * 40} refs/heads/other\n{COMMIT} refs/heads/main\n"
        )
    assert revision_of(tmp_path) == COMMIT


def test_the_commit_of_a_second_work_tree_is_its_own(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    name = ("-c", "user.name=a", "-c", "user.email=a")
    subprocess.run(["git", "init", "-q", one], check=True)
    for message in ("first", "second"):
        commit = ["git", "-C", one, *name, "commit", "-q", "--allow-empty", "-m", message]
        subprocess.run(commit, check=True)
    subprocess.run(["git", "-C", one, "worktree", "add", "-q", "-b", "older", two, "HEAD~1"], check=True)
    said = [
        subprocess.run(["git", "-C", tree, "rev-parse", "HEAD"], capture_output=True, text=True, check=True)
        for tree in (one, two)
    ]
    assert [revision_of(one), revision_of(two)] == [done.stdout.strip() for done in said]
    assert revision_of(one) != revision_of(two)


def test_what_is_no_checkout_has_no_commit(tmp_path: Path) -> None:
    assert revision_of(tmp_path) == ""
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git/HEAD").write_text("ref: refs/heads/unborn\n")
    assert revision_of(tmp_path) == ""
