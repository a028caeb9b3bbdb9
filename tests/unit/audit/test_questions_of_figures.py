"""Figures per agency, where there are enough of them to be told."""

from typing import Any

from tests.unit.audit.entries import A, B, answer, body, cells


def test_response_times_are_told_of_agencies_with_enough_answers_only() -> None:
    entries = []
    for number in range(12):
        agency, offer_id = (A, f"a{number}") if number < 6 else (B, f"b{number}")
        entries.append(
            body(2 * number, "ReferralOffered", {"offer_id": offer_id, "agency_id": agency}, hour=1)
        )
        kind = "OfferExpired" if number >= 9 else "ReferralAccepted"
        entries.append(
            body(2 * number + 1, kind, {"offer_id": offer_id, "agency_id": agency}, hour=2 + number)
        )
    first, second = answer("response-times", *entries)
    assert cells(first) == [A, "6", "3.5", "6.0", "0"]
    assert first.entries == (1, 3, 5, 7, 9, 11)
    assert (cells(second), second.entries) == ([B, "<5", "", "", "<5"], ())


def test_what_was_not_answered_in_time_is_told_by_agency_and_few_of_it_without_entries() -> None:
    expired = [body(number, "OfferExpired", {"agency_id": A}) for number in range(6)]
    found = answer("breaches", *expired, body(9, "OfferExpired", {"agency_id": B}))
    assert [(cells(line), line.entries) for line in found] == [
        ([A, "6"], (0, 1, 2, 3, 4, 5)),
        ([B, "<5"], ()),
    ]
    [clock] = answer("clocks", body(7, "PersonClockEnded", {"urgency": "URGENT"}))
    assert (cells(clock), clock.entries) == (["URGENT", "1"], (7,))


def test_a_disclosure_without_a_service_is_told_after_two_weeks() -> None:
    def given(index: int, referral_id: str, day: int) -> dict[str, Any]:
        return body(index, "DisclosureGiven", {"referral_id": referral_id, "agency_id": A}, day=day)

    found = answer(
        "given-for-nothing",
        *(given(number, f"r{number}", 2) for number in range(5)),
        given(7, "began", 2),
        given(8, "young", 28),
        body(9, "ServiceStarted", {"agency_id": A}, day=5, referral_id="began"),
    )
    assert [(cells(line), line.entries) for line in found] == [([A, "5"], (0, 1, 2, 3, 4))]
