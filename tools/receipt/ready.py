"""What a machine needs before a receipt can be made as a PDF."""

from collections.abc import Callable
from typing import Final

from tools.stack.debian import find_libraries_and_fonts

NEEDED: Final = {
    "libpango-1.0.so.0": "libpango-1.0-0",
    "libpangoft2-1.0.so.0": "libpangoft2-1.0-0",
    "libharfbuzz-subset.so.0": "libharfbuzz-subset0",
}
FONTS: Final = {"Noto Sans": "fonts-noto-core", "Noto Sans Arabic": "fonts-noto-core"}


def make_ready(say: Callable[[str], None]) -> None:
    """Before a receipt is issued: its code and PIN are told once, and lost with a page that cannot be made.

    Raises:
        ProgramMissing: a library or a font is not there and cannot be had now; with the line to install.
    """
    find_libraries_and_fonts(NEEDED, FONTS, "a receipt as PDF", say)
