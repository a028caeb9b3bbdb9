"""What the hub stands on, to be looked at: agencies, agreements, certificates, lists of codes."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from starlette.responses import Response

from kem.access.v1 import certificate_service_pb2 as certificates
from kem.access.v1.access_events_pb2 import HolderKind
from kem.disclosure.v1 import disclosure_service_pb2 as disclosure
from kernel import codes
from kernel.vocabulary import Role
from services.console.adapters.names import Names
from services.console.entrypoints.codes import name_of, named, text_of
from services.console.entrypoints.page import NavigationEntry, Page, Visit
from services.console.entrypoints.pages.admin.agencies import LIST, NEW, regimes
from services.console.entrypoints.pages.admin.roles import KEEPERS
from services.console.entrypoints.rendering import Written
from services.console.entrypoints.texts import N_

_PAGE: Final = 200
_CERTIFICATES: Final = "/admin/certificates"
_AN_INSTANT: Final = timedelta(seconds=1)
"""Before an end, which is a midnight: its last day is what people call it by."""
_LISTS: Final = {
    "SECTORS": codes.SECTORS,
    "SERVICE_TYPES": codes.SERVICE_TYPES,
    "COMMITTEES": codes.COMMITTEES,
    "CATEGORIES": codes.CATEGORIES,
    "PURPOSES": codes.PURPOSES,
    "LANGUAGES": codes.LANGUAGES,
    "DISTRICTS": codes.DISTRICTS,
    "LEGAL_STATUSES": codes.LEGAL_STATUSES,
    **codes.LISTS,
}
_NAMES_OF_LISTS: Final[Mapping[str, str]] = {
    "SECTORS": N_("Sectors"),
    "SERVICE_TYPES": N_("Types of services"),
    "COMMITTEES": N_("Committees"),
    "CATEGORIES": N_("Categories of data"),
    "PURPOSES": N_("Purposes"),
    "LANGUAGES": N_("Languages"),
    "DISTRICTS": N_("Districts"),
    "LEGAL_STATUSES": N_("Legal statuses"),
    "DOCUMENTS": N_("Documents"),
    "DOCUMENT_STATES": N_("How a document stands"),
    "SPECIFIC_NEEDS": N_("Specific needs"),
    "CIRCUMSTANCES": N_("Circumstances"),
    "RELATIONS": N_("Relations in a household"),
    "GUARDIAN_RELATIONS": N_("Who takes care of a child"),
    "SEARCH_REASONS": N_("Why somebody is searched for"),
    "KEPT_GROUNDS": N_("Why something is kept that was asked back"),
    "HUB_KEPT_GROUNDS": N_("Why the hub keeps something after an erasure"),
    "VISIT_TOPICS": N_("What a visit was about"),
    "APPOINTMENT_CANCELLATIONS": N_("Why an appointment is cancelled"),
}


class RegisterPages:
    """Each register on a page of its own."""

    def __init__(self, names: Names) -> None:
        self._names = names

    @property
    def pages(self) -> tuple[Page, ...]:
        """At their addresses."""
        agencies = "DirectoryService/ListAgencies"
        return (
            Page("/admin", self.start, KEEPERS, nav=NavigationEntry("Administration", 70)),
            Page("/admin/agencies", self.agencies, KEEPERS, (agencies,)),
            Page(
                "/admin/agreements",
                self.agreements,
                KEEPERS,
                ("DisclosureService/ListAgreements", agencies),
            ),
            Page(
                _CERTIFICATES,
                self.certificates,
                frozenset({Role.OPERATOR}),
                ("CertificateService/ListCertificates", agencies),
            ),
            Page("/admin/codes", self.codes, KEEPERS),
        )

    async def start(self, visit: Visit) -> Response:
        """Which registers there are."""
        say, user = visit.say, visit.staff
        registers = [
            ("/admin/agencies", say("Agencies"), say("The member organisations and their committees.")),
            ("/admin/agreements", say("Agreements"), say("With whom data may be shared, and until when.")),
            ("/admin/notices", say("Notices"), say("On which consent rests, in their versions.")),
            ("/admin/codes", say("Lists of codes"), say("The words that every service speaks in.")),
        ]
        if user.has(Role.OPERATOR):
            registers += [
                ("/admin/accounts", say("Accounts"), say("Who works with the hub, and what each may do.")),
                ("/admin/certificates", say("Certificates"), say("Who may connect to the hub.")),
                ("/admin/health", say("Health"), say("How each service stands, and what waits.")),
            ]
        return visit.render("admin/start.html", title=say("Administration"), registers=registers)

    async def agencies(self, visit: Visit) -> Response:
        """Each with its committees."""
        found = await self._names.agencies(visit.staff.metadata, anew=True)
        language, say = visit.language, visit.say
        rows = [
            (
                (f"{LIST}/{one.agency_id}", one.code),
                text_of(one.name, language),
                ", ".join(named(codes.COMMITTEES, code, language) for code in one.committees),
                say("invented, for trying") if one.sample else "",
            )
            for one in sorted(found.values(), key=lambda one: one.code)
        ]
        heads = [say("Code"), say("Name"), say("Committees"), say("Remark")]
        return table(visit, say("Agencies"), heads, rows, adds=(f"{LIST}/{NEW}", say("A new agency")))

    async def agreements(self, visit: Visit) -> Response:
        """Each with what it covers; one that has ended opens nothing."""
        say, language, now = visit.say, visit.language, datetime.now(UTC)
        listed = await visit.ask(
            visit.hub.disclosure.ListAgreements,
            disclosure.ListAgreementsRequest(page_size=_PAGE, page_token=visit.query("page")),
        )
        agencies = await self._names.agencies(visit.staff.metadata, anew=True)
        laws, written = regimes(visit), Written(language)
        rows = [
            (
                (
                    f"{LIST}/{one.agency_id}",
                    agencies[one.agency_id].code if one.agency_id in agencies else one.agency_id,
                ),
                say("in force") if _covers(one, now) else say("not in force"),
                written.date(one.valid_until_time.ToDatetime(tzinfo=UTC) - _AN_INSTANT),
                laws.get(one.legal_regime, one.legal_regime),
                ", ".join(named(codes.PURPOSES, code, language) for code in one.purposes),
                ", ".join(named(codes.CATEGORIES, code, language) for code in one.categories),
            )
            for one in listed.agreements
        ]
        heads = [say("Agency"), say("Now"), say("Until"), say("Law"), say("For what"), say("What")]
        return table(visit, say("Agreements"), heads, rows, onward=listed.next_page_token)

    async def certificates(self, visit: Visit) -> Response:
        """Issued and revoked by the hub's own command; here is what became of each."""
        say, written = visit.say, Written(visit.language)
        with_ended = visit.query("ended") == "yes"
        listed = await visit.ask(
            visit.hub.certificates.ListCertificates,
            certificates.ListCertificatesRequest(
                with_ended=with_ended, page_size=_PAGE, after_serial=visit.query("page")
            ),
        )
        agencies = await self._names.agencies(visit.staff.metadata)
        rows = [
            (
                _holder(one, agencies),
                written.datetime(one.end_time.ToDatetime(tzinfo=UTC)),
                say("revoked") if one.HasField("revoked_time") else say("good"),
                one.serial,
            )
            for one in listed.certificates
        ]
        heads = [say("Holder"), say("Until"), say("Now"), say("Serial number")]
        note = say("Certificates are issued, renewed and revoked at the hub's own machine: ./kem certs.")
        views = [
            (_CERTIFICATES, say("Good now"), not with_ended),
            (f"{_CERTIFICATES}?ended=yes", say("Those that have ended, too"), with_ended),
        ]
        title, onward = say("Certificates"), listed.next_after_serial
        return table(visit, title, heads, rows, onward=onward, note=note, views=views)

    async def codes(self, visit: Visit) -> Response:
        """All of them, as they stand in this release."""
        language, say = visit.language, visit.say
        return visit.render(
            "admin/codes.html",
            title=say("Lists of codes"),
            lists=[
                (
                    say(_NAMES_OF_LISTS[name]),
                    [(entry.code, name_of(entry, language)) for entry in entries.values()],
                )
                for name, entries in _LISTS.items()
            ],
        )


