"""Who is next when a place frees."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from kernel.codes import Urgency
from kernel.ids import ReferralId, UnitId
from services.referral.domain.waitlist import Waiting, in_order, next_for

UNIT = UnitId(UUID(int=1))
BEGIN = datetime(2026, 3, 4, tzinfo=UTC)


def waiting(
    number: int, urgency: Urgency = Urgency.NORMAL, hours: int = 0, group: int = 3, asleep: bool = False
) -> Waiting:
    since = BEGIN + timedelta(hours=hours)
    return Waiting(ReferralId(UUID(int=number)), UNIT, urgency, since, group, asleep)


def numbers(some: list[Waiting]) -> list[int]:
    return [one.referral_id.int for one in some]


def test_the_more_urgent_goes_first_then_the_group_then_who_waits_longest() -> None:
    some = [
        waiting(1, hours=0),
        waiting(2, hours=-5),
        waiting(3, hours=-9, group=4),
        waiting(4, Urgency.URGENT, hours=3),
        waiting(5, Urgency.EMERGENCY, hours=9),
    ]
    assert numbers(in_order(some)) == [5, 4, 2, 1, 3]


def test_as_many_get_their_turn_as_there_are_places() -> None:
    some = [waiting(number, hours=number) for number in range(5)]
    assert numbers(next_for(some, 2, place_freed=True)) == [0, 1]
    assert numbers(next_for(some, None, place_freed=True)) == [0, 1, 2, 3, 4]
    assert next_for(some, -1, place_freed=True) == []


def test_whoever_the_agency_put_off_keeps_their_turn_until_a_place_really_frees() -> None:
    some = [waiting(1, hours=0, asleep=True), waiting(2, hours=1)]
    assert next_for(some, 1, place_freed=False) == []
    assert numbers(next_for(some, 1, place_freed=True)) == [1]
    assert numbers(next_for(some, 2, place_freed=False)) == [2]
