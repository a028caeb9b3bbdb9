"""A form that nobody took: shown as it was typed, and sent again by one button as the same request.

The browser keeps it in the page, and nobody else keeps it. A form in which a password or a code was typed is
not shown again, nor one of the public's, who may share their screen.
"""

import re
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from itertools import islice
from typing import Any, Final

from markupsafe import Markup
from starlette.responses import Response

from kernel import codes
from services.console.entrypoints.codes import name_of
from services.console.entrypoints.forms import Form, as_uuid
from services.console.entrypoints.kept_words import ANSWERS, FIELDS
from services.console.entrypoints.page import EVERYBODY, Visit

_SECRET: Final = re.compile(r"password|^again$|^pin$|^code_")
_NOT_SENT_AGAIN: Final = frozenset({"csrf"})
"""The page has a new one."""
_OWN: Final = frozenset({"csrf", "request_id", "draft", "kind", "about", "version", "step"})
"""Of the page itself, not of what somebody typed."""
_CODE: Final = re.compile(r"^[A-Z0-9_]+$")
_ROW: Final = re.compile(r"[_-](\d+|[0-9a-f]{8}-[0-9a-f-]{27})$")
"""At the end of a field's name: which of several alike."""
_MOST_ROWS: Final = 60
_LONGEST: Final = 2_000
"""Of what is shown; what is sent again is whole. A form is bounded before it is read (security.py)."""


def can_be_kept(visit: Visit) -> bool:
    """Whether what was sent may stand in a page again."""
    names = visit.form.names
    return bool(names) and visit.page.roles is not EVERYBODY and not any(map(_SECRET.search, names))


def kept_form(visit: Visit, code: HTTPStatus, title: str, why: str | Markup, reference: str = "") -> Response:
    """The page that says what happened, with the form in it.

    Args:
        why: in words, what went wrong.
        reference: by which whoever runs the hub finds in the logs what happened.
    """
    return visit.render(
        "kept.html",
        title=title,
        code=code,
        error=True,
        heading=title,
        text=why,
        reference=reference,
        shown=list(islice(_shown(visit.form, visit), _MOST_ROWS)),
        **as_sent(visit),
    )


def as_sent(visit: Visit) -> dict[str, Any]:
    """What a page has to hold of the form for the button that sends it again, as the same request."""
    form, asked = visit.form, visit.request.url
    fields = [(name, one) for name in form.names if name not in _NOT_SENT_AGAIN for one in form.values(name)]
    if not form.has("request_id"):
        fields.append(("request_id", form.request_id))
    return {
        "action": f"{asked.path}?{asked.query}" if asked.query else asked.path,
        "fields": fields,
        "languages": (),  # in another language the page would be asked for anew, and empty
    }


def _shown(form: Form, visit: Visit) -> Iterator[tuple[str, str]]:
    """Each field as people read it, with what was typed or chosen there, without what only pages read."""
    for name in form.names:
        if name in _OWN:
            continue
        label = FIELDS.get(_ROW.sub("", name), "")
        values = [text for one in form.all(name) if (text := _written(one, visit))]
        if values:
            yield visit.say(label) if label else "", ", ".join(values)[:_LONGEST]


def _written(value: str, visit: Visit) -> str:
    """A code by its name; empty where it is one that only the form knows."""
    if value in ANSWERS:
        return visit.say(ANSWERS[value])
    if entry := _NAMED.get(value):
        return name_of(entry, visit.language)
    is_for_the_form = as_uuid(value) is not None or value in ("yes", "no", "on")
    return "" if is_for_the_form or (_CODE.match(value) and not value.isdecimal()) else value


def _lists() -> Iterator[Mapping[str, Any]]:
    yield from (codes.LANGUAGES, codes.DISTRICTS, codes.CATEGORIES, codes.PURPOSES)
    yield from codes.REASONS.values()
    yield from codes.LISTS.values()
    yield codes.SERVICE_TYPES


_NAMED: Final = {code: entry for entries in _lists() for code, entry in entries.items()}
