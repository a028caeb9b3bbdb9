"""What a data protection officer does with notices, and what is said about it."""

from datetime import UTC
from pathlib import Path

from kem.intake.v1 import consent_policy_service_pb2 as messages
from tools.notices.files import read_notice
from tools.office import PAGE, Office
from tools.trace.story import athens


async def publish(office: Office, folder: Path) -> str:
    """Publishes the notice of a folder."""
    notice = read_notice(folder)
    await office(office.hub.policy.PublishNotice, notice)
    languages = ", ".join(text.language for text in notice.texts)
    return f"Notice {notice.version} is published in {languages}."


async def show_notices(office: Office) -> str:
    """One line for each."""
    pages = office.pages(office.hub.policy.ListNotices, messages.ListNoticesRequest(page_size=PAGE))
    lines = [
        f"{one.version}  published {athens(one.published_time.ToDatetime(tzinfo=UTC))}"
        f"  {' '.join(sha.language for sha in one.hashes)}"
        async for page in pages
        for one in page.notices
    ]
    return "\n".join(lines) or "No notice is published yet: ./kem notices publish FOLDER"


async def show_text(office: Office, version: str, language: str) -> str:
    """The text, and what identifies it."""
    request = messages.GetNoticeRequest(version=version, language=language)
    answer = await office(office.hub.policy.GetNotice, request)
    return f"{answer.text.text}\n({version}, {language}, SHA-256 {answer.sha256})"
