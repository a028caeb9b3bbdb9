"""What the processes of a stack cost: CPU seconds and memory, by part, PostgreSQL's by whom it works for."""

import os
import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil

from tools.stack.stack import Stack

CLIENT: Final = "clients and supervisor"
"""This very process: the simulated desks and agencies, and who keeps the stack alive."""
_TICKS: Final = os.sysconf("SC_CLK_TCK")
_BACKEND: Final = re.compile(r"^postgres: (?P<login>\w+) kem ")


@dataclass(frozen=True, slots=True)
class Member:
    """One process and the part whose cost it is."""

    part: str
    pid: int


def members_of(stack: Stack) -> list[Member]:
    """Every process of the stack now, and this one."""
    found = [me()]
    for name, part in stack.parts.items():
        if part.process is not None:
            found += family(name, part.process.pid)
    return found


def me() -> Member:
    """This very process."""
    return Member(CLIENT, os.getpid())


def family(name: str, pid: int, *, with_children: bool = True) -> Iterable[Member]:
    """A part's process and what it has started."""
    yield Member(name, pid)
    if not with_children:
        return
    try:
        children = psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return
    for child in children:
        yield Member(_part_of_child(name, child.pid), child.pid)


def _part_of_child(name: str, pid: int) -> str:
    """A backend of PostgreSQL says in its title whom it serves; its other processes are the server's own."""
    if name != "postgresql":
        return name
    try:
        title = Path(f"/proc/{pid}/cmdline").read_bytes().rstrip(b"\0").decode(errors="replace")
    except OSError:
        return name
    found = _BACKEND.match(title)
    return f"{name} for {found['login']}" if found else name


class CpuClock:
    """CPU seconds by part since it was made; what began meanwhile counts whole, what ended does not."""

    def __init__(self, members: Callable[[], list[Member]]) -> None:
        self._members = members
        self._began = {member.pid: cpu_seconds(member.pid) for member in members()}

    def spent(self) -> dict[str, float]:
        """Seconds by part."""
        total: dict[str, float] = defaultdict(float)
        for member in self._members():
            total[member.part] += cpu_seconds(member.pid) - self._began.get(member.pid, 0.0)
        return dict(total)


def cpu_seconds(pid: int) -> float:
    """User and system time that the process has used; 0 when it has gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / _TICKS


def memory_mb(members: Iterable[Member]) -> dict[str, float]:
    """Memory by part in MB, where pages shared by several processes count in shares (PSS)."""
    total: dict[str, float] = {}
    for member in members:
        total[member.part] = total.get(member.part, 0.0) + _pss_mb(member.pid)
    return {part: round(mb, 1) for part, mb in total.items()}


def _pss_mb(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="utf-8").splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024
