"""Which rows of the directory a referral's matches and offers rest on; it knows what they said."""

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Final

from services.audit.domain.questions.question import Asked, Body, Kind, Line, Question, columns, time_of


def cited(entries: Iterable[Body], asked: Asked) -> Iterator[Line]:
    """A line for each row of an entry: the service that was asked, then those that the match put first.

    An offer from before offers cited a version has it by its match; of a restricted service nothing is told.
    """
    for one in entries:
        fact = one["fact"]
        considered = (fact.get("considered") or {}).get("proposed", [])
        proposed = {item["service_id"]: int(item["service_version"]) for item in considered}
        offered = None
        if one["type"] == "ReferralOffered" and (service_id := fact.get("service_id")):
            version = int(fact.get("service_version") or proposed.get(service_id, 0))
            offered = (service_id, version) if version else None
        for row in dict.fromkeys([*([offered] if offered else []), *proposed.items()]):
            how = "ASKED" if row == offered else "IN_QUESTION"
            yield Line.of([one["index"]], time_of(one), how, row[0], row[1])


QUESTIONS: Final[Mapping[str, Question]] = MappingProxyType(
    {
        "directory": Question(
            "Which rows of the directory was this matched by, and which was asked?",
            (),
            columns(time=Kind.TIME, how=Kind.CODE, service=Kind.ID, version=Kind.NUMBER),
            cited,
            is_of_a_referral=True,
        ),
    }
)
