"""What an auditor asks of people and of consents: intake's own rows, each beside its entry of the ledger."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import typer
from google.protobuf.json_format import MessageToDict
from rich.console import Console
from rich.markup import escape

from kem.audit.v1 import audit_service_pb2 as ledger
from kem.disclosure.v1 import authority_service_pb2 as authorities
from kem.disclosure.v1 import inquiry_service_pb2 as messages
from kem.intake.v1 import consent_pb2
from tools.audit.answering import category_of
from tools.audit.asking import entries_of, id_of, stamp_of, traced
from tools.audit.staff_names import Names, names_of
from tools.office import Office, at_office
from tools.partner.calls import Refused
from tools.trace.story import athens

Body = Mapping[str, Any]
_READS: Final = "/kem.intake.v1.IntakeService/GetBeneficiary"
_ENTERS: Final = ("BeneficiaryRegistered", "BeneficiaryUpdated")
_HOW: Final = {
    messages.DISCLOSURE_KIND_PULLED: "read by",
    messages.DISCLOSURE_KIND_VERBAL: "told by telephone by",
    messages.DISCLOSURE_KIND_EMERGENCY: "read in an emergency by",
    messages.DISCLOSURE_KIND_COMPELLED: "handed over to an authority by",
    messages.DISCLOSURE_KIND_SUBJECT: "handed over to the person, or who asked for them, by",
}
_UNENTERED: Final = "NOT IN THE LEDGER"


@dataclass(frozen=True, slots=True)
class Seen:
    """Who was given a category of a person, and who at the desk has read or entered all that is known.

    Args:
        entries: the place in the ledger of each disclosure that has one.
    """

    disclosures: Sequence[messages.PersonDisclosure]
    entries: Mapping[str, int]
    at_the_desk: Sequence[Body]
    names: Names

    def lines(self) -> Iterator[str]:
        """All of it, told in words: each with the place of its entry."""
        for one in self.disclosures:
            index = self.entries.get(one.disclosure_id)
            yield f"{disclosure_line(one, self.names)} {_UNENTERED if index is None else f'#{index}'}"
        for body in self.at_the_desk:
            verb = "entered" if body["type"] in _ENTERS else "read at the desk"
            who = self.names.of_actor(body["envelope"].get("actor") or {})
            yield f"{athens(datetime.fromisoformat(body['event_time']))} {verb} by {who} #{body['index']}"


def tell_who_saw(person: str, field: str, *, as_json: bool) -> None:
    """Prints who saw something of a person, when, and under which text.

    Raises:
        StackFailure: no such field, no id, nobody is signed in, or the hub refuses, in its own words.
    """
    category, person_id = category_of(field), id_of(person)
    seen = at_office(lambda office: _seen(office, person_id, category))
    if as_json:
        told = [
            {**MessageToDict(one), "entry": seen.entries.get(one.disclosure_id)} for one in seen.disclosures
        ]
        read = {"disclosures": told, "at_the_desk": seen.at_the_desk, "staff": seen.names.told()}
        typer.echo(json.dumps(read, ensure_ascii=False, indent=1))
        return
    lines = list(seen.lines())
    _print(f"Who saw {category}?", lines, "Nobody, as far as intake and the ledger go.")


def tell_children(since: datetime | None, until: datetime | None, *, as_json: bool) -> None:
    """Prints of each child's consent who authorised it, by which document, when authorities were told.

    Raises:
        StackFailure: nobody is signed in, or the hub refuses, in its own words.
    """
    _tell_consents(messages.CONSENT_VIEW_CHILDREN, (since, until), child_line, as_json=as_json)


def tell_interpreters(since: datetime | None, until: datetime | None, *, as_json: bool) -> None:
    """Prints what interpreters heard, and whether they had signed confidentiality.

    Raises:
        StackFailure: nobody is signed in, or the hub refuses, in its own words.
    """
    _tell_consents(messages.CONSENT_VIEW_INTERPRETED, (since, until), interpreter_line, as_json=as_json)


def _tell_consents(
    view: messages.ConsentView.ValueType,
    period: tuple[datetime | None, datetime | None],
    line: Any,
    *,
    as_json: bool,
) -> None:
    async def ask(office: Office) -> tuple[list[messages.InspectedConsent], Mapping[str, int], Names]:
        request = messages.ListConsentsRequest(
            view=view, from_time=stamp_of(period[0]), until_time=stamp_of(period[1])
        )
        pages = office.pages(office.hub.inquiries.ListConsents, request)
        found = [one async for page in pages for one in page.consents]
        entered = ledger.ListEntriesRequest(kind="ConsentRecorded")
        entries = {
            body["fact"]["consent_id"]: body["index"]
            async for body in entries_of(office, entered)
            if body["fact"] is not None
        }
        return found, entries, await names_of(office, [one.obtained_by_id for one in found])

    found, entries, names = at_office(ask)
    if as_json:
        told = [{**MessageToDict(one), "entry": entries.get(one.consent_id)} for one in found]
        typer.echo(json.dumps({"consents": told, "staff": names.told()}, ensure_ascii=False, indent=1))
        return
    lines = [f"{line(one, names)} {_place(entries.get(one.consent_id))}" for one in found]
    _print(f"{len(found)} consents:", lines, "There are none of that kind.")


async def _seen(office: Office, person_id: str, category: str) -> Seen:
    request = messages.ListDisclosuresRequest(beneficiary_id=person_id, category=category)
    pages = office.pages(office.hub.inquiries.ListDisclosures, request)
    disclosures = [one async for page in pages for one in page.disclosures]
    history = await _history(office, person_id)
    entries = {
        body["fact"]["disclosure_id"]: body["index"]
        for body in history
        if "disclosure_id" in (body["fact"] or {})
    }
    for one in disclosures:  # one on another record of the person, or for an authority
        if one.disclosure_id not in entries:
            named = ledger.ListEntriesRequest(subject_id=one.disclosure_id)
            async for body in entries_of(office, named):
                entries.setdefault(one.disclosure_id, body["index"])
    at_the_desk = [body for body in history if body["type"] in _ENTERS or _is_read(body)]
    who = [*(one.principal_id for one in disclosures), *_actors(at_the_desk)]
    return Seen(disclosures, entries, at_the_desk, await names_of(office, who))


async def _history(office: Office, person_id: str) -> list[Body]:
    try:
        history = traced(office, person_id, is_person=True)
        return [json.loads(one.entry.body) async for one in history]
    except Refused as refusal:
        if refusal.reason != "HISTORY_NOT_FOUND":
            raise
        return []


def _is_read(body: Body) -> bool:
    fact = body["fact"] or {}
    return (
        body["type"] == "AccessRecorded" and fact.get("method") == _READS and fact.get("outcome") == "GRANTED"
    )


def _actors(bodies: Iterable[Body]) -> Iterator[str]:
    for body in bodies:
        if actor_id := (body["envelope"].get("actor") or {}).get("id"):
            yield actor_id


def disclosure_line(one: messages.PersonDisclosure, names: Names) -> str:
    """One time that something was given, but for its entry."""
    who = names.of(one.principal_id, one.agency_id or one.told_by_agency_id, one.acting_person)
    if one.kind == messages.DISCLOSURE_KIND_VERBAL:
        told_by = names.of(one.principal_id, one.told_by_agency_id, one.acting_person)
        who = f"{told_by}, to {names.agency(one.agency_id)}"
    purpose = f"; for {one.purpose}" if one.purpose else ""
    texts = "".join(
        f"; under notice {text.notice_version} in {text.notice_language}, explained in {text.spoken_language}"
        f" ({_time(text.given_time)}, consent {text.consent_id})"
        for text in one.texts
    )
    bases = ", ".join(one.legal_bases) or "not said"
    return f"{_time(one.disclosed_time)} {_HOW[one.kind]} {who}{purpose}; basis {bases}{texts}"


def child_line(one: messages.InspectedConsent, names: Names) -> str:
    """A child's consent, but for its entry."""
    child = one.child
    giver = consent_pb2.ConsentGiver.Name(child.given_by).removeprefix("CONSENT_GIVER_")
    paper = child.authority_reference or ("(gone)" if one.sealed_is_gone else "none named")
    paper += f", until {child.authority_expires_date}" if child.authority_expires_date else ""
    paper += f", evidence {child.evidence_sha256[:16]}…" if child.evidence_sha256 else ""
    doubt = "; MAY NOT DECIDE as far as was on record" if child.lacks_authority else ""
    told = "; ".join(
        f"{authorities.Authority.Name(note.authority).removeprefix('AUTHORITY_')} told"
        f" {_time(note.happened_time)} ({note.legal_reference}, no. {note.protocol_number})"
        for note in child.notifications
    )
    return (
        f"{_time(one.given_time)} child {one.beneficiary_id} ({child.age_band or 'age not known'}):"
        f" authorised by {giver}{doubt}; document {paper}; {'assents' if child.assents else 'no assent'};"
        f" obtained by {names.of(one.obtained_by_id, one.obtained_by_agency_id)};"
        f" {told or 'no authority told'}"
    )


