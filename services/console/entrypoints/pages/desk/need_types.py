"""Kinds of service as the desk chooses them: in a list by sector, or by typing."""

from kernel.codes import SECTORS, SERVICE_TYPES
from services.console.entrypoints.codes import named


def types_by_sector(language: str) -> list[tuple[str, list[tuple[str, str]]]]:
    """All of them, as a list shows them."""
    return [
        (
            named(SECTORS, sector, language),
            [
                (code, named(SERVICE_TYPES, code, language))
                for code, entry in SERVICE_TYPES.items()
                if entry.sector == sector
            ],
        )
        for sector in SECTORS
    ]


def code_typed(text: str, language: str) -> str:
    """The service type that was typed: its code, or its whole name; empty where it is none."""
    if text.upper() in SERVICE_TYPES:
        return text.upper()
    wanted = text.casefold()
    return next(
        (
            code
            for code, entry in SERVICE_TYPES.items()
            if wanted in (entry.el.casefold(), entry.en.casefold())
        ),
        "",
    )