def table(
    visit: Visit,
    title: str,
    heads: list[str],
    rows: Sequence[Sequence[Any]],
    onward: str = "",
    note: str = "",
    adds: tuple[str, str] | None = None,
    views: Sequence[tuple[str, str, bool]] = (),
) -> Response:
    """A cell is words, or an address with its words.

    Args:
        views: what else of the register can be looked at: addresses, their words, and which is shown.
    """
    here = next((address for address, _, is_shown in views if is_shown), visit.request.url.path)
    return visit.render(
        "admin/register.html",
        title=title,
        heads=heads,
        rows=rows,
        onward=f"{here}{'&' if '?' in here else '?'}{urlencode({'page': onward})}" if onward else "",
        note=note,
        adds=adds,
        views=views,
    )


def _covers(one: disclosure.Agreement, now: datetime) -> bool:
    begin = one.valid_from_time.ToDatetime(tzinfo=UTC)
    return begin <= now < one.valid_until_time.ToDatetime(tzinfo=UTC)


def _holder(one: certificates.ListedCertificate, agencies: Any) -> str:
    if one.HasField("agency_id"):
        return agencies[one.agency_id].code if one.agency_id in agencies else one.agency_id
    return one.holder_service or HolderKind.Name(one.holder_kind).removeprefix("HOLDER_KIND_").lower()
