"""Which rows of the directory a history rests on."""

from typing import Any

from tools.audit.directory import citations

CONSIDERED = {
    "proposed": [{"service_id": "s1", "service_version": 3}, {"service_id": "s2", "service_version": 1}]
}


def body(index: int, kind: str, fact: dict[str, Any] | None) -> dict[str, Any]:
    return {"index": index, "type": kind, "fact": fact}


def test_matches_and_offers_cite_the_versions_that_they_read() -> None:
    found = list(
        citations(
            [
                body(1, "NeedRecorded", {"need_id": "n"}),
                body(2, "ReferralAwaitingPerson", {"considered": CONSIDERED}),
                body(
                    3, "ReferralOffered", {"service_id": "s9", "service_version": 7, "considered": CONSIDERED}
                ),
                body(4, "ReferralOffered", {"service_id": "s2", "considered": CONSIDERED}),
                body(5, "ReferralOffered", {"offer_id": "of a restricted service"}),
                body(6, "ReferralUnmatched", None),
            ]
        )
    )
    assert [(one.body["index"], one.offered) for one in found] == [(2, None), (3, ("s9", 7)), (4, ("s2", 1))]
    assert found[1].rows == (("s9", 7), ("s1", 3), ("s2", 1))
    assert found[2].rows == (("s2", 1), ("s1", 3))
