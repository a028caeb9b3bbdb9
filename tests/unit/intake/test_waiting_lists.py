"""What is counted for an officer is what they may read: compared with who may call each list's method."""

from services.intake.domain.waiting import LISTS_OF, WaitingList
from services.intake.entrypoints.access import ACCESS

_METHODS = {
    WaitingList.EMERGENCY_ACCESSES: "EmergencyAccessService/ListEmergencyAccesses",
    WaitingList.EMERGENCY_REVIEWS: "EmergencyService/ListEmergencyReviews",
    WaitingList.RECALLS: "RecallService/ListRecalls",
    WaitingList.RIGHTS_REQUESTS: "RightsService/ListRightsRequests",
    WaitingList.COMPLAINTS: "ComplaintService/ListComplaints",
}


def test_each_officer_s_lists_are_those_that_they_may_read() -> None:
    assert set(_METHODS) == set(WaitingList)
    counts = ACCESS["/kem.disclosure.v1.WaitingService/CountWaiting"]
    assert set(LISTS_OF) == counts.roles
    for role, lists in LISTS_OF.items():
        readable = {
            one for one, method in _METHODS.items() if role in ACCESS[f"/kem.disclosure.v1.{method}"].roles
        }
        assert lists == readable, role
