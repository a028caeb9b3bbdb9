"""Why an agency could see something then: the disclosure, and each entry that permitted it."""

import json
from collections.abc import Iterable
from typing import Any, Final

import typer
from rich.console import Console
from rich.markup import escape

from kem.audit.v1 import audit_service_pb2 as messages
from kernel import codes
from kernel.errors import Invalid
from tools.audit.asking import entries_of, id_of, traced
from tools.audit.reading import Reader, when
from tools.office import Office, at_office
from tools.stack.failure import StackFailure

WORDS: Final = {
    "phone": "SAFE_CONTACT",
    "contact": "SAFE_CONTACT",
    "birth": "BIRTH_AND_SEX",
    "sex": "BIRTH_AND_SEX",
    "language": "LANGUAGES",
    "document": "DOCUMENTS",
}
"""What people say, beside the codes of data categories."""
_DAY: Final = 10
_MINUTE: Final = 16
_GIVEN: Final = (
    *("DisclosureGiven", "HandoverRecorded", "EmergencyDisclosureGiven"),
    "CompelledDisclosureGiven",
)
_STEPS: Final = {
    "EmergencyAccessRequested": "an emergency access was asked for",
    "EmergencyAccessDecided": "somebody else decided on it",
    "CompelledRequestRegistered": "an authority's request was registered",
    "CompelledRequestDecided": "a data protection officer decided on it",
    "EmergencyReviewed": "somebody who had no part in it looked at it",
}
"""What had to be done, or has to be done afterwards, where a disclosure rests on no consent."""
_NOT_BY_CONSENT: Final = frozenset({"VITAL_INTEREST", "LEGAL_OBLIGATION"})

Body = dict[str, Any]


def why(agency: str, field: str, referral: str, *, as_json: bool) -> None:
    """Tells of each time that the agency was given the field for the referral what it rested on.

    Raises:
        StackFailure: no such agency, field or id, nobody is signed in, or the hub refuses, in its own words.
    """
    code = category_of(field)
    referral_id = id_of(referral)
    given, grounds, names = at_office(lambda office: _grounds(office, agency, code, referral_id))
    if as_json:
        typer.echo(json.dumps({"given": given, "rests_on": grounds}, ensure_ascii=False, indent=1))
        return
    console, reader = Console(highlight=False, soft_wrap=True), Reader(names)
    if not given:
        console.print(
            f"{agency.upper()} was never given {code} for this referral, as far as the ledger goes."
        )
        return
    for one in given:
        console.print(reader.line(one))
        if "given_mask" not in one["fact"]:
            console.print(
                "  [yellow]A restricted service: what was given is read at intake, by its officers.[/]"
            )
        for line in rests_on(one, grounds):
            console.print(f"  {escape(line)}")


def category_of(field: str) -> str:
    """The code of a data category.

    Raises:
        StackFailure: there is none of that name.
    """
    code = WORDS.get(field.lower(), field.upper())
    try:
        codes.category(code)
    except Invalid:
        known = ", ".join([*codes.CATEGORIES, *WORDS])
        raise StackFailure(f"{field} is no kind of data; say one of: {known}.", 2) from None
    return code


async def _grounds(
    office: Office, agency: str, code: str, referral_id: str
) -> tuple[list[Body], list[Body], dict[str, str]]:
    agency_id = await office.agency_id(agency)
    history = [json.loads(one.entry.body) async for one in traced(office, referral_id)]
    bit = codes.mask([code])
    told = [one for one in history if one["type"] in _GIVEN and one["fact"]["agency_id"] == agency_id]
    # of a restricted service no categories are told
    given = [one for one in told if one["fact"].get("given_mask", bit) & bit]
    consents = [one for one in history if one["type"].startswith("Consent") or one["type"] in _STEPS]
    agreements = entries_of(office, messages.ListEntriesRequest(kind="AgreementChanged", agency_id=agency_id))
    notices = entries_of(office, messages.ListEntriesRequest(kind="NoticePublished"))
    versions = {one["fact"].get("notice_version") for one in consents}
    texts = [one async for one in notices if one["fact"]["notice_version"] in versions]
    return given, [*consents, *[one async for one in agreements], *texts], await office.codes()


def rests_on(given: Body, grounds: Iterable[Body]) -> Iterable[str]:
    """A line for each ground of one disclosure."""
    fact, then = given["fact"], given["index"]
    bases = fact.get("legal_bases") or [fact[name] for name in ("legal_basis",) if name in fact]
    if bases:
        yield f"legal basis: {', '.join(bases)}" + (f"; for {fact['purpose']}" if fact.get("purpose") else "")
    yield from _steps(fact, grounds)
    for cell in fact.get("cell_ids", []):
        yield f"grant cell {cell}"
    notices = set()
    for one in grounds:
        told = one["fact"]
        if one["type"] == "ConsentRecorded" and told["consent_id"] in fact.get("consent_ids", []):
            notices.add(told.get("notice_version"))
            yield (
                f"consent {told['consent_id']}, recorded {when(one)} (#{one['index']}),"
                f" until {told['valid_until_time'][:_DAY]},"
                f" under notice {told.get('notice_version') or '(not said)'}"
            )
    for one in grounds:
        if one["type"] == "NoticePublished" and one["fact"]["notice_version"] in notices:
            texts = ", ".join(f"{text['language']} {text['sha256'][:16]}…" for text in one["fact"]["texts"])
            version = one["fact"]["notice_version"]
            yield f"notice {version}, published {when(one)} (#{one['index']}): {texts}"
    agreements = [one for one in grounds if one["type"] == "AgreementChanged" and one["index"] < then]
    if number := fact.get("agreement_version"):
        agreements = [one for one in agreements if one["envelope"]["aggregate_version"] == number]
    if agreements and (number or not _NOT_BY_CONSENT & set(bases)):
        last = agreements[-1]
        version = last["envelope"]["aggregate_version"]
        until = last["fact"]["valid_until_time"][:_DAY]
        yield f"agreement version {version}, changed {when(last)} (#{last['index']}), until {until}"


def _steps(fact: Body, grounds: Iterable[Body]) -> Iterable[str]:
    """What was asked, decided and looked at for one disclosure, in the ledger's order."""
    names = ("emergency_access_id", "compelled_request_id", "disclosure_id")
    its_own = {fact[name] for name in names if name in fact}
    for one in grounds:
        told = one["fact"]
        if one["type"] in _STEPS and its_own & {told.get(name) for name in (*names, "subject_id")}:
            yield f"{_STEPS[one['type']]}, {when(one)} (#{one['index']}){_outcome(one['type'], told)}"


def _outcome(kind: str, told: Body) -> str:
    if kind == "EmergencyAccessDecided":
        return (
            f": allowed until {told['valid_until_time'][:_MINUTE]}" if told.get("authorised") else ": refused"
        )
    if kind == "CompelledRequestDecided":
        return ": allowed" if told.get("allowed_mask") else ": refused"
    if kind == "EmergencyReviewed":
        return ": justified" if told.get("justified") else ": NOT JUSTIFIED"
    return ""