def interpreter_line(one: messages.InspectedConsent, names: Names) -> str:
    """What was interpreted, but for its entry."""
    heard = one.interpreter
    mode = consent_pb2.InterpreterMode.Name(heard.mode).removeprefix("INTERPRETER_MODE_")
    signed = "had signed confidentiality"
    if not heard.HasField("confidentiality_signed"):
        signed = "whether they had signed was not kept then"
    elif not heard.confidentiality_signed:
        signed = "HAD NOT SIGNED"
    who = heard.reference or ("(gone)" if one.sealed_is_gone else "not named")
    return (
        f"{_time(one.given_time)} interpreter {who} ({mode}, {one.spoken_language}), {signed}; heard of"
        f" {', '.join(one.categories)} of person {one.beneficiary_id}; with"
        f" {names.of(one.obtained_by_id, one.obtained_by_agency_id)}"
    )


def _print(head: str, lines: Sequence[str], nothing: str) -> None:
    console = Console(highlight=False, soft_wrap=True)
    console.print(f"[bold]{escape(head)}[/]")
    for line in lines:
        console.print(f"  {escape(line)}")
    if not lines:
        console.print(f"  {nothing}")


def _place(index: int | None) -> str:
    return _UNENTERED if index is None else f"#{index}"


def _time(stamp: Any) -> str:
    return athens(stamp.ToDatetime(tzinfo=UTC))
