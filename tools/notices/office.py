"""What a data protection officer does with notices, and what is said about it."""

from datetime import UTC
from pathlib import Path

from kem.intake.v1 import consent_policy_service_pb2 as messages
from tools.notices.files import read_notice
from tools.officer import Officer
from tools.trace.story import athens


async def publish(officer: Officer, folder: Path) -> str:
    """Publishes the notice of a folder."""
    notice = read_notice(folder)
    await officer(officer.hub.policy.PublishNotice, notice)
    languages = ", ".join(text.language for text in notice.texts)
    return f"Notice {notice.version} is published in {languages}."


async def show_notices(officer: Officer) -> str:
    """One line for each."""
    lines = []
    request = messages.ListNoticesRequest(page_size=200)
    while True:
        page = await officer(officer.hub.policy.ListNotices, request)
        lines += [
            f"{one.version}  published {athens(one.published_time.ToDatetime(tzinfo=UTC))}"
            f"  {' '.join(sha.language for sha in one.hashes)}"
            for one in page.notices
        ]
        if not page.next_page_token:
            break
        request.page_token = page.next_page_token
    return "\n".join(lines) or "No notice is published yet: ./kem notices publish FOLDER"


async def show_text(officer: Officer, version: str, language: str) -> str:
    """The text, and what identifies it."""
    request = messages.GetNoticeRequest(version=version, language=language)
    answer = await officer(officer.hub.policy.GetNotice, request)
    return f"{answer.text.text}\n({version}, {language}, SHA-256 {answer.sha256})"
