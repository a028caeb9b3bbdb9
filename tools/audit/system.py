"""What changed in the system itself, and when, from the ledger's entries alone."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from tools.audit.questions import Body, Line, Moment, Question
from tools.audit.reading import when

_SHOWN: Final = 12
"""Of a hash: enough to hold it against a file."""
_SAID: Final = {
    "NoticePublished": "notice {notice_version} was published",
    "AgeRulesSaved": "the rules for children are version {rules_version}",
    "RetentionRulesSaved": "the rules of how long data are kept are version {rules_version}",
    "SigningKeyBegun": "another key signs the ledger: {verifier_key}",
    "CertificateIssued": "certificate {serial} was issued for {holder}",
    "CertificateRevoked": "certificate {serial} of {holder} was revoked: {reason}",
}


def changes_of_the_system(entries: Sequence[Body], moment: Moment) -> Iterator[Line]:
    """Releases, settings, migrations and policy files by service, rules of officers, keys, certificates."""
    for one in entries:
        fact = one["fact"]
        if one["type"] in _SAID:
            said = _SAID[one["type"]].format(**fact, holder=_holder(fact))
        else:
            said = f"{fact['service']}: {'; '.join(_parts(fact))}"
        yield Line(f"{when(one)} {said}", (one["index"],))


def _holder(fact: dict[str, Any]) -> str:
    return str(fact.get("agency_id") or fact.get("holder_service") or "the tools")


def _parts(fact: dict[str, Any]) -> Iterator[str]:
    if release := fact.get("release"):
        revision = release.get("revision", "")
        at = f" at {revision[:_SHOWN]}" if revision else ""
        yield f"release {release['release_version']}{at} ({release['sha256'][:_SHOWN]}…)"
    if settings := fact.get("settings"):
        yield f"settings {', '.join(settings['setting_names'])} ({settings['sha256'][:_SHOWN]}…)"
    for name, part in (("migrations", "migrations"), ("policy files", "policy_files")):
        if files := fact.get(part):
            yield f"{name} {', '.join(_file(one) for one in files)}"


def _file(one: dict[str, str]) -> str:
    return f"{one['file_name']} {one['sha256'][:_SHOWN]}…" if "sha256" in one else f"{one['file_name']} gone"


SYSTEM: Final = {
    "system": Question(
        "What changed in the system itself, and when: program, settings, tables, rules, keys, certificates?",
        ("SystemChanged", *_SAID),
        changes_of_the_system,
        is_of_a_period=True,
    ),
}
"""Asked as questions are."""
