"""Which rows of the directory a history rests on."""

from typing import Any

from services.audit.domain.questions.directory import cited
from services.audit.domain.questions.question import Asked
from tests.unit.audit.entries import NOW, body, cells

CONSIDERED = {
    "proposed": [{"service_id": "s1", "service_version": 3}, {"service_id": "s2", "service_version": 1}]
}


def test_matches_and_offers_cite_the_versions_that_they_read() -> None:
    offered: dict[str, Any] = {"service_id": "s9", "service_version": 7, "considered": CONSIDERED}
    found = list(
        cited(
            [
                body(1, "NeedRecorded", {"need_id": "n"}),
                body(2, "ReferralAwaitingPerson", {"considered": CONSIDERED}),
                body(3, "ReferralOffered", offered),
                body(4, "ReferralOffered", {"service_id": "s2", "considered": CONSIDERED}),
                body(5, "ReferralOffered", {"offer_id": "of a restricted service"}),
            ],
            Asked(NOW),
        )
    )
    assert [(*line.entries, *cells(line)[1:]) for line in found] == [
        (2, "IN_QUESTION", "s1", "3"),
        (2, "IN_QUESTION", "s2", "1"),
        (3, "ASKED", "s9", "7"),
        (3, "IN_QUESTION", "s1", "3"),
        (3, "IN_QUESTION", "s2", "1"),
        (4, "ASKED", "s2", "1"),
        (4, "IN_QUESTION", "s1", "3"),
    ]
