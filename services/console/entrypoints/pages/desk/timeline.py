"""Steps of a case in one line of time, each leading to the page where it stands."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from markupsafe import Markup

from kem.intake.v1.need_pb2 import Need
from kem.referral.v1.referral_pb2 import Referral
from kernel.codes import SERVICE_TYPES
from services.console.entrypoints.codes import named
from services.console.entrypoints.pages.desk.story import Directory, moments


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened: what, when, what goes with it, and the page where it stands."""

    title: str
    time: datetime
    text: str
    href: str

    @property
    def link(self) -> Markup:
        """Its title, leading there."""
        return Markup('<a class="govuk-link" href="{}">{}</a>').format(self.href, self.title)


def newest_first(steps: Iterable[Step]) -> list[Step]:
    """In the order in which people look for it."""
    return sorted(steps, key=lambda one: one.time, reverse=True)


def types_of(needs: Iterable[tuple[Need, Referral | None]], language: str) -> Mapping[str, str]:
    """What each referral is for, by its id."""
    return {need.referral_id: named(SERVICE_TYPES, need.service_type, language) for need, _ in needs}


def steps_of_needs(
    person_id: str, needs: Iterable[tuple[Need, Referral | None]], directory: Directory, say: Any
) -> Iterator[Step]:
    """Of every need and its referral, as far as referral knows it yet."""
    for need, one in needs:
        about = named(SERVICE_TYPES, need.service_type, directory.language)
        href = f"/desk/people/{person_id}/referrals/{need.referral_id}"
        if one is None:
            recorded = need.recorded_time.ToDatetime(tzinfo=UTC)
            yield Step(say("The need was recorded"), recorded, about, href)
            continue
        for moment in moments(one, directory, say):
            text = f"{about} — {moment.text}" if moment.text else about
            yield Step(moment.title, moment.time, text, href)
