"""Invented people and their needs, drawn by the distribution that KEM sees at its desk.

Nobody here exists. Names are put together from lists of common names and carry the mark "(sample)".
"""

import random
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TypeVar

from kem.common.v1 import common_pb2
from kem.directory.v1 import directory_pb2
from kem.intake.v1 import beneficiary_pb2
from kernel import codes
from kernel.vocabulary import AgeBand, StatusAnswer, band_of

_T = TypeVar("_T")

Offered = Mapping[str, Sequence[directory_pb2.Eligibility]]
"""For each service type, whom each of its services takes."""

MARK = "(sample)"
"""Stands in every invented family name, so that nobody takes a sample for a person."""

_LANGUAGES = {
    "ara": 22, "prs": 12, "pes": 7, "urd": 10, "sqi": 7, "ben": 7, "eng": 8, "fra": 6,
    "ukr": 4, "rus": 3, "ckb": 3, "kmr": 2, "pan": 2, "som": 3, "tir": 2, "amh": 1, "tur": 1,
}  # fmt: skip
_AGES = ((0, 17, 12), (18, 29, 28), (30, 44, 37), (45, 64, 19), (65, 85, 4))
_SECTORS = {
    "ADMINISTRATIVE": 24, "LEGAL": 16, "EDUCATION": 15, "LABOUR": 10, "HOUSING": 10, "HEALTH": 8,
    "MHPSS": 7, "BASIC_NEEDS": 6, "PROTECTION": 3, "COMMUNITY": 1,
}  # fmt: skip
_URGENCIES = {
    common_pb2.URGENCY_EMERGENCY: 2,
    common_pb2.URGENCY_URGENT: 13,
    common_pb2.URGENCY_NORMAL: 85,
}
_NATIONALITIES = {
    "ara": ("SYR", "IRQ", "PSE", "EGY", "MAR"), "prs": ("AFG",), "pes": ("IRN", "AFG"), "urd": ("PAK",),
    "sqi": ("ALB",), "ben": ("BGD",), "eng": ("NGA", "GHA"), "fra": ("CMR", "COD", "CIV"), "ukr": ("UKR",),
    "rus": ("GEO", "UKR"), "ckb": ("IRQ", "IRN"), "kmr": ("SYR", "TUR"), "pan": ("PAK", "IND"),
    "som": ("SOM",),
    "tir": ("ERI",), "amh": ("ETH",), "tur": ("TUR",),
}  # fmt: skip
_NAMES = {
    "ara": (
        (("ليلى", "Layla"), ("عمر", "Omar"), ("نور", "Nour")),
        (("حداد", "Haddad"), ("منصور", "Mansour")),
    ),
    "prs": ((("زهرا", "Zahra"), ("فرید", "Farid")), (("احمدی", "Ahmadi"), ("رحیمی", "Rahimi"))),
    "pes": ((("مریم", "Maryam"), ("رضا", "Reza")), (("کریمی", "Karimi"), ("صادقی", "Sadeghi"))),
    "urd": ((("عائشہ", "Ayesha"), ("بلال", "Bilal")), (("خان", "Khan"), ("ملک", "Malik"))),
    "ben": ((("রহিমা", "Rahima"), ("করিম", "Karim")), (("ইসলাম", "Islam"), ("হোসেন", "Hossain"))),
    "tir": ((("ሰላም", "Selam"), ("ዮናስ", "Yonas")), (("ተስፋይ", "Tesfay"), ("ሃይለ", "Haile"))),
    "amh": ((("ሄለን", "Helen"), ("ዳዊት", "Dawit")), (("በቀለ", "Bekele"), ("ታደሰ", "Tadesse"))),
    "ukr": ((("Олена", "Olena"), ("Іван", "Ivan")), (("Коваль", "Koval"), ("Бойко", "Boiko"))),
    "rus": ((("Нина", "Nina"), ("Гиорги", "Giorgi")), (("Беридзе", "Beridze"), ("Орлова", "Orlova"))),
}
_LATIN_NAMES = (
    (
        ("Amina", "Amina"),
        ("Blessing", "Blessing"),
        ("Arben", "Arben"),
        ("Fatou", "Fatou"),
        ("Yusuf", "Yusuf"),
    ),
    (("Diallo", "Diallo"), ("Hoxha", "Hoxha"), ("Okafor", "Okafor"), ("Abdi", "Abdi"), ("Demir", "Demir")),
)
_PAPERS = {
    "ASYLUM_APPLICANT": "ASYLUM_CARD", "ASYLUM_INTENT": "POLICE_NOTE", "REFUGEE": "REFUGEE_PERMIT",
    "SUBSIDIARY_PROTECTION": "REFUGEE_PERMIT", "TEMPORARY_PROTECTION": "TEMPORARY_PROTECTION_CARD",
    "RESIDENCE_PERMIT": "RESIDENCE_PERMIT_CARD",
    "PERMIT_APPLICATION_PENDING": "PERMIT_APPLICATION_CERTIFICATE", "NO_PROOF": None, "NOT_STATED": None,
}  # fmt: skip
"""Legal statuses, with the paper that most people bring to show theirs."""
_GOOD_ENOUGH_WITH_PROOF = (StatusAnswer.YES,)
_GOOD_ENOUGH = (StatusAnswer.YES, StatusAnswer.NOT_VERIFIED, StatusAnswer.NOT_ASKED)


