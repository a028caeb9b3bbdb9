"""The record of processing says of each purpose who is given what, on which basis."""

from datetime import UTC, datetime, timedelta

import pytest

from kem.directory.v1.directory_pb2 import Agency, BilingualText
from kem.disclosure.v1.disclosure_service_pb2 import Agreement
from kem.intake.v1.consent_policy_service_pb2 import ListedNotice
from kem.intake.v1.retention_service_pb2 import RETENTION_START_LAST_CONTACT, RetentionRule
from kernel import codes
from services.access.settings import AccessSettings
from services.notifications.domain.mail_codes import WINDOW
from services.notifications.entrypoints.timers import PAUSE_SECONDS
from tools.notices.files import SAMPLE_NOTICE, read_notice
from tools.processing import staff
from tools.processing.reading import Record
from tools.processing.writing import written

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
AGENCY = "00000000-0000-4000-8000-000000000003"


def _record() -> Record:
    agreement = Agreement(
        agency_id=AGENCY,
        purposes=["SERVICE_LEGAL"],
        categories=["NAME", "STATUS"],
        legal_regime="UN_PRIVILEGES_IMMUNITIES",
        transfer_basis="GDPR art. 49(1)(a)",
    )
    agreement.valid_until_time.FromDatetime(NOW + timedelta(days=30))
    name = BilingualText(el="Φορέας | δείγμα", en="Agency | sample")
    notice = ListedNotice(version="1", terms=read_notice(SAMPLE_NOTICE).terms)
    kept = RetentionRule(
        categories=["SAFE_CONTACT"],
        start=RETENTION_START_LAST_CONTACT,
        months=12,
        source="GDPR, art. 5(1)(e)",
    )
    return Record(NOW, notice, [agreement], {AGENCY: Agency(agency_id=AGENCY, name=name)}, [kept])


@pytest.mark.parametrize("language", ["en", "el"])
def test_each_purpose_has_its_recipients_with_categories_regime_and_basis(language: str) -> None:
    text = written(_record(), language)
    for purpose in codes.PURPOSES.values():
        assert f"## {getattr(purpose, language)} (`{purpose.code}`)" in text
    [row] = [line for line in text.splitlines() if "UN_PRIVILEGES" in line]
    assert row.count("|") == 6
    named = ", ".join(getattr(codes.CATEGORIES[code], language) for code in ("NAME", "STATUS"))
    assert named in row
    assert "GDPR art. 49(1)(a) | 2026-04-01" in row
    assert text.split("(`SERVICE_LEGAL`)")[1].split("##")[0].count("UN_PRIVILEGES") == 1
    assert "City of Athens" in text


@pytest.mark.parametrize(
    ("language", "kept"),
    [("en", "12 months after the last contact"), ("el", "12 μήνες μετά την τελευταία επαφή")],
)
def test_each_category_has_the_time_for_which_it_is_kept(language: str, kept: str) -> None:
    category = getattr(codes.CATEGORIES["SAFE_CONTACT"], language)
    assert f"| {category} | {kept} | GDPR, art. 5(1)(e) |" in written(_record(), language)


def test_what_is_missing_is_said() -> None:
    text = written(Record(NOW, None, [], {}, []), "en")
    assert "./kem notices publish FOLDER" in text
    assert text.count("nobody has an agreement for this") == len(codes.PURPOSES)


@pytest.mark.parametrize("language", ["en", "el"])
def test_what_is_kept_of_staff_has_its_purpose_legal_basis_and_time(language: str) -> None:
    text = written(_record(), language)
    section = text.split(f"## {staff.TITLES[language]}")[1]
    rows = [line for line in section.splitlines() if line.startswith("|")]
    assert len(rows) == 2 + len(staff.ROWS[language])
    assert {row.count("|") for row in rows} == {len(staff.HEADS[language]) + 1}
    [mail] = [row for row in rows if row.startswith(f"| {_MAIL[language][0]}")]
    assert _MAIL[language][1] in mail


_MAIL = {"en": ("E-mail address", "art. 6(1)(a)"), "el": ("Διεύθυνση e-mail", "άρθρο 6(1)(α)")}


def test_the_times_of_staff_s_data_are_those_of_the_services() -> None:
    account, mail, code = (row.kept for row in staff.ROWS["en"])
    days = AccessSettings.model_fields["name_retention_days"].default
    assert f"{days} days after the account was closed" in account
    assert PAUSE_SECONDS == 600
    assert "within ten minutes" in mail
    assert f"{WINDOW.days} day" == code
    assert [len(staff.ROWS[language]) for language in staff.ROWS] == [3, 3]
