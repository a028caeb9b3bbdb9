"""Publishes notices at a running hub, and shows those that are published."""

import hashlib
from functools import cache
from typing import Any

from kem.intake.v1 import consent_pb2
from kem.intake.v1 import consent_policy_service_pb2 as messages
from tools.notices.files import SAMPLE_NOTICE, read_notice


async def publish_sample(call: Any, policy: Any) -> None:
    """Publishes the sample notice unless it is there.

    Args:
        call: `call(method, request)` asks as a data protection officer.
        policy: the stub of ConsentPolicyService.
    """
    notice = read_notice(SAMPLE_NOTICE)
    listed = await call(policy.ListNotices, messages.ListNoticesRequest(page_size=200))
    if notice.version not in {one.version for one in listed.notices}:
        await call(policy.PublishNotice, notice)


@cache
def sample_notice(language: str) -> consent_pb2.Notice:
    """How a consent record names the sample notice in this language, English where there is no text in it."""
    notice = read_notice(SAMPLE_NOTICE)
    texts = {text.language: text.text for text in notice.texts}
    chosen = language if language in texts else "en"
    return consent_pb2.Notice(
        version=notice.version, language=chosen, sha256=hashlib.sha256(texts[chosen].encode()).hexdigest()
    )
