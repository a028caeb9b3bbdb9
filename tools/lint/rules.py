"""The rules, one function each: from a parsed file to what is wrong in it."""

import ast
import io
import re
import tokenize
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

LONGEST_FILE_LINES: Final = 500
LONGEST_MAIN_LINES: Final = 80

_EMPTY_WORDS: Final = frozenset(
    {"util", "utils", "helper", "helpers", "common", "misc", "manager", "processor"}
)
_EMPTY_NAMES: Final = frozenset({"base", "data", "info"})
_EMPTY_CLASS: Final = re.compile(r"(Util|Utils|Helper|Helpers|Manager|Processor)$")
_STATUS: Final = re.compile(r"(^|_)status$|Status$")
_STATUS_ALLOWED: Final = frozenset(
    {"legal_status", "residence_status", "marital_status", "http_status", "grpc_status"}
)
"""HTTP and gRPC own the word; a person's legal status is the domain's; `./kem status` is a command."""
_HANDLE: Final = re.compile(r"_*handle(_(?!(starttag|startendtag|endtag|data)$)|$)")
_CLOCKS: Final = frozenset({"now", "utcnow", "today", "time", "time_ns", "monotonic"})
_IGNORE: Final = re.compile(r"#\s*(noqa: ?[A-Z0-9, ]+|type: ignore\[[^\]]*\])(?P<rest>.*)$")


@dataclass(frozen=True, slots=True)
class Source:
    """One hand-written Python file; `path` is relative to the root."""

    path: PurePosixPath
    text: str

    @property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)


Finding = tuple[int, str]
Rule = Callable[[Source], Iterator[Finding]]


def file_says_what_it_holds(source: Source) -> Iterator[Finding]:
    """No file is called utils, helpers, base …: such a name says nothing about what belongs into it."""
    stem = source.path.stem
    if stem in _EMPTY_NAMES or _EMPTY_WORDS & set(stem.split("_")):
        yield 1, f"a file called {stem}.py says nothing about what it holds"


def class_says_what_it_is(source: Source) -> Iterator[Finding]:
    """No Manager, Processor, Helper."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ClassDef) and _EMPTY_CLASS.search(node.name):
            yield node.lineno, f"{node.name}: name the thing, not that something happens to it"


def function_names_its_deed(source: Source) -> Iterator[Finding]:
    """No handle_*: the name should say what is done. html.parser calls some by names of its own."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and re.match(_HANDLE, node.name):
            yield node.lineno, f"{node.name}: name what is done"


def state_is_called_state(source: Source) -> Iterator[Finding]:
    """The word is State, never status; in code that speaks gRPC or HTTP a variable may hold theirs."""
    if source.path.parts[:2] == ("tools", "stack") or str(source.path) == "kernel/codes.py":
        return  # the command `./kem status`; the families of a person's legal status
    speaks_a_protocol = re.search(r"^\s*(import|from) (grpc|google\.rpc|http)\b", source.text, re.MULTILINE)
    for line, name in _defined_names(source.tree):
        if name == "status" and speaks_a_protocol:
            continue
        if _STATUS.search(name) and name not in _STATUS_ALLOWED:
            yield line, f"{name}: the word is state"


def instant_ends_in_time(source: Source) -> Iterator[Finding]:
    """A field that holds an instant is called so that everybody sees it."""
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.ClassDef):
            continue
        for part in node.body:
            if isinstance(part, ast.AnnAssign) and isinstance(part.target, ast.Name):
                name = part.target.id
                if _is_instant(part.annotation) and name != "now" and not re.search(r"(^|_)time$", name):
                    yield part.lineno, f"{name} holds an instant: its name ends in _time"


def domain_reads_no_clock(source: Source) -> Iterator[Finding]:
    """Rules are told the time."""
    if "domain" not in source.path.parts:
        return
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _CLOCKS:
            owner = node.func.value
            if isinstance(owner, ast.Name) and owner.id in ("datetime", "date", "time"):
                yield node.lineno, f"{owner.id}.{node.func.attr}(): rules are told `now`"


def test_waits_for_a_condition(source: Source) -> Iterator[Finding]:
    """No sleep in a test but in a loop that asks again: no length of it is right on every machine."""
    if source.path.parts[0] != "tests" or source.path.parts[1:2] == ("support",):
        return
    tree = source.tree
    asked_again = {
        id(part) for loop in ast.walk(tree) if isinstance(loop, ast.While) for part in ast.walk(loop)
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or id(node) in asked_again:
            continue
        if _called(node) == "sleep" and not _is_zero(node):
            yield node.lineno, "a test waits on a condition, not on a clock"


def file_is_short(source: Source) -> Iterator[Finding]:
    """Never past 500 lines; the door of a service under 80."""
    lines = source.text.count("\n")
    limit = LONGEST_MAIN_LINES - 1 if source.path.name == "__main__.py" else LONGEST_FILE_LINES
    if lines > limit:
        yield limit + 1, f"{lines} lines: split it by use case or by rule"


def ignore_has_a_reason(source: Source) -> Iterator[Finding]:
    """Whoever switches a check off says why, on the same line."""
    for token in tokenize.generate_tokens(io.StringIO(source.text).readline):
        if token.type == tokenize.COMMENT:
            found = _IGNORE.search(token.string)
            if found and not re.search(r"\w{2}", found["rest"]):
                yield token.start[0], f"{token.string.strip()}: say why, on the same line"


RULES: Final[tuple[Rule, ...]] = (
    file_says_what_it_holds,
    class_says_what_it_is,
    function_names_its_deed,
    state_is_called_state,
    instant_ends_in_time,
    domain_reads_no_clock,
    test_waits_for_a_condition,
    file_is_short,
    ignore_has_a_reason,
)


def _defined_names(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            yield node.lineno, node.name
        elif isinstance(node, ast.arg):
            yield node.lineno, node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.lineno, node.id


def _is_instant(annotation: ast.expr) -> bool:
    return re.fullmatch(r"(datetime\.)?datetime( \| None)?", ast.unparse(annotation)) is not None


def _called(node: ast.Call) -> str | None:
    if isinstance(node.func, ast.Attribute):
        return node.func.attr
    return node.func.id if isinstance(node.func, ast.Name) else None


def _is_zero(node: ast.Call) -> bool:
    return bool(node.args) and isinstance(node.args[0], ast.Constant) and node.args[0].value == 0
