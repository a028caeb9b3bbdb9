"""A notice as files: a folder named by its version, with terms.toml and a Markdown text for each language."""

import tomllib
from pathlib import Path
from typing import Final
from uuid import uuid4

from kem.intake.v1 import consent_policy_service_pb2 as messages
from tools.stack.failure import StackFailure

SAMPLE_NOTICE: Final = Path(__file__).resolve().parents[2] / "deploy" / "notices" / "2026-1"
"""The notice of the sample city, fit to begin with; a town's own officer publishes the town's own."""


def read_notice(folder: Path) -> messages.PublishNoticeRequest:
    """What publishes the notice of a folder.

    Raises:
        StackFailure: the folder holds no notice.
    """
    try:
        terms = tomllib.loads((folder / "terms.toml").read_text(encoding="utf-8"))
        texts = [
            messages.NoticeText(language=file.stem, text=file.read_text(encoding="utf-8"))
            for file in sorted(folder.glob("*.md"))
        ]
        said = messages.NoticeTerms(**terms)
    except OSError as error:
        raise StackFailure(
            f"{folder} holds no notice: {error.filename} cannot be read ({error.strerror}).", 2
        ) from None
    except (ValueError, TypeError) as error:
        raise StackFailure(f"{folder} holds no notice that can be understood: {error}.", 2) from None
    return messages.PublishNoticeRequest(
        request_id=str(uuid4()), version=folder.resolve().name, terms=said, texts=texts
    )
