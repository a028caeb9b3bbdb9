"""What is asked back of somebody's data and not answered: it presses, however much has happened since."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from markupsafe import Markup

from services.console.entrypoints.page import Visit
from services.console.entrypoints.pages.desk.given import (
    Given,
    named_or_not,
    title_of_recall,
    words_of_recall,
)
from services.console.entrypoints.pages.desk.story import Directory


@dataclass(frozen=True, slots=True)
class OpenRecall:
    """One of them in words, and the page of the referral for which the data was given."""

    title: Markup
    text: str
    due_time: datetime
    is_overdue: bool
    href: str


def open_recalls(
    person_id: str,
    given: Given | None,
    about: Mapping[str, str],
    directory: Directory,
    visit: Visit,
    now: datetime,
) -> list[OpenRecall]:
    """The one that is due first before all others; what is asked back of several lines stands here once.

    Args:
        about: what each referral is for, by its id.
    """
    found: dict[str, OpenRecall] = {}
    for one in (*given.disclosures, *given.also_asked_back) if given is not None else ():
        for asked in one.recalls:
            if asked.HasField("acknowledged_time") or asked.recall_id in found:
                continue
            due = asked.due_time.ToDatetime(tzinfo=UTC)
            words = (about.get(one.referral_id, ""), words_of_recall(asked, visit))
            found[asked.recall_id] = OpenRecall(
                title=title_of_recall(asked, named_or_not(one.agency_id, directory, visit), visit),
                text=" — ".join(filter(None, words)),
                due_time=due,
                is_overdue=now > due,
                href=f"/desk/people/{person_id}/referrals/{one.referral_id}",
            )
    return sorted(found.values(), key=lambda one: one.due_time)
