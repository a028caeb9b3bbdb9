"""What the public's directory answers."""

from datetime import UTC, datetime
from typing import Any

import pytest

from services.console.domain.public.directory import PublicPlace, Question
from services.console.domain.public.listing import as_json
from tests.support.public_directory import directory, service

OPEN = datetime(2026, 3, 4, 9, 30, tzinfo=UTC)
CLOSED = datetime(2026, 3, 4, 20, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, [1, 2, 3]),
        ({"sector": "LEGAL"}, [2]),
        ({"district": "ATHENS_6"}, [1]),
        ({"language": "fra"}, [3]),
        ({"language": "urd"}, [1, 2, 3]),
        ({"words": "mathimata"}, [1, 3]),
        ({"words": "mathimata", "district": "ATHENS_1"}, [3]),
        ({"is_open_now": True}, [1, 3]),
    ],
)
def test_a_question_finds_what_fits_all_of_it(asked: dict[str, Any], found: list[int]) -> None:
    known = directory(
        service(1),
        service(
            2,
            service_type="ASYLUM_LEGAL",
            name_el="Νομική συμβουλή",
            name_en="Legal advice",
            place=PublicPlace(),
            opening=(),
        ),
        service(3, languages=("fra",), place=PublicPlace("ATHENS_1")),
        *([service(4, is_suspended=True)] if asked.get("is_open_now") else []),
    )
    answer = known.find(Question(**asked), OPEN)
    assert sorted(one.service_id.int - 0x50000 for one in answer.services) == found
    assert answer.total == len(found)


def test_whatever_has_the_typed_words_whole_comes_first() -> None:
    begins_so, whole = service(1, name_en="Greek at A10 street"), service(2, name_en="Greek A1")
    answer = directory(begins_so, whole).find(Question(words="greek a1"), OPEN)
    assert [one.name_en for one in answer.services] == ["Greek A1", "Greek at A10 street"]


def test_fifty_are_a_page_and_a_page_beyond_the_last_is_the_last() -> None:
    known = directory(*(service(number) for number in range(1, 121)))
    pages = [known.find(Question(), CLOSED, page) for page in (0, 1, 2, 3, 9)]
    assert [(len(one.services), one.page, one.pages, one.total) for one in pages] == [
        (50, 1, 3, 120), (50, 1, 3, 120), (50, 2, 3, 120), (20, 3, 3, 120), (20, 3, 3, 120),
    ]  # fmt: skip
    seen = [one.service_id for page in pages[1:4] for one in page.services]
    assert len(set(seen)) == 120
    assert known.find(Question(words="nothing of the kind"), CLOSED).pages == 1


def test_a_place_that_nobody_may_know_is_in_no_district_and_in_no_json() -> None:
    known = directory(service(1, place=PublicPlace()), service(2), service(3, place=PublicPlace("ATHENS_6")))
    assert known.by_district() == {"ATHENS_6": 2}
    hidden, whole, district_only = (as_json(one) for one in known.services)
    assert not {"district", "address", "latitude", "longitude"} & set(hidden)
    assert (whole["address"], whole["latitude"]) == ("Νεραντζιάς 13", 38.0046)
    assert district_only["district"]["code"] == "ATHENS_6"
    assert not {"address", "latitude", "longitude"} & set(district_only)
