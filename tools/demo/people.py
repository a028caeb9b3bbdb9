"""Invented people and their needs, drawn by the distribution that KEM sees at its desk.

Nobody here exists. Names are put together from lists of common names and carry the mark "(sample)".
"""

import random
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TypeVar

from kem.common.v1 import common_pb2
from kem.intake.v1 import beneficiary_pb2
from kernel import codes

_T = TypeVar("_T")

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
_STATUSES = (
    "ASYLUM_APPLICANT", "ASYLUM_INTENT", "REFUGEE", "SUBSIDIARY_PROTECTION", "TEMPORARY_PROTECTION",
    "RESIDENCE_PERMIT", "PERMIT_APPLICATION_PENDING", "NO_PROOF", "NOT_STATED",
)  # fmt: skip


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
        offered_types: service types that the simulated agencies offer; needs are mostly among them, a few
            are for something that nobody offers, as in life.
        today: the day from which ages are counted.
    """

    def __init__(self, seed: int, offered_types: Sequence[str], today: date) -> None:
        self._random = random.Random(seed)  # noqa: S311  a sample, not a secret
        self._today = today
        self._number = 0
        every = [t for t in codes.SERVICE_TYPES.values() if not t.restricted]
        offered = set(offered_types)
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
            legal_status=self._random.choice(_STATUSES),
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
        return InventedPerson(beneficiary, language, [self._need() for _ in range(self._how_many())])

    def _how_many(self) -> int:
        return self._random.choices((1, 2, 3), weights=(60, 30, 10))[0]

    def _need(self) -> InventedNeed:
        urgency = self._pick(_URGENCIES)
        if self._unoffered and self._random.random() < 0.03:
            return InventedNeed(self._random.choice(self._unoffered), urgency)
        sectors = {sector: weight for sector, weight in _SECTORS.items() if self._types[sector]}
        return InventedNeed(self._random.choice(self._types[self._pick(sectors)]), urgency)

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
