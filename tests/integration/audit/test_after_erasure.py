"""The story: somebody is helped, all of it is entered, they are erased, and the ledger is taken along.
What must hold: it verifies as before, and nothing that stands in it leads to them, at intake neither.
"""

import json
import random
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import pytest

from chassis.event_log import advance_publication, log_waiting_rows
from chassis.events import IncomingEvent
from chassis.incoming import Message, read_message
from chassis.postgres import Database
from chassis.publisher import headers_of
from chassis.topics import key_bytes
from kernel.errors import NotFound, RuleBroken
from kernel.ids import BeneficiaryId
from kernel.vocabulary import LegalBasis
from services.audit.adapters.event_codec import encode_event
from services.intake.adapters.postgres_emergencies import PostgresEmergencies
from services.intake.adapters.tombstones import Tombstones
from services.intake.domain.beneficiary import Beneficiary, Name, Names
from services.intake.domain.identifiers import IdentifierField
from services.intake.use_cases.erase_beneficiary import erase_beneficiary
from services.intake.use_cases.get_beneficiary import get_beneficiary
from services.intake.use_cases.search_beneficiaries import IdentifierText
from tests.e2e.search import Search
from tests.integration.audit.ledgers import LedgerHere
from tests.integration.audit.test_ledger import TRUSTED, exported, sign
from tests.support.consented_people import (
    METHOD,
    OpenIntake,
    agreement_with,
    bits,
    grant,
    member_of,
    open_intake,
)
from tests.support.people import invented_person
from tests.support.postgres import FreshDatabase, MakeDatabase
from tests.support.telephone import A, Telephone
from tests.support.vault import KEM, worker_of
from tools.audit import verifier

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_WHOSE = ("data_key", "blind_index")
"""What a record is opened and found by."""


@dataclass(frozen=True)
class Marked:
    """An invented person of whom everything that says who they are is a mark."""

    beneficiary: Beneficiary
    words: str

    @staticmethod
    def fresh() -> "Marked":
        letters = "".join(random.SystemRandom().choices("abcdefghijklmnopqrstuvwxyz", k=11))
        original = "".join(random.SystemRandom().choices("ابتثجحخدذرزسش", k=10))
        names = Names(Name(original, f"{original}ب"), Name(f"Q{letters}", f"W{letters}"))
        return Marked(invented_person(names=names), f"K{letters}")

    @property
    def marks(self) -> list[str]:
        names, one = self.beneficiary.names, self.beneficiary
        assert names.latin is not None
        assert names.original is not None
        said = (names.latin.given, names.latin.family, names.original.given, self.words)
        return [*said, one.contacts[0].value, one.documents[0].number]


@dataclass(frozen=True)
class City:
    """Intake and the ledger of one hub."""

    files: FreshDatabase
    intake: OpenIntake
    ledger: LedgerHere
    keys: Path

    async def register(self, marked: Marked) -> BeneficiaryId:
        return await self.intake.open_vault.register(marked.beneficiary, self.intake.desk)

    async def help(self, person: BeneficiaryId, words: str) -> None:
        """Consent, a need, what an agency was given and was told by telephone, and a review of that."""
        telephone = Telephone(self.intake, PostgresEmergencies())
        await self.intake.consent(person, grant(A, bits("NAME", "SAFE_CONTACT")))
        need = await self.intake.need(person)
        await self.intake.accepted(need, A)
        given = await self.intake.disclose(need, member_of(A))
        assert given.fields
        told = await telephone.hand_over(
            need,
            "NAME",
            "HEALTH",
            legal_basis=LegalBasis.VITAL_INTEREST,
            circumstances=words,
            spoken_to=words,
        )
        await telephone.review(told.disclosure_id, worker_of(KEM, "dpo"))

    async def erase(self, person: BeneficiaryId) -> None:
        parts = self.intake.parts
        async with self.intake.database.transaction(self.intake.desk) as tx:
            await erase_beneficiary(person, tx, parts.people, Tombstones(self.keys), parts.recalls)

    async def enter(self) -> int:
        """Whatever intake has told since, as its relay and the topics bring it."""
        async with self.intake.worker.pool.acquire() as connection:
            logged = await log_waiting_rows(connection, 500)
            await advance_publication(connection, logged[-1].position)
        coming = []
        for one in logged:
            headers = headers_of(one, "intake")
            message = Message(
                one.topic, one.partition, one.position, key_bytes(one.key), one.payload, headers
            )
            coming.append(read_message(message))
        events = [one for one in coming if isinstance(one, IncomingEvent)]
        assert await self.ledger.append(events) == len(logged)
        assert await sign(self.ledger) == 1
        return len(logged)

    async def can_read(self, one: str) -> bool:
        """Whether the id is that of a person whom the desk can read."""
        async with self.intake.database.transaction(self.intake.desk) as tx:
            try:
                await get_beneficiary(BeneficiaryId(UUID(one)), METHOD, tx, self.intake.parts.people)
            except (NotFound, RuleBroken):
                return False
        return True

    async def found_by(self, ids: set[str]) -> bytes:
        """Every row of intake in which one of these ids stands, in any column, as text."""
        tables = self.files.execute(
            "select distinct table_name from information_schema.columns"
            " where table_schema = 'intake' and data_type in ('uuid', 'ARRAY')"
        ).split()
        named = "|".join(sorted(ids))
        return "\n".join(
            self.files.execute(f"select one::text from intake.{table} one where one::text ~ '{named}'")
            for table in tables
        ).encode()


