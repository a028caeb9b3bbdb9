"""A service's refusal in the reader's language."""

from markupsafe import Markup

from kernel.errors import KemError, VersionConflict
from services.console.adapters.catalogue import SOURCE_LANGUAGE, texts_in


def is_changed_since(error: KemError) -> bool:
    """Whether somebody else has saved the same since the page was opened: what stands is to be shown."""
    return error.stable_reason == VersionConflict.reason


def words_for(error: KemError, language: str) -> str | Markup:
    """What is wrong and what to do.

    The services say it in English; translators have it by its stable reason (`refusal NOT_FOUND`). What
    has no translation is shown in the service's own words, marked as English.
    """
    key = f"refusal {error.stable_reason}"
    translated = texts_in(language).gettext(key)
    if language == SOURCE_LANGUAGE:
        return error.message
    if translated != key:
        return translated
    return Markup('<span lang="en" dir="ltr">{}</span>').format(error.message)
