"""One agency for those who keep the directory: its name and committees, and what may be shared with it."""

from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any, Final
from uuid import UUID, uuid4, uuid5

from starlette.responses import Response

from kem.directory.v1 import directory_pb2
from kem.directory.v1 import directory_service_pb2 as directory
from kem.disclosure.v1 import disclosure_service_pb2 as disclosure
from kernel import codes
from kernel.errors import Conflict, Invalid, NotFound, RuleBroken
from services.console.adapters.names import Names
from services.console.entrypoints.codes import choices, text_of
from services.console.entrypoints.forms import Form, as_date, as_uuid, read_version
from services.console.entrypoints.page import Page, Visit
from services.console.entrypoints.pages.admin.roles import KEEPERS
from services.console.entrypoints.refusals import is_changed_since, words_for
from services.console.entrypoints.rendering import ATHENS

LIST: Final = "/admin/agencies"
NEW: Final = "new"
GDPR: Final = "GDPR_CONTROLLER"
_AGENCIES: Final = "DirectoryService/ListAgencies"
_AGREEMENTS: Final = "DisclosureService/ListAgreements"
_MENDABLE: Final = (Invalid, Conflict, RuleBroken)
_PAGE: Final = 200
_DAY: Final = timedelta(days=1)
_FIRST_YEAR, _LAST_YEAR = 1900, 2999
"""Of an agreement: what lies farther off is a slip."""
_DAY_TYPED: Final = "%d/%m/%Y"
_LONGEST_BASIS: Final = 120
_AGENCY: Final = "agency"
_AGREEMENT: Final = "agreement"
"""The two forms of the page."""


def regimes(visit: Visit) -> dict[str, str]:
    """Under which law an agency works, in words."""
    return {
        GDPR: visit.say("Controller under the GDPR"),
        "UN_PRIVILEGES_IMMUNITIES": visit.say("United Nations: privileges and immunities"),
        "THIRD_COUNTRY": visit.say("In a third country"),
    }


