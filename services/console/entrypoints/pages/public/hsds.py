"""The public directory for programs that read HSDS 3.1 (Open Referral): its API's paths, below `/hsds`."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from starlette.responses import JSONResponse, Response

from kernel.errors import NotFound
from services.console.adapters.directory_copy import DirectoryCopy
from services.console.domain.public import hsds
from services.console.domain.public.directory import Directory
from services.console.entrypoints.forms import as_uuid
from services.console.entrypoints.page import Page, Visit, public
from services.console.entrypoints.pages.public.calls import READS_DIRECTORY

_PROFILE: Final = "https://docs.openreferral.org/"

Rows = Callable[[Directory, bool], Sequence[hsds.Row]]
"""All rows of a kind; whole ones where that is asked for."""


class HsdsPages:
    """Over one copy of the directory.

    Args:
        url: by which others know the console.
    """

    def __init__(self, copy: DirectoryCopy, url: str) -> None:
        self._copy, self._url = copy, url

    @property
    def pages(self) -> tuple[Page, ...]:
        """At their addresses."""
        found = [public("/hsds", self.about), public("/hsds/openapi.json", self.openapi)]
        for name, rows in _KINDS.items():
            found.append(public(f"/hsds/{name}", self._list(rows), calls=READS_DIRECTORY))
            found.append(public(f"/hsds/{name}/{{row_id}}", self._one(rows), calls=READS_DIRECTORY))
        return tuple(found)

    async def about(self, visit: Visit) -> Response:
        """What this API is."""
        return JSONResponse(
            {
                "version": hsds.VERSION,
                "profile": _PROFILE,
                "openapi_url": f"{self._url}/hsds/openapi.json",
                "paths": [f"{self._url}/hsds/{name}" for name in _KINDS],
            }
        )

    async def openapi(self, visit: Visit) -> Response:
        """Its paths."""
        return JSONResponse(_openapi(self._url))

    def _list(self, rows: Rows) -> Callable[[Visit], Any]:
        async def act(visit: Visit) -> Response:
            is_full = visit.query("full") == "true"
            number = _number(visit.query("page"), 1)
            size = min(_number(visit.query("per_page"), hsds.USUAL_PAGE), hsds.MOST_ON_A_PAGE)
            return JSONResponse(hsds.page(rows(await self._copy.get(), is_full), number, size))

        return act

    def _one(self, rows: Rows) -> Callable[[Visit], Any]:
        async def act(visit: Visit) -> Response:
            wanted = str(as_uuid(visit.path_value("row_id")))
            for row in rows(await self._copy.get(), True):
                if row["id"] == wanted:
                    return JSONResponse(row)
            raise NotFound("There is no such entry in the directory.")

        return act


def _services(directory: Directory, is_full: bool) -> list[hsds.Row]:
    return [hsds.full_service(one) if is_full else hsds.service(one) for one in directory.services]


def _organizations(directory: Directory, is_full: bool) -> list[hsds.Row]:
    return [
        hsds.full_organization(one, directory.of_agency(one.agency_id)) if is_full else hsds.organization(one)
        for one in directory.agencies
    ]


def _service_at_locations(directory: Directory, is_full: bool) -> list[hsds.Row]:
    made = hsds.full_service_at_location if is_full else hsds.service_at_location
    return [row for one in directory.services if (row := made(one)) is not None]


_KINDS: Final[dict[str, Rows]] = {
    "services": _services,
    "organizations": _organizations,
    "service_at_locations": _service_at_locations,
}


def _number(text: str, otherwise: int) -> int:
    return max(1, int(text)) if text.isascii() and text.isdecimal() and len(text) < 7 else otherwise


def _openapi(url: str) -> dict[str, Any]:
    numbered = [
        {"name": name, "in": "query", "schema": {"type": "integer", "minimum": 1}}
        for name in ("page", "per_page")
    ]
    full = {"name": "full", "in": "query", "schema": {"type": "boolean"}}
    by_id = {"name": "id", "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}}
    answer = {"200": {"description": "As HSDS 3.1 describes it", "content": {"application/json": {}}}}
    paths: dict[str, Any] = {"/": {"get": {"summary": "What this API is", "responses": answer}}}
    for name in _KINDS:
        paths[f"/{name}"] = {
            "get": {"summary": f"Pages of {name}", "parameters": [*numbered, full], "responses": answer}
        }
        paths[f"/{name}/{{id}}"] = {
            "get": {
                "summary": f"One of {name}, whole",
                "parameters": [by_id],
                "responses": {**answer, "404": {"description": "There is no such entry"}},
            }
        }
    return {
        "openapi": "3.1.0",
        "info": {"title": "Athens referral hub: public directory (HSDS)", "version": hsds.VERSION},
        "servers": [{"url": f"{url}/hsds"}],
        "paths": paths,
    }
