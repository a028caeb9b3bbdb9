"""The lines of a person's export, as many as go into one piece, with what was said in words opened."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from chassis.postgres import Transaction
from kernel import codes
from kernel.ids import BeneficiaryId
from services.intake.adapters.postgres_exports import PostgresExports
from services.intake.adapters.vault import Vault
from services.intake.domain.person_export import ExportPlace, Section, SectionLines, scope_of
from services.intake.domain.rights_request import AskedBy, RightsRequest

PIECE_CHARACTERS: Final = 512 * 1024
"""Of rows as stored, from which a piece has enough; a message may have four megabytes."""

_ROWS: Final = 200
"""Read at a time."""

_EVENTS: Final = 5_000
_EVENTS_OF_PIECE: Final = 50_000
"""Of the log, looked through at a time, and for one piece: what is found are few of them."""

_SEALED: Final[Mapping[Section, tuple[str, ...]]] = {
    Section.NEED: ("sealed_note",),
    Section.VISIT: ("sealed_content",),
    Section.APPOINTMENT: ("sealed_place",),
    Section.RIGHTS_REQUEST: ("sealed_words", "sealed_answer"),
    Section.COMPLAINT: ("sealed_words", "sealed_answer"),
}
"""What the person said of each need, asked by right and complained of, and what they were answered; what a
visit was about, and where they were to come to."""

_Row = Mapping[str, Any]


@dataclass(slots=True)
class LinesReader:
    """Reads on from a place, in the transaction that holds the person still."""

    tx: Transaction
    exports: PostgresExports
    vault: Vault
    request: RightsRequest
    records: Sequence[_Row]
    before_time: datetime
    _room: int = PIECE_CHARACTERS
    _events_left: int = _EVENTS_OF_PIECE

    async def piece(
        self, place: ExportPlace, sections: Sequence[Section]
    ) -> tuple[Sequence[SectionLines], ExportPlace | None]:
        """Lines of one section after another, and where the next piece goes on."""
        found: list[SectionLines] = []
        for section in sections[sections.index(place.section) :]:
            here = place if section is place.section else ExportPlace(section, False, None, 0, place.records)
            rows, rest = await self._rows(here)
            found.append(
                SectionLines(section, here.is_begun, rows, await self._words(section, rows), rest is None)
            )
            if rest is not None:
                return found, rest
        return found, None

    async def _rows(self, place: ExportPlace) -> tuple[Sequence[_Row], ExportPlace | None]:
        """Rows of the section as far as there is room, and where more follow."""
        if place.section is Section.ACCESS:
            return await self._accesses(place)
        if place.section is Section.COMPLAINT and not self._is_own:
            return [], None
        rows: list[_Row] = []
        after = place.after
        while True:
            lines = await self.exports.lines(
                self.tx, self.request.rights_request_id, place.section, self.before_time, after, _ROWS
            )
            for line in lines:
                if self._room <= 0:
                    is_begun = place.is_begun or bool(rows)
                    return rows, ExportPlace(place.section, is_begun, after, 0, place.records)
                after = line.place
                row = json.loads(line.text)
                if self._may_be_seen(place.section, row):
                    rows.append(row)
                    self._room -= len(line.text)
            if len(lines) < _ROWS:
                return rows, None

    async def _accesses(self, place: ExportPlace) -> tuple[Sequence[_Row], ExportPlace | None]:
        asked = self.request.rights_request_id
        ids = await self.exports.ids(self.tx, asked, with_complaints=self._is_own)
        since = min(datetime.fromisoformat(one["registered_time"]) for one in self.records)
        rows: list[_Row] = []
        position = place.position
        while self._room > 0 and self._events_left > 0:
            told, rest = await self.exports.accesses(self.tx, ids, since, self.before_time, position, _EVENTS)
            rows += told
            if rest is None:
                return rows, None
            self._room -= sum(len(str(one)) for one in told)
            self._events_left -= _EVENTS
            position = rest
        is_begun = place.is_begun or bool(rows)
        return rows, ExportPlace(place.section, is_begun, None, position, place.records)

    def _may_be_seen(self, section: Section, row: _Row) -> bool:
        """A need of a restricted kind would tell what the person must be protected from."""
        if section is not Section.NEED or scope_of(self.request).with_history:
            return True
        return not codes.service_type(row["service_type"]).restricted

    @property
    def _is_own(self) -> bool:
        return self.request.asked_by is AskedBy.SELF

    async def _words(self, section: Section, rows: Sequence[_Row]) -> Mapping[str, str]:
        """What was said in confidence: for nobody else's export, nor of what somebody else asked. Words of
        others about the person may be about others.
        """
        if not self._is_own:
            return {}
        sealed = [
            (BeneficiaryId(UUID(row["beneficiary_id"])), UUID(row[f"{section}_id"]), row[name])
            for row in rows
            for name in _SEALED.get(section, ())
            if row[name] and row.get("asked_by", AskedBy.SELF) == AskedBy.SELF
        ]
        texts = [
            (person, subject, bytes.fromhex(words.removeprefix("\\x"))) for person, subject, words in sealed
        ]
        opened = await self.vault.open_texts(self.tx, texts)
        return {words: text or "" for (*_, words), text in zip(sealed, opened, strict=True)}