class AgencyPages:
    """The forms of one agency."""

    def __init__(self, names: Names) -> None:
        self._names = names

    @property
    def pages(self) -> tuple[Page, ...]:
        """At its address; `new` stands for one that is not there yet."""
        here, reads = f"{LIST}/{{agency}}", (_AGENCIES, _AGREEMENTS)
        return (
            Page(here, self.look, KEEPERS, reads),
            Page(here + "/save", self.save, KEEPERS, ("DirectoryService/SaveAgencies", *reads), ("POST",)),
            Page(
                here + "/agreement",
                self.agree,
                KEEPERS,
                ("DisclosureService/SaveAgreements", *reads),
                ("POST",),
            ),
        )

    async def look(self, visit: Visit) -> Response:
        """As it stands."""
        return await self._page(visit)

    async def save(self, visit: Visit) -> Response:
        """Its code, name and committees."""
        form, known = visit.form, await self._known(visit)
        agency = directory_pb2.Agency(
            # a repeat of the form, a double click too, is about the same one
            agency_id=known.agency_id if known is not None else str(uuid5(UUID(form.request_id), "agency")),
            code=known.code if known is not None else form.text("code").upper(),
            name=directory_pb2.BilingualText(el=form.text("name_el"), en=form.text("name_en")),
            committees=form.all("committees"),
            sample=known.sample if known is not None else False,
            version=read_version(form),
        )
        for name in ("name_el", "name_en"):
            if not form.text(name):
                visit.errors.add(name, visit.say("Write the name."))
        if not agency.code:
            visit.errors.add("code", visit.say("Write a short code in Latin capitals, such as HESTIA."))
        if visit.errors:
            return await self._page(visit, _AGENCY)
        request = directory.SaveAgenciesRequest(request_id=form.request_id, agencies=[agency])
        try:
            await visit.ask(visit.hub.directory.SaveAgencies, request)
        except _MENDABLE as error:
            if is_changed_since(error):
                visit.errors.add(
                    "stands", visit.say("Somebody has changed this agency since you opened the page.")
                )
                return await self._page(visit, _AGENCY, is_changed=True)
            at = "code" if known is None else "name_el"
            visit.errors.add(at, str(words_for(error, visit.language)))
            return await self._page(visit, _AGENCY)
        self._names.forget_agencies()
        return visit.go(f"{LIST}/{agency.agency_id}", "agency-saved")

    async def agree(self, visit: Visit) -> Response:
        """What may be shared with it, for what, under which law, until when; it replaces what was before."""
        form, known = visit.form, await self._known(visit)
        if known is None:
            raise _not_found()
        first, last = (as_date(form.text(name)) for name in ("from_day", "until_day"))
        for name, day in (("from_day", first), ("until_day", last)):
            if day is None or not _FIRST_YEAR <= day.year <= _LAST_YEAR:
                visit.errors.add(name, visit.say("Type the date as day/month/year."))
        for name, known_codes in (("purposes", codes.PURPOSES), ("categories", codes.CATEGORIES)):
            if not form.all(name):
                visit.errors.add(name, visit.say("Tick at least one."))
            elif not set(form.all(name)) <= known_codes.keys():
                visit.errors.add(name, visit.say("Tick only what stands here."))
        regime = form.text("regime") or GDPR
        if regime not in regimes(visit):
            visit.errors.add("regime", visit.say("Choose one of the list."))
        elif regime != GDPR and not form.text("basis"):
            visit.errors.add("basis", visit.say("Write on what the transfer rests."))
        if len(form.text("basis")) > _LONGEST_BASIS:
            visit.errors.add("basis", visit.say("Write it in at most 120 letters."))
        version = read_version(form)
        if visit.errors or first is None or last is None:
            return await self._page(visit, _AGREEMENT)
        agreement = disclosure.Agreement(
            agency_id=known.agency_id,
            purposes=form.all("purposes"),
            categories=form.all("categories"),
            legal_regime=regime,
            transfer_basis=form.text("basis"),
            version=version,
        )
        begin = datetime.combine(first, datetime.min.time(), ATHENS)
        end = datetime.combine(last, datetime.min.time(), ATHENS) + _DAY
        agreement.valid_from_time.FromDatetime(begin)
        agreement.valid_until_time.FromDatetime(end)
        request = disclosure.SaveAgreementsRequest(request_id=form.request_id, agreements=[agreement])
        try:
            await visit.ask(visit.hub.disclosure.SaveAgreements, request)
        except _MENDABLE as error:
            if is_changed_since(error):
                visit.errors.add(
                    "stands", visit.say("Somebody has changed this agreement since you opened the page.")
                )
                return await self._page(visit, _AGREEMENT, is_changed=True)
            visit.errors.add("until_day", str(words_for(error, visit.language)))
            return await self._page(visit, _AGREEMENT)
        return visit.go(f"{LIST}/{known.agency_id}", "agreement-saved")

    async def _known(self, visit: Visit) -> directory_pb2.Agency | None:
        """The agency of the address; None for one that is not there yet."""
        wanted = visit.path_value("agency")
        if wanted == NEW:
            return None
        # what is changed here must not be half a minute old
        found = (await self._names.agencies(visit.staff.metadata, anew=True)).get(str(as_uuid(wanted)))
        if found is None:
            raise _not_found()
        return found

    async def _page(self, visit: Visit, sent: str = "", *, is_changed: bool = False) -> Response:
        """The forms.

        Args:
            sent: which of them comes back as it was typed; the other says what stands.
            is_changed: somebody else has saved the same meanwhile: what stands is shown beside what was
                typed, and who sends that again has seen both.
        """
        known, language, say = await self._known(visit), visit.language, visit.say
        agreement = await _agreement(visit, known.agency_id) if known is not None else None
        stands = _filled(known, agreement)
        versions = {
            _AGENCY: str(known.version if known is not None else 0),
            _AGREEMENT: str(agreement.version if agreement is not None else 0),
        }
        forms = {_AGENCY: stands, _AGREEMENT: stands}
        if sent:
            forms[sent] = visit.form
            if not is_changed:  # what comes back with a slip still changes what was read before it
                versions[sent] = visit.form.text("version")
        return visit.render(
            "admin/agency.html",
            title=text_of(known.name, language) if known is not None else say("A new agency"),
            code=HTTPStatus.BAD_REQUEST if visit.errors else HTTPStatus.OK,
            known=known,
            here=f"{LIST}/{known.agency_id if known is not None else NEW}",
            agreement=agreement,
            names=forms[_AGENCY],
            terms=forms[_AGREEMENT],
            versions=versions,
            stands=stands,
            changed_since=sent if is_changed else "",
            committees=choices(codes.COMMITTEES, language),
            purposes=choices(codes.PURPOSES, language),
            categories=choices(codes.CATEGORIES, language),
            regimes=list(regimes(visit).items()),
            ids=[str(uuid4()), str(uuid4())],
        )


async def _agreement(visit: Visit, agency_id: str) -> disclosure.Agreement | None:
    """The one with this agency; all are read: the door has no filter, and there are some hundreds at most."""
    token = ""
    while True:
        request = disclosure.ListAgreementsRequest(page_size=_PAGE, page_token=token)
        listed = await visit.ask(visit.hub.disclosure.ListAgreements, request)
        for one in listed.agreements:
            if one.agency_id == agency_id:
                return one  # type: ignore[no-any-return]  # a call answers anything
        token = listed.next_page_token
        if not token:
            return None


def _filled(known: directory_pb2.Agency | None, agreement: disclosure.Agreement | None) -> Form:
    fields: dict[str, Any] = {"regime": GDPR}
    if known is not None:
        fields |= {
            "code": known.code,
            "name_el": known.name.el,
            "name_en": known.name.en,
            "committees": list(known.committees),
        }
    if agreement is not None:
        until = agreement.valid_until_time.ToDatetime(tzinfo=UTC).astimezone(ATHENS) - timedelta(seconds=1)
        fields |= {
            "purposes": list(agreement.purposes),
            "categories": list(agreement.categories),
            "regime": agreement.legal_regime,
            "basis": agreement.transfer_basis,
            "from_day": agreement.valid_from_time.ToDatetime(tzinfo=UTC)
            .astimezone(ATHENS)
            .strftime(_DAY_TYPED),
            "until_day": until.strftime(_DAY_TYPED),
        }
    return Form.of(fields)


def _not_found() -> NotFound:
    return NotFound("There is no such agency.", reason="AGENCY_NOT_FOUND")
