"""Every page of the console, as the application lists them."""

from typing import Any, cast

from services.console.entrypoints.app import pages_of
from services.console.entrypoints.live import Live
from services.console.entrypoints.page import Page
from services.console.entrypoints.pages.sign_in import SignInPages


class _Nobody:
    """Stands where the hub does; pages are listed here, and none is asked for."""

    def __getattr__(self, name: str) -> Any:
        return self


def every_page() -> tuple[Page, ...]:
    """In the order of the application."""
    nobody = cast(Any, _Nobody())
    return pages_of(nobody, SignInPages(nobody, nobody, ""), Live(nobody, nobody, nobody), "")
