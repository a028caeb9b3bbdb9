"""No page is forgotten where axe-core looks: the browser's lists against the application's."""

import re
from collections.abc import Iterable, Sequence
from typing import Final

from starlette.routing import compile_path

from services.console.entrypoints.page import Page
from tests.browser.page_lists import EVERY
from tests.unit.console.pages import every_page

NO_PAGES: Final = {
    r"/(.+\.(csv|json|txt)|hsds(/.*)?)": "a file",
    r"/live": "what an open page follows",
    r"/sign-in/at/\{provider\}": "leads to somebody else's page",
    r"/signed-in(/\{provider\})?": "leads on, or shows the form of /sign-in again",
}
"""What answers a GET and shows nobody a page of its own, and why."""
_ENTRIES_OF_A_ROW: Final = re.compile(r"/audit/questions/[a-z-]+/entries")
"""One page for every question: what it shows are numbers of entries."""


def unseen(pages: Iterable[Page], addresses: Sequence[str]) -> list[str]:
    """Pages of which there is no address among these; the first that fits an address answers it."""
    shown = [page for page in pages if "GET" in page.methods]
    paths = [(page.path, compile_path(page.path)[0]) for page in shown]
    seen = {
        next((path for path, fits in paths if fits.match(address.partition("?")[0])), "")
        for address in addresses
    }
    if any(_ENTRIES_OF_A_ROW.fullmatch(path) for path in seen):
        seen |= {path for path, _ in paths if _ENTRIES_OF_A_ROW.fullmatch(path)}
    return [
        path
        for path, _ in paths
        if path not in seen and not any(re.fullmatch(pattern, path) for pattern in NO_PAGES)
    ]


def test_axe_looks_at_every_page() -> None:
    assert unseen(every_page(), EVERY) == []


def test_a_page_that_is_in_no_list_is_named() -> None:
    without = [one for one in EVERY if not one.startswith("/admin/accounts/")]
    assert unseen(every_page(), without) == ["/admin/accounts/new", "/admin/accounts/{principal_id}"]


def test_nothing_is_left_out_that_is_not_there() -> None:
    paths = [page.path for page in every_page() if "GET" in page.methods]
    assert [one for one in NO_PAGES if not any(re.fullmatch(one, path) for path in paths)] == []
