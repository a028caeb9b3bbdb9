"""The words of a receipt, in the person's language: nothing that gives away why somebody came."""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Final
from uuid import UUID

from kernel import codes
from services.intake.domain.athens_day import athens_day
from services.intake.domain.receipt import Permit

PAGES: Final = ("el", "en", "ar", "fa", "ur", "fr")
RIGHT_TO_LEFT: Final = frozenset({"ar", "fa", "ur"})
WORDS: Final[Mapping[str, Mapping[str, Mapping[str, str]]]] = tomllib.loads(
    (Path(__file__).parent / "receipt_texts.toml").read_text(encoding="utf-8")
)


@dataclass(frozen=True, slots=True)
class Text:
    """A piece of text; `language` where it is not the page's."""

    text: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class Fact:
    """A label and what stands behind it; without values it is for a hand to write."""

    label: str
    values: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class Item:
    """One line of a list."""

    head: Text
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the page."""

    heading: str
    sentences: tuple[str, ...]
    items: tuple[Item, ...] = ()


@dataclass(frozen=True, slots=True)
class Content:
    """The whole page, in words only."""

    language: str
    title: str
    issuer: str
    facts: tuple[Fact, ...]
    sections: tuple[Section, ...]
    code_note: str

    @property
    def right_to_left(self) -> bool:
        return self.language in RIGHT_TO_LEFT


Name = Mapping[str, str]
"""Greek (`el`) and English (`en`)."""


@dataclass(frozen=True, slots=True)
class ToldReferral:
    """A referral as referral says that it may be told; `name` is empty where nobody is named."""

    sector: str
    state: str
    recorded_time: datetime
    name: Name
    district: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class ToldReceipt:
    """All that stands on one, before it is put into words.

    Args:
        names: public names of the agencies; a permit of one that has none here is not told.
        desk_contact: where the desk is reached; empty: a hand writes it.
    """

    issued_time: datetime
    valid_until_time: datetime
    permits: Sequence[Permit]
    names: Mapping[UUID, Name]
    referrals: Sequence[ToldReferral]
    desk_contact: str = ""


def worded(told: ToldReceipt, language: str) -> Content:
    """The page in this language, one of PAGES."""
    return _Page(language).content(told)


class _Page:
    def __init__(self, language: str) -> None:
        self._language = language

    def content(self, told: ToldReceipt) -> Content:
        say, consents = self._say, tuple(self._consents(told))
        referrals = tuple(self._referral(one) for one in told.referrals)
        contact = (Text(told.desk_contact, "el"),) if told.desk_contact else ()
        return Content(
            language=self._language,
            title=say("title"),
            issuer=say("issuer"),
            facts=(
                Fact(say("issued"), (self._day(told.issued_time),)),
                Fact(say("valid_until"), (self._day(told.valid_until_time),)),
            ),
            sections=(
                Section(say("consents"), () if consents else (say("no_consents"),), consents),
                Section(say("referrals"), () if referrals else (say("no_referrals"),), referrals),
                Section(say("change"), (say("change_how"),)),
                Section(
                    say("call"),
                    (say("call_how"), say("not_all")),
                    (Item(Text(say("contact")), (Fact("", contact),)),),
                ),
                Section(say("rights"), (say("rights_how"),)),
            ),
            code_note=say("code_note"),
        )

    def _consents(self, told: ToldReceipt) -> Iterable[Item]:
        """One line per agency, categories and last day; its purposes together."""

        def alike(one: Permit) -> tuple[str, int, datetime]:
            return str(one.agency_id), one.categories, one.valid_until_time

        named = sorted((one for one in told.permits if one.agency_id in told.names), key=alike)
        items = []
        for (_, categories, until), permits in groupby(named, key=alike):
            together = list(permits)
            items.append(self._consent(told.names[together[0].agency_id], together, categories, until))
        return sorted(items, key=lambda item: item.head.text)

    def _consent(self, name: Name, permits: Sequence[Permit], categories: int, until: datetime) -> Item:
        purposes = (self._purpose(one.purpose) for one in permits)
        seen = (self._word("categories", one) for one in codes.categories_in(categories))
        return Item(
            self._named(name),
            (
                Fact(self._say("purpose"), _texts(purposes)),
                Fact(self._say("may_see"), _texts(seen)),
                Fact(self._say("until"), (self._day(until),)),
            ),
        )

    def _referral(self, one: ToldReferral) -> Item:
        facts = [Fact(self._say("state"), (Text(self._word("states", one.state)),))]
        if one.name:
            facts.append(Fact(self._say("provider"), (self._named(one.name),)))
        district = codes.district(one.district) if one.district else None
        where = [self._named({"el": district.el, "en": district.en})] if district else []
        if one.address:
            where.insert(0, Text(one.address, "" if self._language == "el" else "el"))
        if where:
            facts.append(Fact(self._say("place"), tuple(where)))
        sector = self._word("sectors", one.sector)
        return Item(Text(sector[0].upper() + sector[1:]), tuple(facts))

    def _purpose(self, code: str) -> str:
        sector = codes.purpose(code).sector
        return self._word("sectors", sector) if sector else self._word("purposes", code)

    def _named(self, name: Name) -> Text:
        if self._language == "el":
            return Text(name["el"])
        return Text(name["en"], "" if self._language == "en" else "en")

    def _day(self, instant: datetime) -> Text:
        day = athens_day(instant)
        return Text(f"{day.day} {self._word('months', str(day.month))} {day.year}")

    def _say(self, name: str) -> str:
        return self._word("texts", name)

    def _word(self, table: str, name: str) -> str:
        return WORDS[table][name][self._language]


def _texts(words: Iterable[str]) -> tuple[Text, ...]:
    """Each once, in order: two categories may have one word on paper."""
    return tuple(Text(word) for word in dict.fromkeys(words))
