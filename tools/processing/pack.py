"""The impact assessment with everything that belongs to it, in one folder to hand over."""

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from kem.intake.v1.consent_policy_service_pb2 import GetNoticeRequest
from tools.office import Office
from tools.processing.reading import Record, read_record
from tools.processing.writing import LANGUAGES, written
from tools.stack.failure import StackFailure

DOCS: Final = Path(__file__).resolve().parents[2] / "docs"
ASSESSMENT: Final = "impact-assessment.md"
_CLAIM: Final = re.compile(r"^\| (C\d+) \| (.+) \| (`.+`) \|$", re.MULTILINE)


async def pack(office: Office, folder: Path) -> str:
    """Writes it, as the hub stands now; answers what was written.

    Raises:
        StackFailure: there is something in the folder already.
        Refused: in the hub's own words.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise StackFailure(f"{folder} has something in it already; name a folder that is empty or new.", 2)
    record = await read_record(office)
    files = {name: (DOCS / name).read_text(encoding="utf-8") for name in (ASSESSMENT, "security.md")}
    files["claims.csv"] = _as_csv(files[ASSESSMENT])
    files |= {f"record-of-processing.{one}.md": written(record, one) for one in LANGUAGES}
    files |= await _notices(office, record)
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_text(content, encoding="utf-8")
    missing = "" if record.notice else "\nNo notice is published yet, so none is in it: ./kem notices publish"
    return "\n".join((f"In {folder}:", *(f"  {name}" for name in sorted(files)))) + missing


def claims_of(page: str) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Each claim of the assessment: its name, what it says, and the tests that show it."""
    for name, says, tests in _CLAIM.findall(page):
        yield name, says, tuple(re.findall(r"`([^`]+)`", tests))


def _as_csv(page: str) -> str:
    table = io.StringIO()
    rows = csv.writer(table)
    rows.writerow(("claim", "says", "test"))
    rows.writerows((name, says, test) for name, says, tests in claims_of(page) for test in tests)
    return table.getvalue()


async def _notices(office: Office, record: Record) -> dict[str, str]:
    """The newest notice, in each of its languages."""
    if record.notice is None:
        return {}
    version, found = record.notice.version, {}
    for one in record.notice.hashes:
        request = GetNoticeRequest(version=version, language=one.language)
        answer = await office(office.hub.policy.GetNotice, request)
        found[f"notice-{version}.{one.language}.md"] = answer.text.text
    return found
