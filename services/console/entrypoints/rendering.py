"""Templates in the reader's language, with dates and numbers as people there write them."""

import datetime as time
import hashlib
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime, format_timedelta
from babel.numbers import format_decimal
from jinja2 import ChoiceLoader, Environment, FileSystemLoader, PackageLoader, PrefixLoader, Template
from markupsafe import Markup

from services.console.adapters.catalogue import RIGHT_TO_LEFT, texts_in

FOLDER: Final = Path(__file__).resolve().parents[1]
STATIC: Final = FOLDER / "static"
ATHENS: Final = ZoneInfo("Europe/Athens")


class _Template(Template):
    def _get_default_module(self, ctx: Any = None) -> Any:
        """What an import brings, without comparing everybody's globals once more.

        All templates of an environment have the same ones, and govuk-frontend imports some macros for each
        field: the comparison took a third of a field's time.
        """
        return super()._get_default_module()


class _Environment(Environment):
    template_class = _Template


@cache
def environment_in(language: str) -> Environment:
    """The templates, with their texts in one language."""
    environment = _Environment(
        loader=ChoiceLoader(
            [
                FileSystemLoader(FOLDER / "templates"),
                # its own templates name each other so
                PrefixLoader({"govuk_frontend_jinja": PackageLoader("govuk_frontend_jinja")}),
            ]
        ),
        autoescape=True,
        extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.install_gettext_translations(texts_in(language), newstyle=True)  # type: ignore[attr-defined]  # the extension adds it
    written = Written(language)
    environment.globals |= {
        "lang": language,
        "dir": "rtl" if language in RIGHT_TO_LEFT else "ltr",
        "static": static_url,
        "bidi": bidi,
        "options": options,
        "date": written.date,
        "datetime_": written.datetime,
        "ago": written.ago,
        "number": written.number,
    }
    return environment


def render(language: str, template: str, context: Mapping[str, Any]) -> str:
    """A page."""
    return environment_in(language).get_template(template).render(context)


class Written:
    """Dates and numbers in one language, in Athens' time."""

    def __init__(self, language: str) -> None:
        # digits that phones and forms everywhere take, whatever the script around them
        self._locale = {"ar": "ar_MA", "en": "en_GB"}.get(language, language)

    def date(self, at: time.datetime | time.date) -> str:
        """A day."""
        day = at.astimezone(ATHENS).date() if isinstance(at, time.datetime) else at
        return format_date(day, "long", locale=self._locale)

    def datetime(self, at: time.datetime) -> str:
        """A day and a time of day."""
        return format_datetime(at.astimezone(ATHENS), "d MMM y HH:mm", locale=self._locale)

    def ago(self, at: time.datetime, now: time.datetime | None = None) -> str:
        """How long from now, before or after."""
        between = at - (now or time.datetime.now(time.UTC))
        return format_timedelta(between, add_direction=True, locale=self._locale)

    def number(self, number: float) -> str:
        """With the separators of the language."""
        return format_decimal(number, locale=self._locale)


def bidi(text: object) -> Markup:
    """A name or a code, kept from turning the text around it."""
    return Markup("<bdi>{}</bdi>").format(text)


def options(choices: Iterable[tuple[str, str]], value: str) -> Markup:
    """The options of a select, made here: in a template each of some hundreds takes as long as a sentence."""
    one, selected = Markup('<option value="%s"%s>%s</option>'), Markup(" selected")
    return Markup("\n").join(one % (code, selected if code == value else "", text) for code, text in choices)


@cache
def static_url(name: str) -> str:
    """The address of a file of the look; another one when the file is another one, so it may be kept long."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?v={digest}"