@pytest.fixture
async def city(fresh_database: MakeDatabase, tmp_path: Path) -> AsyncIterator[City]:
    files, keys = fresh_database(schemas=("intake", "audit")), tmp_path / "keys"
    keys.mkdir()
    async with AsyncExitStack() as stack:
        intake = await stack.enter_async_context(open_intake(files, keys))
        opened = []
        for url in (files.app_url("audit"), files.worker_url("audit")):
            opened.append(await Database.open(url, schema="audit", codec=encode_event))
            stack.push_async_callback(opened[-1].close)
        yield City(files, intake, LedgerHere(files, *opened), keys)


async def test_an_erased_person_s_ledger_verifies_and_nothing_in_it_leads_to_them(
    city: City, tmp_path: Path
) -> None:
    erased, other = Marked.fresh(), Marked.fresh()
    people = city.intake.parts.people
    await city.intake.agree(agreement_with(A))
    person, neighbour = await city.register(erased), await city.register(other)
    for one, marked in ((person, erased), (neighbour, other)):
        await city.help(one, marked.words)
    before = await city.enter()
    kept = (await exported(city.ledger, tmp_path))[1]
    async with city.intake.database.transaction(city.intake.desk) as tx:
        fields = await people.fields(tx, person)
        assert fields is not None
        case_code = fields["case_code"]
    search = Search([*erased.marks, case_code])
    search.look("the vault", repr(fields).encode())
    assert {finding.mark for finding in search.found} >= set(erased.marks) - {erased.words}, "it sees marks"

    await city.erase(person)
    after = await city.enter()
    lines = await exported(city.ledger, tmp_path)
    older = verifier.open_checkpoint(_note(kept), [TRUSTED])
    report = verifier.check_ledger(lines, [TRUSTED], older)
    assert (older.size, report.entries, report.unsigned) == (before, before + after, 0)
    assert report.sources == {"intake": before + after}

    file = b"".join(lines)
    assert str(person) in file.decode(), "by their random id they are named"
    search = Search([*erased.marks, *other.marks, case_code])
    search.look("the ledger", file)
    assert search.found == set()

    ids = set(_UUID.findall(file.decode()))
    search.look("what the ledger's ids are at intake", await city.found_by(ids - {str(KEM), str(A)}))
    assert search.found == set()
    readable = [one for one in ids if await city.can_read(one)]
    assert readable == [str(neighbour)], "whoever was not erased is still somebody"
    for table in _WHOSE:
        left = f"select count(*) from intake.{table} where beneficiary_id = '{person}'"
        assert city.files.execute(left).strip() == "0"
    for field, value in (
        (IdentifierField.CASE_CODE, case_code),
        (IdentifierField.PHONE, erased.beneficiary.contacts[0].value),
        (IdentifierField.DOCUMENT, erased.beneficiary.documents[0].number),
    ):
        assert await city.intake.open_vault.find(IdentifierText(field, value)) == []
    still = other.beneficiary.contacts[0].value
    assert await city.intake.open_vault.find(IdentifierText(IdentifierField.PHONE, still)) != []


def _note(line: bytes) -> str:
    """A checkpoint as an exported ledger has it."""
    return str(json.loads(line))
