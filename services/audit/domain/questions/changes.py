"""Which referrals a change of policy, notice or deadline touched, and what changed in the system itself."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Final

from services.audit.domain.questions.question import (
    Asked,
    Body,
    Kind,
    Line,
    Question,
    actor_of,
    columns,
    instant_of,
    time_of,
)

NOT_SAID: Final = "NOT_SAID"
NOT_IN_THE_LEDGER: Final = "NOT_IN_THE_LEDGER"
_SHOWN: Final = 12
"""Of a hash: enough to hold it against a file."""
_DETAILS: Final = {
    "NoticePublished": "{notice_version}",
    "AgeRulesSaved": "{rules_version}",
    "RetentionRulesSaved": "{rules_version}",
    "SigningKeyBegun": "{verifier_key}",
    "CertificateIssued": "{serial} {holder}",
    "CertificateRevoked": "{serial} {holder} {reason}",
}


def by_policy(entries: Iterable[Body], asked: Asked) -> Iterator[Line]:
    """Which referrals each version of the policy has touched, so which ones a change did."""
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for one in entries:
        version = one["envelope"].get("policy_version") or NOT_SAID
        found[version].setdefault(one["envelope"]["referral_id"], one["index"])
    for version, referrals in sorted(found.items()):
        yield Line.of(referrals.values(), version, len(referrals))


def by_notice(entries: Iterable[Body], asked: Asked) -> Iterator[Line]:
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
            version_of[fact["consent_id"]] = fact.get("notice_version") or NOT_SAID
        else:
            for consent_id in fact.get("consent_ids", []):
                version = version_of.get(consent_id, NOT_IN_THE_LEDGER)
                touched[version].setdefault(fact["referral_id"], one["index"])
    consents = Counter(version_of.values())
    for version in sorted({*touched, *consents}):
        referrals = touched[version]
        shown = [published[version]] if version in published else []
        yield Line.of((*shown, *referrals.values()), version, consents[version], len(referrals))


def deadlines(entries: Iterable[Body], asked: Asked) -> Iterator[Line]:
    """How long agencies had to answer by each version of the policy."""
    given: dict[tuple[str, str], list[tuple[timedelta, int]]] = defaultdict(list)
    for one in entries:
        fact, version = one["fact"], one["envelope"].get("policy_version") or NOT_SAID
        window = instant_of(fact["respond_by_time"]) - time_of(one)
        given[version, fact["urgency"]].append((window, one["index"]))
    for (version, urgency), windows in sorted(given.items()):
        hours = sorted(window.total_seconds() / 3600 for window, _ in windows)
        yield Line.of((index for _, index in windows), version, urgency, len(windows), hours[0], hours[-1])


def moved_deadlines(entries: Iterable[Body], asked: Asked) -> Iterator[Line]:
    """Whose time to answer was moved, and from when to when; of an offer of before nobody knows from when."""
    due: dict[str, datetime] = {}
    for one in entries:
        fact, until = one["fact"], instant_of(one["fact"]["respond_by_time"])
        before = due.get(fact["offer_id"])
        due[fact["offer_id"]] = until
        if one["type"] != "ReferralOffered" and before != until:
            referral_id = one["envelope"]["referral_id"]
            yield Line.of([one["index"]], time_of(one), referral_id, fact["agency_id"], before, until)


def changes_of_the_system(entries: Iterable[Body], asked: Asked) -> Iterator[Line]:
    """Releases, settings, migrations and policy files by service, rules of officers, keys, certificates."""
    for one in entries:
        fact, what = one["fact"], one["type"]
        if what in _DETAILS:
            told = [(what, _DETAILS[what].format(**fact, holder=_holder(fact)))]
        else:
            told = list(_parts(fact))
        for code, detail in told:
            yield Line.of([one["index"]], time_of(one), fact.get("service"), code, detail, actor_of(one))


def _holder(fact: Mapping[str, Any]) -> str:
    return str(fact.get("agency_id") or fact.get("holder_service") or "tools")


def _parts(fact: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if release := fact.get("release"):
        revision = release.get("revision", "")
        at = f" {revision[:_SHOWN]}" if revision else ""
        yield "RELEASE", f"{release['release_version']}{at} ({release['sha256'][:_SHOWN]}…)"
    if settings := fact.get("settings"):
        yield "SETTINGS", f"{', '.join(settings['setting_names'])} ({settings['sha256'][:_SHOWN]}…)"
    for code, part in (("MIGRATIONS", "migrations"), ("POLICY_FILES", "policy_files")):
        if files := fact.get(part):
            yield code, ", ".join(map(_file, files))


def _file(one: Mapping[str, str]) -> str:
    return f"{one['file_name']} {one['sha256'][:_SHOWN]}…" if "sha256" in one else f"{one['file_name']} –"


QUESTIONS: Final[Mapping[str, Question]] = MappingProxyType(
    {
        "policy": Question(
            "Which referrals did each version of the policy touch?",
            ("ReferralOffered", "ReferralAwaitingPerson", "ReferralUnmatched", "ReferralWaitlisted"),
            columns(version=Kind.TEXT, referrals=Kind.NUMBER),
            by_policy,
            is_of_a_period=True,
        ),
        "notice": Question(
            "Which referrals did each version of a notice touch?",
            ("NoticePublished", "ConsentRecorded", "DisclosureGiven", "HandoverRecorded"),
            columns(version=Kind.TEXT, consents=Kind.NUMBER, referrals=Kind.NUMBER),
            by_notice,
        ),
        "deadlines": Question(
            "How long did agencies have to answer, by each version of the policy?",
            ("ReferralOffered",),
            columns(
                version=Kind.TEXT,
                urgency=Kind.CODE,
                offers=Kind.NUMBER,
                least_hours=Kind.HOURS,
                most_hours=Kind.HOURS,
            ),
            deadlines,
            is_of_a_period=True,
        ),
        "moved-deadlines": Question(
            "Whose time to answer was moved?",
            ("ReferralOffered", "InformationProvided"),
            columns(
                time=Kind.TIME,
                referral=Kind.REFERRAL,
                agency=Kind.AGENCY,
                due_before=Kind.TIME,
                due_after=Kind.TIME,
            ),
            moved_deadlines,
        ),
        "system": Question(
            "What changed in the system itself: program, settings, tables, rules, keys, certificates?",
            ("SystemChanged", *_DETAILS),
            columns(time=Kind.TIME, service=Kind.TEXT, what=Kind.CODE, detail=Kind.TEXT, by=Kind.PERSON),
            changes_of_the_system,
            is_of_a_period=True,
        ),
    }
)
