"""What is counted for somebody is what they may read: compared with who may call each list's method."""

from services.intake.domain.waiting import LISTS_OF, WaitingList
from services.intake.entrypoints.access import ACCESS, AGENCY_STAFF

_METHODS = {
    WaitingList.EMERGENCY_ACCESSES: "EmergencyAccessService/ListEmergencyAccesses",
    WaitingList.EMERGENCY_REVIEWS: "EmergencyService/ListEmergencyReviews",
    WaitingList.RECALLS: "RecallService/ListRecalls",
    WaitingList.RIGHTS_REQUESTS: "RightsService/ListRightsRequests",
    WaitingList.COMPLAINTS: "ComplaintService/ListComplaints",
}


def test_each_officer_s_lists_are_those_that_they_may_read() -> None:
    assert set(_METHODS) | {WaitingList.RECALLS_TO_ANSWER} == set(WaitingList)
    counts = ACCESS["/kem.disclosure.v1.WaitingService/CountWaiting"]
    assert set(LISTS_OF) == counts.roles
    for role in LISTS_OF.keys() - AGENCY_STAFF:
        readable = {
            one for one, method in _METHODS.items() if role in ACCESS[f"/kem.disclosure.v1.{method}"].roles
        }
        assert LISTS_OF[role] == readable, role


def test_an_agency_is_told_of_what_it_must_say_of_and_of_nothing_else() -> None:
    answers = ACCESS["/kem.disclosure.v1.RecallService/AcknowledgeRecall"].roles
    for role in AGENCY_STAFF:
        assert role in answers
        assert LISTS_OF[role] == {WaitingList.RECALLS_TO_ANSWER}
