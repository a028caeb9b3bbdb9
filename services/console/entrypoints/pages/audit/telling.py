"""Entries of the ledger as people read them: what happened, when, by whom, with what, and their bytes."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from markupsafe import Markup

from kem.directory.v1.directory_pb2 import Agency, ListedService
from kernel import codes
from services.console.adapters.names import Names
from services.console.entrypoints.codes import named, text_of
from services.console.entrypoints.forms import as_uuid
from services.console.entrypoints.page import Visit
from services.console.entrypoints.pages.audit.kinds import BASES, FIELDS, KINDS
from services.console.entrypoints.rendering import Written, bidi
from services.console.entrypoints.words import URGENCIES, names_of

Body = Mapping[str, Any]
NAMES_CALLS: Final = ("DirectoryService/ListAgencies", "DirectoryService/ListServices")
_NOT_SAID: Final = frozenset({"sender_agency_id", "recorded_time", "has_text", "cell_ids", "considered"})
_MOST_SHOWN: Final = 5
_SHORT: Final = 8


@dataclass(frozen=True, slots=True)
class Told:
    """One entry as a page shows it.

    Args:
        facts: pairs of a label and markup.
        proposed: what the match proposed, in its order, and what it left out.
        body: the bytes that were hashed.
    """

    index: int
    kind: str
    what: str
    time: datetime
    recorded_time: datetime
    who: Markup
    facts: tuple[tuple[str, Markup], ...]
    proposed: tuple[Markup, ...]
    body: str


@dataclass(frozen=True, slots=True)
class Teller:
    """Tells entries in one language, with the directory's names."""

    visit: Visit
    agencies: Mapping[str, Agency]
    services: Mapping[str, ListedService]

    def tell(self, text: str) -> Told:
        """An entry's body in words; a fact that this release cannot read is told by its kind alone."""
        body = json.loads(text)
        fact = body["fact"] or {}
        kind = str(body["type"])
        return Told(
            index=int(body["index"]),
            kind=kind,
            what=self.visit.say(KINDS[kind]) if kind in KINDS else kind,
            time=instant_of(body["event_time"]),
            recorded_time=instant_of(body["recorded_time"]),
            who=self._who(body),
            facts=tuple(self._facts(fact)),
            proposed=tuple(self._proposed(fact.get("considered") or {})),
            body=text,
        )

    def agency(self, agency_id: str) -> str:
        """Its name; the beginning of its id where the directory has none."""
        found = self.agencies.get(agency_id)
        return text_of(found.name, self.visit.language) if found is not None else agency_id[:_SHORT]

    def service(self, service_id: str) -> str:
        """Its name; the beginning of its id where the reader may not know it."""
        found = self.services.get(service_id)
        if found is None:
            return service_id[:_SHORT]
        return text_of(found.service.name, self.visit.language)

    def _who(self, body: Body) -> Markup:
        actor, say = body["envelope"].get("actor") or {}, self.visit.say
        if not actor or actor.get("kind") == "SERVICE":
            return Markup("{}").format(say("the hub itself (%(service)s)") % {"service": body["source"]})
        person = _about(str(actor.get("id", "")), by=True)
        agency_id = actor.get("agency_id")
        return Markup("{} · {}").format(person, bidi(self.agency(agency_id))) if agency_id else person

    def _facts(self, fact: Body) -> Iterator[tuple[str, Markup]]:
        for name, value in fact.items():
            if name in FIELDS and name not in _NOT_SAID and value not in ("", None, []):
                yield self.visit.say(FIELDS[name]), self._value(name, value)

    def _value(self, name: str, value: Any) -> Markup:
        if isinstance(value, list):
            shown = [self._value(name.removesuffix("s"), one) for one in value[:_MOST_SHOWN]]
            more = len(value) - _MOST_SHOWN
            text = Markup(", ").join(shown)
            return text if more <= 0 else text + self.visit.say(" and %(number)s more") % {"number": more}
        if isinstance(value, bool):
            return Markup("{}").format(self.visit.say("yes") if value else self.visit.say("no"))
        if name.endswith("agency_id"):
            return bidi(self.agency(value))
        if name == "service_id":
            return bidi(self.service(value))
        if name.endswith("_time"):
            return Markup("{}").format(Written(self.visit.language).datetime(instant_of(value)))
        if name.endswith("_mask"):
            return Markup("{}").format(self._categories(value))
        if isinstance(value, str) and as_uuid(value):
            return _about(value)
        return bidi(self._code(name, str(value)))

    def _categories(self, mask: int) -> str:
        found = names_of(codes.CATEGORIES, codes.categories_in(mask), self.visit.language)
        return ", ".join(found) or self.visit.say("nothing")

    def _code(self, name: str, code: str) -> str:
        language, say = self.visit.language, self.visit.say
        lists: dict[str, Mapping[str, Any]] = {
            "service_type": codes.SERVICE_TYPES,
            "purpose": codes.PURPOSES,
            "sector": codes.SECTORS,
            "kept_ground": {**codes.LISTS["KEPT_GROUNDS"], **codes.LISTS["HUB_KEPT_GROUNDS"]},
            "stated_reason": codes.LISTS["SEARCH_REASONS"],
        }
        if name in lists:
            return named(lists[name], code, language)
        if name in ("urgency",) and code in URGENCIES:
            return say(URGENCIES[code])
        if name.startswith("legal_bas") and code in BASES:
            return say(BASES[code])
        if name in ("reason", "override_reason", "confirmed_by", "outcome", "cause"):
            return self._reason(code)
        return code

    def _reason(self, code: str) -> str:
        for entries in codes.REASONS.values():
            if code in entries:
                return named(entries, code, self.visit.language)
        return code

    def _proposed(self, considered: Body) -> Iterator[Markup]:
        say = self.visit.say
        for place, one in enumerate(considered.get("proposed") or [], start=1):
            yield Markup("{}. {} · {} — {}").format(
                place,
                bidi(self.service(one.get("service_id", ""))),
                bidi(self.agency(one.get("agency_id", ""))),
                say("%(points)s points of 1,000") % {"points": one.get("score_thousandths", 0)},
            )
        for one in considered.get("left_out") or []:
            said = say("Left out: %(number)s, because: %(reason)s")
            yield Markup("{}").format(
                said % {"number": one.get("services", 0), "reason": self._reason(str(one.get("reason", "")))}
            )


async def teller(visit: Visit, names: Names) -> Teller:
    """With the names that the directory has now; asked for at most every half minute."""
    metadata = visit.staff.metadata
    sight = (visit.staff.agency_id, visit.staff.roles)
    return Teller(visit, await names.agencies(metadata), await names.services(sight, metadata))


def instant_of(text: str) -> datetime:
    """An instant as entries write it."""
    return datetime.fromisoformat(text).astimezone(UTC)


def _about(one: str, *, by: bool = False) -> Markup:
    """A random id, cut short, as the way to all entries that name it."""
    if as_uuid(one) is None:
        return bidi(one)
    return Markup('<a class="govuk-link kem-code" href="/audit/entries?{}={}">{}</a>').format(
        "by" if by else "about", one, bidi(one[:_SHORT])
    )


def kinds(visit: Visit) -> Sequence[tuple[str, str]]:
    """Kinds of entries to choose from, by their names."""
    pairs = ((kind, visit.say(text)) for kind, text in KINDS.items())
    return [("", visit.say("All kinds")), *sorted(pairs, key=lambda pair: pair[1].casefold())]
