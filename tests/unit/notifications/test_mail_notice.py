"""When the next mail goes, and which addresses there can be."""

from datetime import UTC, datetime, timedelta

import pytest

from kernel.errors import Invalid
from services.notifications.domain.mail_notice import MailPace, checked_address, next_time
from services.notifications.domain.mail_text import News, code_mail, news_mail
from services.notifications.domain.recipient import Inbox

NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)


def test_a_daily_mail_goes_at_its_hour_in_athens_in_winter_and_in_summer() -> None:
    assert next_time(MailPace.DAILY, 9, NOON) == datetime(2026, 11, 28, 7, tzinfo=UTC)
    assert next_time(MailPace.DAILY, 15, NOON) == datetime(2026, 11, 27, 13, tzinfo=UTC)
    summer = datetime(2026, 7, 1, 3, tzinfo=UTC)
    assert next_time(MailPace.DAILY, 9, summer) == datetime(2026, 7, 1, 6, tzinfo=UTC)
    before_change = datetime(2026, 3, 28, 12, tzinfo=UTC)
    assert next_time(MailPace.DAILY, 9, before_change) == datetime(2026, 3, 29, 6, tzinfo=UTC)


def test_others_wait_for_a_minute_or_an_hour() -> None:
    assert next_time(MailPace.AT_ONCE, 0, NOON) == NOON + timedelta(minutes=1)
    assert next_time(MailPace.HOURLY, 0, NOON) == NOON + timedelta(hours=1)


@pytest.mark.parametrize("address", ["a@b.gr", "name+x@agency.example", " first.last@mail.a-b.example "])
def test_an_address_is_taken_without_space_around_it(address: str) -> None:
    assert checked_address(address) == address.strip()


@pytest.mark.parametrize(
    "address", ["a@b", "a b@c.de", "x@y..z", "<x@y.zz>", "x@y.zz,w@y.zz", "x@-y.zz", "x@y.zz\nBcc: w@y.zz"]
)
def test_what_is_no_single_address_is_refused(address: str) -> None:
    with pytest.raises(Invalid) as refusal:
        checked_address(address)
    assert refusal.value.stable_reason == "MAIL_ADDRESS_NOT_VALID"


@pytest.mark.parametrize("language", ["el", "en"])
def test_a_mail_says_what_waits_in_each_language_and_leads_to_the_page(language: str) -> None:
    news = news_mail(language, Inbox.DESK, News(others=3), "https://kem.example")
    assert "3" in news.text
    assert "https://kem.example/desk" in news.text
    assert 'href="https://kem.example/notices"' in news.html
    assert f'lang="{language}"' in news.html
    assert "12345678" in code_mail(language, "12345678").text


@pytest.mark.parametrize("language", ["el", "en"])
@pytest.mark.parametrize("inbox", [Inbox.DPO, Inbox.SAFEGUARDING])
def test_a_mail_to_officers_says_how_much_waits_and_not_of_what_kind(inbox: Inbox, language: str) -> None:
    counted = news_mail(language, inbox, News(recalls=1, others=2), "https://kem.example")
    assert counted == news_mail(language, inbox, News(others=3), "https://kem.example"), (
        "the kinds look alike"
    )
    assert counted == news_mail(language, Inbox.DPO, News(others=3), "https://kem.example"), (
        "and so do offices"
    )
    assert "3" in counted.text
    assert "https://kem.example/home" in counted.text
    for kind in ("complaint", "right", "recall", "καταγγελ", "παράπον", "δικαι"):
        assert kind not in (counted.subject + counted.text + counted.html).lower()