@dataclass(frozen=True, slots=True)
class InventedNeed:
    """What an invented person asks help for."""

    service_type: str
    urgency: common_pb2.Urgency.ValueType


@dataclass(frozen=True, slots=True)
class InventedPerson:
    """Somebody who does not exist, and what they come for."""

    beneficiary: beneficiary_pb2.Beneficiary
    spoken_language: str
    needs: list[InventedNeed] = field(default_factory=list)


class City:
    """An endless queue at the desk, the same for the same seed.

    Args:
        offered: service types that the simulated agencies offer, with whom each service takes; most needs
            are among those that are meant for the person's age and legal status.
        today: the day from which ages are counted.
    """

    def __init__(self, seed: int, offered: Offered, today: date) -> None:
        self._random = random.Random(seed)  # noqa: S311  a sample, not a secret
        self._today = today
        self._number = 0
        every = [t for t in codes.SERVICE_TYPES.values() if not t.restricted]
        self._offered = offered
        self._types = {
            sector: [t.code for t in every if t.sector == sector and t.code in offered] for sector in _SECTORS
        }
        self._unoffered = [t.code for t in every if t.code not in offered]

    def next_person(self) -> InventedPerson:
        """The next in the queue, with one to three needs."""
        self._number += 1
        language = self._pick(_LANGUAGES)
        low, high, _ = self._random.choices(_AGES, weights=[weight for *_, weight in _AGES])[0]
        birth = self._today - timedelta(days=self._random.randint(low * 365 + 200, high * 365 + 200))
        beneficiary = beneficiary_pb2.Beneficiary(
            names=self._names(language),
            birth=beneficiary_pb2.Birth(date=birth.isoformat(), estimated=(birth.month, birth.day) == (1, 1)),
            sex=beneficiary_pb2.SEX_F if self._random.random() < 0.46 else beneficiary_pb2.SEX_M,
            nationality=common_pb2.OptionalText(value=self._random.choice(_NATIONALITIES[language])),
            languages=self._languages(language),
            interpreter_needed=self._random.random() < 0.65,
            contacts=[self._contact()],
            legal_status=self._random.choice(sorted(_PAPERS)),
            amka=common_pb2.OptionalText(absence=common_pb2.ABSENCE_NOT_ASKED),
            district=self._random.choice(sorted(codes.DISTRICTS)),
            step_free_access_needed=self._random.random() < 0.05,
        )
        age = (self._today - birth).days // 365
        if age < 18:
            beneficiary.guardian.CopyFrom(
                beneficiary_pb2.Guardian(
                    name=f"Parent {MARK}", relation="PARENT", authority_reference=f"SAMPLE-{self._number}"
                )
            )
        for _ in range(self._random.choices((0, 1, 2, 4), weights=(50, 20, 15, 15))[0]):
            beneficiary.household.add(
                relation="CHILD", birth_year=self._today.year - self._random.randint(1, 16)
            )
        beneficiary.documents.extend(self._papers(beneficiary.legal_status))
        needs = [self._need(band_of(age), beneficiary) for _ in range(self._how_many())]
        return InventedPerson(beneficiary, language, needs)

    def _how_many(self) -> int:
        return self._random.choices((1, 2, 3), weights=(60, 30, 10))[0]

    def _need(self, band: AgeBand, person: beneficiary_pb2.Beneficiary) -> InventedNeed:
        urgency = self._pick(_URGENCIES)
        if self._unoffered and self._random.random() < 0.03:
            return InventedNeed(self._random.choice(self._unoffered), urgency)
        types = self._types
        if self._random.random() < 0.95:  # the others ask for what is not meant for them, as in life
            types = {sector: [t for t in types[sector] if self._suits(t, band, person)] for sector in types}
        sectors = {sector: weight for sector, weight in _SECTORS.items() if types[sector]}
        return InventedNeed(self._random.choice(types[self._pick(sectors)]), urgency)

    def _suits(self, service_type: str, band: AgeBand, person: beneficiary_pb2.Beneficiary) -> bool:
        """Whether one of the services takes people of this age and with this legal status."""
        return any(
            (not rules.age_bands or band in rules.age_bands)
            and (
                not rules.status_rule
                or codes.status_answer(rules.status_rule, person.legal_status, bool(person.documents))
                in (_GOOD_ENOUGH_WITH_PROOF if rules.status_proof_needed else _GOOD_ENOUGH)
            )
            for rules in self._offered[service_type]
        )

    def _papers(self, legal_status: str) -> list[beneficiary_pb2.Document]:
        kind = _PAPERS[legal_status]
        if kind is None or self._random.random() < 0.2:
            return []
        last_day = self._today + timedelta(days=self._random.randint(20, 900))
        return [beneficiary_pb2.Document(kind=kind, state="VALID", expires_date=last_day.isoformat())]

    def _names(self, language: str) -> beneficiary_pb2.Names:
        given, family = _NAMES.get(language, _LATIN_NAMES)
        (given_original, given_latin), (family_original, family_latin) = (
            self._random.choice(given),
            self._random.choice(family),
        )
        return beneficiary_pb2.Names(
            original=beneficiary_pb2.Name(given=given_original, family=f"{family_original} {MARK}"),
            latin=beneficiary_pb2.Name(given=given_latin, family=f"{family_latin} {MARK}"),
        )

    def _languages(self, first: str) -> list[beneficiary_pb2.LanguageSkill]:
        skills = [
            beneficiary_pb2.LanguageSkill(language=first, level=beneficiary_pb2.LanguageSkill.LEVEL_NATIVE)
        ]
        for other, share in (("eng", 0.35), ("ell", 0.25)):
            if other != first and self._random.random() < share:
                skills.append(
                    beneficiary_pb2.LanguageSkill(
                        language=other, level=beneficiary_pb2.LanguageSkill.LEVEL_BASIC
                    )
                )
        return skills

    def _contact(self) -> beneficiary_pb2.Contact:
        # no country has the code 999; the number is drawn anew at each run, since the hub refuses a second
        # person with the same one
        return beneficiary_pb2.Contact(
            kind=beneficiary_pb2.Contact.KIND_PHONE,
            value=f"+999{secrets.randbelow(10**11):011d}",
            from_hour=9,
            until_hour=21,
            message_may_be_left=self._random.random() < 0.5,
        )

    def _pick(self, weighted: dict[_T, int]) -> _T:
        return self._random.choices(list(weighted), weights=list(weighted.values()))[0]
