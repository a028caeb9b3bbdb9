"""A service's refusal in the reader's language."""

from typing import Final

from markupsafe import Markup

from kernel.errors import KemError, VersionConflict
from services.console.adapters.catalogue import SOURCE_LANGUAGE, STAFF_LANGUAGES, texts_in
from services.console.entrypoints.texts import N_

OF_EVERYBODY: Final = (
    N_("refusal INVALID"),
    N_("refusal NOT_FOUND"),
    N_("refusal OVERLOADED"),
    N_("refusal RECEIPTS_ASKED_TOO_OFTEN"),
    N_("refusal SERVICE_NOT_FOUND"),
    N_("refusal UNAVAILABLE"),
)
"""What pages for everybody can meet: in all of their languages, while the others are in those of staff."""
_OTHERWISE: Final = N_("It could not be done just now. Try again in a moment, or ask at KEM.")


def is_changed_since(error: KemError) -> bool:
    """Whether somebody else has saved the same since the page was opened: what stands is to be shown."""
    return error.stable_reason == VersionConflict.reason


def words_for(error: KemError, language: str) -> str | Markup:
    """What is wrong and what to do.

    The services say it in English; translators have it by its stable reason (`refusal NOT_FOUND`). What
    has no translation is shown in the service's own words, marked as English; who reads neither Greek nor
    English is told in their language what to do.
    """
    key = f"refusal {error.stable_reason}"
    translated = texts_in(language).gettext(key)
    if language == SOURCE_LANGUAGE:
        return error.message
    if translated != key:
        return translated
    if language not in STAFF_LANGUAGES:
        return texts_in(language).gettext(_OTHERWISE)
    return Markup('<span lang="en" dir="ltr">{}</span>').format(error.message)
