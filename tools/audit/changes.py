"""Which referrals a change of policy, notice or deadline touched, from the ledger's entries alone."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from tools.audit.questions import Body, Line, Moment, Question, instant_of, time_of


def by_policy(entries: Sequence[Body], moment: Moment) -> Iterator[Line]:
    """Which referrals each version of the policy has touched, so which ones a change did."""
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for one in entries:
        version = one["envelope"].get("policy_version", "")
        found[version].setdefault(one["envelope"]["referral_id"], one["index"])
    for version, referrals in sorted(found.items()):
        yield Line(f"{version or '(none)'}: referrals touched: {len(referrals)}", tuple(referrals.values()))


def by_notice(entries: Sequence[Body], moment: Moment) -> Iterator[Line]:
    """Which referrals each version of a notice touched: disclosed for them on consent under it."""
    published: dict[str, int] = {}
    version_of: dict[str, str] = {}
    touched: dict[str, dict[str, int]] = defaultdict(dict)
    for one in entries:
        fact = one["fact"]
        if one["type"] == "NoticePublished":
            published[fact["notice_version"]] = one["index"]
            touched.setdefault(fact["notice_version"], {})
        elif one["type"] == "ConsentRecorded":
            version_of[fact["consent_id"]] = fact.get("notice_version") or "(not said)"
        else:
            for consent_id in fact.get("consent_ids", []):
                version = version_of.get(consent_id, "(consent not in the ledger)")
                touched[version].setdefault(fact["referral_id"], one["index"])
    consents = Counter(version_of.values())
    for version in sorted({*touched, *consents}):
        referrals = touched[version]
        shown = [published[version]] if version in published else []
        yield Line(
            f"notice {version}: consents given under it {consents[version]},"
            f" referrals touched {len(referrals)}",
            (*shown, *referrals.values()),
        )


def deadlines(entries: Sequence[Body], moment: Moment) -> Iterator[Line]:
    """How long agencies had to answer by each version of the policy, and whose deadlines were moved."""
    given: dict[tuple[str, str], list[tuple[timedelta, int]]] = defaultdict(list)
    due: dict[str, datetime] = {}
    moved: list[Line] = []
    for one in entries:
        fact, until = one["fact"], instant_of(one["fact"]["respond_by_time"])
        before = due.get(fact["offer_id"])
        due[fact["offer_id"]] = until
        if one["type"] == "ReferralOffered":
            version = one["envelope"].get("policy_version") or "(none)"
            given[version, fact["urgency"]].append((until - time_of(one), one["index"]))
        elif before != until:
            since = f"{before:%Y-%m-%d %H:%M}" if before else "(offered before)"
            moved.append(
                Line(
                    f"referral {one['envelope']['referral_id']}: offer {fact['offer_id']} of agency"
                    f" {fact['agency_id']} moved from {since} to {until:%Y-%m-%d %H:%M} UTC",
                    (one["index"],),
                )
            )
    for (version, urgency), windows in sorted(given.items()):
        hours = sorted(window.total_seconds() / 3600 for window, _ in windows)
        yield Line(
            f"{version} {urgency}: {len(windows)} offers, {hours[0]:.1f} to {hours[-1]:.1f} h to answer",
            tuple(index for _, index in windows),
        )
    yield from moved


CHANGES: Final = {
    "policy": Question(
        "Which referrals did each version of the policy touch?",
        ("ReferralOffered", "ReferralAwaitingPerson", "ReferralUnmatched", "ReferralWaitlisted"),
        by_policy,
        is_of_a_period=True,
    ),
    "notice": Question(
        "Which referrals did each version of a notice touch?",
        ("NoticePublished", "ConsentRecorded", "DisclosureGiven", "HandoverRecorded"),
        by_notice,
    ),
    "deadlines": Question(
        "Which referrals did each length of the time to answer touch, and which deadlines were moved?",
        ("ReferralOffered", "InformationProvided"),
        deadlines,
    ),
}
"""Asked as questions are."""
