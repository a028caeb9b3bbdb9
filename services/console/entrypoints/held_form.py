"""A form that was sent when its session had ended: held in a page, so that nothing that was typed is lost."""

from http import HTTPStatus

from starlette.responses import Response

from services.console.entrypoints.forms import Form
from services.console.entrypoints.kept import as_sent
from services.console.entrypoints.page import Visit


def held_form(visit: Visit) -> Response:
    """What was typed, unseen, with the way back in. It goes to nobody but the browser that has sent it.

    Its fields keep their `request_id`: what is sent in the end counts once. Nobody acts upon a form of a
    session that has ended: whoever has signed in since sees it filled in, where a page says `shows_again`, or
    is told as whom they would send it; and presses once more.
    """
    is_out = visit.user is None
    return visit.render(
        "form_held.html",
        title=visit.say("You are signed out") if is_out else visit.say("Send it once more"),
        code=HTTPStatus.UNAUTHORIZED if is_out else HTTPStatus.FORBIDDEN,
        **as_sent(visit),
    )


def words_for_others(visit: Visit) -> str:
    """What is said to whoever sends a form that another has written; they are not shown what is in it."""
    return visit.say("Somebody else has written this form, before you signed in. Nothing was saved.")


def show_again(visit: Visit, form: Form) -> None:
    """The page is to show what was typed in a session before, and to do nothing with it yet."""
    visit.form, visit.is_shown_again = form, True
    words = visit.say("You had been signed out, so nothing was saved yet. Look at it and send it again.")
    visit.errors.add("", words)
