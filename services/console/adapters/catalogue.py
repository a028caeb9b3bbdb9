"""Texts in the page's language, from the catalogues of gettext that translators keep (`locale/`)."""

from collections.abc import Mapping
from functools import cache
from gettext import NullTranslations
from pathlib import Path
from typing import Any, Final

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

LOCALE: Final = Path(__file__).resolve().parents[1] / "locale"
SOURCE_LANGUAGE: Final = "en"
STAFF_LANGUAGES: Final = ("el", "en")
PUBLIC_LANGUAGES: Final = ("el", "en", "ar", "fa", "ur", "fr")
RIGHT_TO_LEFT: Final = frozenset({"ar", "fa", "ur"})
OWN_NAMES: Final = {
    "el": "Ελληνικά",
    "en": "English",
    "ar": "العربية",
    "fa": "فارسی",
    "ur": "اردو",
    "fr": "Français",
}
PUBLIC, STAFF = "public", "staff"
"""The two catalogues: what anybody may read, in all languages; what only staff read, in Greek and English."""


class Texts(NullTranslations):
    """One language's texts; what has none is shown as it was written, in English."""

    def __init__(self, language: str, messages: Mapping[str, Any], plural: Any) -> None:
        super().__init__()
        self.language = language
        self._messages = messages
        self._plural = plural

    def gettext(self, message: str) -> str:
        """The text in this language."""
        found = self._messages.get(message)
        return str(found) if isinstance(found, str) and found else message

    def ngettext(self, singular: str, plural: str, number: int) -> str:
        """In the form that the number asks for."""
        found = self._messages.get(singular)
        if isinstance(found, tuple):
            form = found[min(self._plural(number), len(found) - 1)]
            if form:
                return str(form)
        return singular if number == 1 else plural


def read_catalogue(language: str, domain: str) -> Catalog | None:
    """What translators have written; None where the domain has no texts in the language."""
    file = LOCALE / language / f"{domain}.po"
    if not file.exists():
        return None
    with file.open("rb") as content:
        return read_po(content, locale=language)


@cache
def texts_in(language: str) -> Texts:
    """All texts in one language."""
    messages: dict[str, Any] = {}
    plural: Any = lambda number: 0 if number == 1 else 1  # noqa: E731  as in English
    for domain in (PUBLIC, STAFF):
        catalogue = read_catalogue(language, domain)
        if catalogue is None:
            continue
        plural = _plural_of(catalogue)
        for message in catalogue:
            if message.id and not message.fuzzy:
                key = message.id[0] if isinstance(message.id, tuple | list) else message.id
                messages[key] = message.string
    return Texts(language, messages, plural)


def _plural_of(catalogue: Catalog) -> Any:
    from gettext import c2py

    return c2py(catalogue.plural_expr)
