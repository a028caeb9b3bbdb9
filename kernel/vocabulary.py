"""Words whose meaning never changes: closed lists, stored and sent exactly as they are written here."""

from enum import IntEnum, StrEnum, auto

from kernel.errors import Invalid


class Role(StrEnum):
    """What a caller may be; `service` is the system itself and never a person."""

    INTAKE_WORKER = auto()
    CASEWORKER = auto()
    SUPERVISOR = auto()
    CHILD_PROTECTION_OFFICER = auto()
    GBV_FOCAL_POINT = auto()
    INTERPRETER = auto()
    AGENCY_MEMBER = auto()
    AGENCY_ADMIN = auto()
    COMMITTEE_COORDINATOR = auto()
    ACCMR_OFFICER = auto()
    SAFEGUARDING_OFFICER = auto()
    DPO = auto()
    AUDITOR = auto()
    OPERATOR = auto()
    SERVICE = auto()


class Code(StrEnum):
    """A closed list whose values are its names."""

    @staticmethod
    def _generate_next_value_(name: str, start: int, count: int, last_values: list[str]) -> str:
        return name


class Urgency(Code):
    EMERGENCY = auto()
    URGENT = auto()
    NORMAL = auto()


class Routing(Code):
    """Whether the person picks providers first, has already allowed some, or wants nothing sent yet."""

    ASK_FIRST = auto()
    CONSENTED = auto()
    HOLD = auto()


class Origin(Code):
    """By which door a person came."""

    KEM_DESK = auto()
    WALK_IN = auto()
    SELF = auto()
    PARTNER = auto()
    OUTREACH = auto()
    HOTLINE = auto()


class LegalBasis(Code):
    """Why data may be used: GDPR articles 6 and 9."""

    CONSENT = auto()
    LEGAL_OBLIGATION = auto()
    VITAL_INTEREST = auto()
    PUBLIC_TASK = auto()


class Sex(Code):
    F = auto()
    M = auto()
    X = auto()
    NOT_STATED = auto()


class AgeBand(Code):
    """All that matching is told about a person's age."""

    BAND_0_5 = auto()
    BAND_6_11 = auto()
    BAND_12_14 = auto()
    BAND_15_17 = auto()
    BAND_18_24 = auto()
    BAND_25_44 = auto()
    BAND_45_64 = auto()
    BAND_65_PLUS = auto()

    @property
    def years(self) -> tuple[int, int]:
        """First and last year of age in the band; 130 stands for no end."""
        return _BAND_YEARS[self]


_BAND_YEARS = dict(
    zip(AgeBand, [(0, 5), (6, 11), (12, 14), (15, 17), (18, 24), (25, 44), (45, 64), (65, 130)], strict=True)
)


def band_of(age: int) -> AgeBand:
    """The band of an age in completed years, 0 to 130."""
    for band, (first, last) in _BAND_YEARS.items():
        if first <= age <= last:
            return band
    raise Invalid("An age is between 0 and 130 years.", reason="AGE_OUT_OF_RANGE")


class HouseholdBand(StrEnum):
    """All that matching is told about how many people live together."""

    ONE = "1"
    TWO = "2"
    UP_TO_FOUR = "3-4"
    UP_TO_SIX = "5-6"
    SEVEN_OR_MORE = "7+"


class Channel(Code):
    """How a service gets offers: through this system, or by a letter, a call or somebody who comes along."""

    HUB = auto()
    PHONE = auto()
    EMAIL = auto()
    PAPER = auto()
    PORTAL = auto()
    ACCOMPANIED = auto()


class Listing(Code):
    """Who finds a service in the directory."""

    PUBLIC = auto()
    PARTNERS = auto()
    NAMED_STAFF = auto()


class LocationVisibility(Code):
    """How much of a service's place is shown."""

    PUBLIC = auto()
    DISTRICT_ONLY = auto()
    HIDDEN = auto()


class CapacityKind(Code):
    PLACES = auto()
    UNLIMITED = auto()


class StatusAnswer(Code):
    """Whether a person satisfies a rule family of legal status: all that matching is told about it."""

    YES = auto()
    NO = auto()
    NOT_VERIFIED = auto()
    NOT_ASKED = auto()


class Category(IntEnum):
    """Kinds of personal data; the value is the bit in a mask (63 at most)."""

    NAME = 0
    LANGUAGES = 1
    SAFE_CONTACT = 2
    BIRTH_AND_SEX = 3
    NATIONALITY = 4
    FAMILY = 5
    STATUS = 6
    DOCUMENTS = 7
    HEALTH = 8
    PSYCHOLOGICAL = 9
    PROTECTION = 10
    CHILDREN = 11
    SPECIFIC_NEEDS = 12
    CASE_CODE = 13
