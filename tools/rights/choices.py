"""What can be chosen at the commands about rights; each by the name that it has in the contract."""

from enum import StrEnum


class Right(StrEnum):
    """What is asked for."""

    ACCESS = "access"
    CORRECTION = "correction"
    ERASURE = "erasure"
    RESTRICTION = "restriction"
    PORTABILITY = "portability"
    OBJECTION = "objection"


class AskedBy(StrEnum):
    """Who asks."""

    SELF = "self"
    PARENT = "parent"
    GUARDIAN = "guardian"
    SPOUSE = "spouse"
    LEGAL_REPRESENTATIVE = "legal-representative"
    OTHER_PERSON = "other-person"


class ExtensionGround(StrEnum):
    """Why one month is not enough."""

    COMPLEXITY = "complexity"
    NUMBER_OF_REQUESTS = "number-of-requests"


class RightsAnswer(StrEnum):
    """How a request ended."""

    FULFILLED = "fulfilled"
    PARTLY_FULFILLED = "partly-fulfilled"
    REFUSED = "refused"
    TAKEN_BACK = "taken-back"


class RefusalGround(StrEnum):
    """Why something was refused."""

    IDENTITY_NOT_SHOWN = "identity-not-shown"
    NO_AUTHORITY = "no-authority"
    UNFOUNDED = "unfounded"
    EXCESSIVE = "excessive"
    RIGHTS_OF_OTHERS = "rights-of-others"
    LEGAL_OBLIGATION = "legal-obligation"
    LEGAL_CLAIMS = "legal-claims"
    NOTHING_HELD = "nothing-held"


class NoExportGround(StrEnum):
    """Why a request to see is fulfilled without an export."""

    TOLD_ORALLY = "told-orally"
    QUESTION_ANSWERED = "question-answered"
    ALREADY_GIVEN = "already-given"


class IdentityProof(StrEnum):
    """How who asks was told to be who they are."""

    DOCUMENT_SEEN = "document-seen"
    KNOWN_PERSONALLY = "known-personally"
    SAFE_CHANNEL = "safe-channel"


class RightsRequestView(StrEnum):
    """Which requests are shown."""

    OPEN = "open"
    OVERDUE = "overdue"
    ALL = "all"


class ComplaintKind(StrEnum):
    """What a complaint is about."""

    DATA = "data"
    HELP = "help"
    TREATMENT = "treatment"
    ABUSE = "abuse"
    OTHER_COMPLAINT = "other-complaint"


class ComplaintFinding(StrEnum):
    """What was found."""

    UPHELD = "upheld"
    PARTLY_UPHELD = "partly-upheld"
    NOT_UPHELD = "not-upheld"
    NOT_ESTABLISHED = "not-established"


class ComplaintView(StrEnum):
    """Which complaints are shown."""

    OPEN = "open"
    OVERDUE = "overdue"
    ALL = "all"


class Language(StrEnum):
    """Languages of person-facing texts."""

    EL = "el"
    EN = "en"
    AR = "ar"
    FA = "fa"
    UR = "ur"
    FR = "fr"
