"""Lists in which each row has forms of its own: whose form was sent, and by which names its fields go."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlencode

from starlette.responses import Response

from kernel.errors import Conflict, Invalid, NotFound, NotPermitted, RuleBroken
from services.console.entrypoints.forms import as_past, as_uuid, new_request_id
from services.console.entrypoints.page import Visit
from services.console.entrypoints.refusals import words_for

MOST_WORDS: Final = 2_000
_LONGEST_TOKEN: Final = 200
_REFUSALS: Final = (Conflict, Invalid, NotFound, NotPermitted, RuleBroken)


@dataclass(frozen=True, slots=True)
class RowForm:
    """The form of one row; a field is called by its name and the row's id: so each is on the page once."""

    visit: Visit
    row_id: str

    def name(self, field: str) -> str:
        """Of a field, on the page."""
        return f"{field}-{self.row_id}"

    def text(self, field: str) -> str:
        """What was typed."""
        return self.visit.form.text(self.name(field))

    def all(self, field: str) -> list[str]:
        """What was ticked."""
        return self.visit.form.all(self.name(field))

    def wrong(self, field: str, words: str) -> None:
        """Notes what is to be mended."""
        self.visit.errors.add(self.name(field), words)

    def words(self, field: str, ask: str) -> str:
        """What was written, which has to be there.

        Args:
            ask: what is said where it is not.
        """
        found = self.text(field)
        if not found:
            self.wrong(field, ask)
        elif len(found) > MOST_WORDS:
            self.wrong(field, self.visit.say("That is too long: at most 2,000 characters."))
        return found

    def chosen(self, field: str, choices: Any, ask: str) -> str:
        """One of the choices, which has to be made."""
        found = self.text(field)
        if found not in choices:
            self.wrong(field, ask)
        return found

    def instant(self, field: str) -> datetime:
        """When something happened, which has to be there."""
        found = as_past(self.text(f"{field}_day"), self.text(f"{field}_clock"), self.visit.form.opened_time)
        if found is None:
            self.wrong(f"{field}_day", self.visit.say("Type the date as day/month/year, the time as 14:30."))
        return found or datetime.now(UTC)


def sent_row(visit: Visit) -> RowForm:
    """Whose form was sent.

    Raises:
        Invalid: it names no row.
    """
    row_id = as_uuid(visit.form.text("row"))
    if row_id is None:
        raise Invalid("The form names nothing that it is about.", reason="FORM_INCOMPLETE")
    return RowForm(visit, str(row_id))


def sent_from(visit: Visit, path: str) -> str:
    """The list as its reader saw it: the form of a row goes there, and there they are again after it.

    Anywhere else the row would not be on the page, and what was typed into it would be gone.
    """
    asked = {name: found for name in ("view", "after") if (found := visit.query(name)[:_LONGEST_TOKEN])}
    return f"{path}?{urlencode(asked)}" if asked else path


async def done(visit: Visit, ask: Callable[[], Awaitable[Any]], path: str, said: str) -> Response | None:
    """Back to the list at `path` when it is done; None where a form or a service has something to mend."""
    if visit.errors:
        return None
    try:
        await ask()
    except _REFUSALS as error:
        visit.errors.add("", str(words_for(error, visit.language)))
        return None
    return visit.go(sent_from(visit, path), said)


def request_ids(visit: Visit, row_ids: list[str]) -> dict[str, str]:
    """Of each row's form: the one that was sent keeps its own, so that sent twice it is done once."""
    sent = visit.form.text("row")
    return {one: visit.form.request_id if one == sent else new_request_id() for one in row_ids}
