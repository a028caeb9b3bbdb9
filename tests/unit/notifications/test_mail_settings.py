"""A mail server is named whole, or not at all."""

from pathlib import Path

import pytest

from chassis.settings import SettingsInvalid
from services.notifications.adapters.mail_server import MailTls
from services.notifications.settings import NotificationsSettings

WHOLE = {
    "SMTP_HOST": "mail.agency.example",
    "SMTP_FROM": "hub@kem.example",
    "CONSOLE_URL": "https://kem.example",
}


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    file = tmp_path / "file"
    file.write_text('{"keys": []}')
    files = ("DATABASE_URL", "WORKER_DATABASE_URL", "IDENTITY", "CERTIFICATE")
    named = {f"KEM_NOTIFICATIONS_{name}_FILE": str(file) for name in files}
    for name in ("AUTHORITIES", "REVOKED_CERTIFICATES", "ASSERTION_KEYS"):
        named[f"KEM_{name}_FILE"] = str(file)
    named |= {
        "KEM_NOTIFICATIONS_GRPC_ADDRESS": "127.0.0.1:7411",
        "KEM_KAFKA_BOOTSTRAP": "127.0.0.1:7401",
        "KEM_KAFKA_IDEMPOTENCE": "false",
        "KEM_ACCESS_GRPC_ADDRESS": "127.0.0.1:7414",
    }
    for name, value in named.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def loaded(environment: pytest.MonkeyPatch, **named: str) -> NotificationsSettings:
    for name, value in named.items():
        environment.setenv(f"KEM_NOTIFICATIONS_{name}", value)
    return NotificationsSettings.load("notifications")


def test_without_a_mail_server_there_is_none(environment: pytest.MonkeyPatch) -> None:
    assert loaded(environment).mail_server() is None


def test_a_mail_server_is_spoken_to_by_tls_with_the_password_of_a_file(
    environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "password").write_text("secret\n")
    password = str(tmp_path / "password")
    server = loaded(environment, **WHOLE, SMTP_LOGIN="hub", SMTP_PASSWORD_FILE=password).mail_server()
    assert server is not None
    assert (server.port, server.tls, server.password) == (587, MailTls.STARTTLS, "secret")
    assert "secret" not in repr(server)


@pytest.mark.parametrize(
    ("named", "said"),
    [
        ({"SMTP_HOST": "mail.agency.example"}, "set KEM_NOTIFICATIONS_SMTP_FROM"),
        (WHOLE | {"SMTP_TLS": "none"}, "on this machine only"),
    ],
)
def test_what_would_go_wrong_is_said_at_the_start(
    environment: pytest.MonkeyPatch, named: dict[str, str], said: str
) -> None:
    with pytest.raises(SettingsInvalid, match=said):
        loaded(environment, **named)


def test_no_mail_is_sent_without_anybody_to_ask_whose_account_is_closed(
    environment: pytest.MonkeyPatch,
) -> None:
    environment.delenv("KEM_ACCESS_GRPC_ADDRESS")
    assert loaded(environment).mail_server() is None
    with pytest.raises(SettingsInvalid, match="set KEM_ACCESS_GRPC_ADDRESS"):
        loaded(environment, **WHOLE)
