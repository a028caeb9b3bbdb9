"""A form that was sent when its session had ended: held in a page, so that nothing that was typed is lost."""

from http import HTTPStatus
from typing import Final

from starlette.responses import Response

from services.console.entrypoints.forms import Form
from services.console.entrypoints.page import Visit

_NOT_HELD: Final = frozenset({"csrf"})


def held_form(visit: Visit) -> Response:
    """What was typed, unseen, with the way back in. It goes to nobody but the browser that has sent it.

    Its fields keep their `request_id`: what is sent in the end counts once. Nobody acts upon a form of a
    session that has ended: whoever has signed in since sees it filled in, and sends it from there.
    """
    asked = visit.request.url
    return visit.render(
        "form_held.html",
        title=visit.say("Look at it and send it again") if visit.user else visit.say("You are signed out"),
        code=HTTPStatus.FORBIDDEN,
        address=f"{asked.path}?{asked.query}" if asked.query else asked.path,
        fields=[
            (name, value)
            for name in visit.form.names
            if name not in _NOT_HELD
            for value in visit.form.all(name)
        ],
    )


def show_again(visit: Visit, form: Form) -> None:
    """The page is to show what was typed in a session before, and to do nothing with it yet."""
    visit.form, visit.is_shown_again = form, True
    words = visit.say("You had been signed out, so nothing was saved yet. Look at it and send it again.")
    visit.errors.add("", words)
