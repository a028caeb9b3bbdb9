"""The vault: the only place where what is known of a person is readable, and only in memory."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from chassis.postgres import Transaction
from kernel import codes
from kernel.ids import BeneficiaryId
from services.intake.adapters import record_format
from services.intake.adapters.keys import KeyProvider
from services.intake.adapters.record_format import PROFILE, TEXT, fields_in, key_class_of, profile_in
from services.intake.adapters.sealing import DataKey, RecordAltered, Sealer, seal, unseal
from services.intake.adapters.unnamed_words import open_unnamed, seal_unnamed
from services.intake.domain.beneficiary import NEVER_ASKED, Beneficiary
from services.intake.domain.identifiers import Identifier
from services.intake.domain.person_profile import PersonProfile, profile_of

Row = Mapping[str, Any]
"""A row of the view vault_record."""

_RECORDS: Final = "select * from records_of_people($1, $2)"
_KEYS: Final = """
    select distinct on (beneficiary_id) beneficiary_id, key_class, key_id, epoch, wrapped
    from data_key where beneficiary_id = any($1) and key_class = $2
    order by beneficiary_id, epoch desc
"""
_TEXT_VERSION: Final = 1
_KEY_ID_BYTES: Final = 16
DIGEST_BITS: Final = 12


@dataclass(frozen=True, slots=True)
class SealedRecord:
    """One category of a person as it is stored."""

    category: str
    key_id: UUID
    ciphertext: bytes


class Vault:
    """Seals and opens what is known of people. `None` stands for an erased person: a normal value."""

    def __init__(self, keys: KeyProvider, *, remembered_keys: int = 8192) -> None:
        self._keys = keys
        self._sealer = Sealer(keys, remembered_keys=remembered_keys)

    def new_keys(self, beneficiary_id: BeneficiaryId, classes: Iterable[str]) -> dict[str, DataKey]:
        """Fresh keys of a person by class."""
        return {name: self._sealer.new_key(beneficiary_id, name) for name in classes}

    def key_of(self, row: Row) -> DataKey | None:
        """The key in a row of data_key; None where it is gone."""
        return self._sealer.key_of(row)

    def seal_person(
        self,
        beneficiary_id: BeneficiaryId,
        version: int,
        beneficiary: Beneficiary,
        case_code: str,
        keys: Mapping[str, DataKey],
    ) -> list[SealedRecord]:
        """Every category of a person, the profile for matching included."""
        pieces = record_format.pieces_of(beneficiary, case_code, profile_of(beneficiary))
        return [
            _seal_piece(keys[key_class_of(category)], beneficiary_id, category, version, piece)
            for category, piece in pieces.items()
        ]

    def seal_nothing(
        self, beneficiary_id: BeneficiaryId, version: int, keys: Mapping[str, DataKey]
    ) -> list[SealedRecord]:
        """That nothing was said, in every category that these keys seal and everybody has."""
        pieces = record_format.pieces_of(NEVER_ASKED, "", profile_of(NEVER_ASKED))
        return [
            _seal_piece(key, beneficiary_id, category, version, piece)
            for category, piece in pieces.items()
            if (key := keys.get(key_class_of(category))) is not None
        ]

    def open_profile(self, rows: Iterable[Row]) -> list[PersonProfile | None]:
        """The profile in each row of category PROFILE, in their order."""
        return [None if piece is None else profile_in(piece) for piece in map(self._opened, rows)]

    def open_fields(self, rows: Iterable[Row]) -> dict[BeneficiaryId, dict[str, Any] | None]:
        """Fields by name of each person in the rows; None where the person is erased."""
        people: dict[BeneficiaryId, dict[str, Any] | None] = {}
        for row in rows:
            piece, known = self._opened(row), people.setdefault(row["beneficiary_id"], {})
            if piece is None or known is None:
                people[row["beneficiary_id"]] = None
            elif row["category"] != PROFILE:
                known |= fields_in(piece)
        return people

    def open_disclosed(self, rows: Iterable[Row]) -> dict[BeneficiaryId, dict[str, Any] | None]:
        """The same as it is disclosed: why a field is empty stays with whoever registered the person."""
        return {
            person: None if fields is None else record_format.disclosed_fields(fields)
            for person, fields in self.open_fields(rows).items()
        }

    async def read_categories(
        self, tx: Transaction, beneficiary_id: BeneficiaryId, mask: int
    ) -> dict[str, Any] | None:
        """Fields by name (`names`, `contacts`, `case_code`, …) of the categories in `mask`; None when erased.

        Reaches people whom other agencies registered only while the caller's agency holds a referral of
        theirs: decide, and record, before you call it.
        """
        return (await self.read_people(tx, [beneficiary_id], mask)).get(beneficiary_id)

    async def read_people(
        self, tx: Transaction, people: Sequence[BeneficiaryId], mask: int
    ) -> dict[BeneficiaryId, dict[str, Any] | None]:
        """The same of each of these people, by one statement, as it is disclosed."""
        # everybody has a profile: by it a living person without such records is told from an erased one
        rows = await tx.connection.fetch(_RECORDS, people, [PROFILE, *codes.categories_in(mask)])
        return self.open_disclosed(rows)

    async def seal_texts(
        self, tx: Transaction, texts: Sequence[tuple[BeneficiaryId, UUID, str]]
    ) -> list[bytes | None]:
        """Seals (person, subject, text) each; `subject` is the need or referral that the text belongs to.

        Row-level security applies. None where the person is erased or not the caller's.
        """
        keys = await self._sensitive_keys(tx, {person for person, _, _ in texts})
        return [
            None if (key := keys.get(person)) is None else _seal_text(key, person, subject, text)
            for person, subject, text in texts
        ]

    async def open_texts(
        self, tx: Transaction, texts: Sequence[tuple[BeneficiaryId, UUID, bytes]]
    ) -> list[str | None]:
        """Opens (person, subject, sealed) each, as they were sealed; by one statement, however many, and one
        more where a key was destroyed since.

        None where the person is erased or not the caller's, or the key was destroyed as its time was over.

        Raises:
            RecordAltered: one was sealed for something else.
        """
        keys = await self._sensitive_keys(tx, {person for person, _, _ in texts})
        others = {
            _key_id(sealed)
            for person, _, sealed in texts
            if (key := keys.get(person)) is not None and _key_id(sealed) != key.key_id.bytes
        }
        gone = await self._destroyed(tx, others)
        return [
            None
            if (key := keys.get(person)) is None or _key_id(sealed) in gone
            else _open_text(key, person, subject, sealed)
            for person, subject, sealed in texts
        ]

    async def seal_words(
        self, tx: Transaction, person: BeneficiaryId | None, subject: UUID, words: str
    ) -> bytes | None:
        """Seals words under the person's key; where nobody says who they are, under one of the subject's own.

        None where the person is erased or not the caller's.
        """
        if person is None:
            return seal_unnamed(self._keys, subject, words)
        [sealed] = await self.seal_texts(tx, [(person, subject, words)])
        return sealed

    async def open_words(
        self, tx: Transaction, sealed: Sequence[tuple[BeneficiaryId | None, UUID, bytes | None]]
    ) -> list[str]:
        """Opens (person, subject, sealed) each; empty where there is nothing, and where the person is erased.

        Raises:
            RecordAltered: one was sealed for something else.
        """
        texts = [(person, subject, one) for person, subject, one in sealed if person and one is not None]
        named = iter(await self.open_texts(tx, texts))
        return [
            ""
            if one is None
            else open_unnamed(self._keys, subject, one)
            if person is None
            else next(named) or ""
            for person, subject, one in sealed
        ]

    def digest(self, identifier: Identifier) -> int:
        """Twelve bits of the identifier's keyed digest: what the blind index holds of it."""
        digest = self._keys.digest(f"index/{identifier.field}", identifier.value.encode())
        return int.from_bytes(digest[:2], "big") >> (16 - DIGEST_BITS)

    def keyed_digest(self, purpose: str, value: bytes) -> bytes:
        """32 bytes by which the value is known again, and which nobody can make without the root key."""
        return self._keys.digest(purpose, value)

    async def _destroyed(self, tx: Transaction, key_ids: Collection[bytes]) -> set[bytes]:
        """Those of them that retention has destroyed."""
        wanted = [UUID(bytes=one) for one in key_ids if len(one) == _KEY_ID_BYTES]
        if not wanted:
            return set()
        rows = await tx.connection.fetch("select destroyed_keys($1) as key_id", wanted)
        return {row["key_id"].bytes for row in rows}

    def _opened(self, row: Row) -> bytes | None:
        key = self._sealer.key_of(row)
        if key is None:
            return None
        return unseal(key, row["beneficiary_id"], row["category"], row["version"], row["ciphertext"])

    async def _sensitive_keys(
        self, tx: Transaction, people: Iterable[BeneficiaryId]
    ) -> dict[BeneficiaryId, DataKey]:
        wanted = list(people)
        if not wanted:
            return {}
        rows = await tx.connection.fetch(_KEYS, wanted, key_class_of(TEXT))
        found = ((row["beneficiary_id"], self._sealer.key_of(row)) for row in rows)
        return {person: key for person, key in found if key is not None}


def _key_id(sealed: bytes) -> bytes:
    return sealed[:_KEY_ID_BYTES]


def _seal_piece(
    key: DataKey, beneficiary_id: BeneficiaryId, category: str, version: int, piece: bytes
) -> SealedRecord:
    return SealedRecord(category, key.key_id, seal(key, beneficiary_id, category, version, piece))


def _seal_text(key: DataKey, beneficiary_id: BeneficiaryId, subject: UUID, text: str) -> bytes:
    """The key's id first, so that a text still finds its key when the person has got another."""
    return key.key_id.bytes + seal(key, beneficiary_id, f"{TEXT}/{subject}", _TEXT_VERSION, text.encode())


def _open_text(key: DataKey, beneficiary_id: BeneficiaryId, subject: UUID, sealed: bytes) -> str:
    if _key_id(sealed) != key.key_id.bytes:
        raise RecordAltered("a sealed text belongs to another person")
    piece = sealed[_KEY_ID_BYTES:]
    return unseal(key, beneficiary_id, f"{TEXT}/{subject}", _TEXT_VERSION, piece).decode()
