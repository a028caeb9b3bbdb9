"""A service says plainly what is missing."""

from pathlib import Path

import pytest

from chassis.settings import ALL_ROLES, ServiceSettings, SettingsInvalid


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    url = tmp_path / "url"
    url.write_text("postgresql://referral_app@127.0.0.1/kem\n")
    keys = tmp_path / "keys.json"
    keys.write_text('{"keys": []}')
    for name, value in {
        "KEM_REFERRAL_DATABASE_URL_FILE": str(url),
        "KEM_REFERRAL_WORKER_DATABASE_URL_FILE": str(url),
        "KEM_REFERRAL_IDENTITY_FILE": str(url),
        "KEM_REFERRAL_CERTIFICATE_FILE": str(url),
        "KEM_AUTHORITIES_FILE": str(url),
        "KEM_REVOKED_CERTIFICATES_FILE": str(url),
        "KEM_REFERRAL_GRPC_ADDRESS": "127.0.0.1:7411",
        "KEM_KAFKA_BOOTSTRAP": "127.0.0.1:7401",
        "KEM_KAFKA_IDEMPOTENCE": "false",
        "KEM_ASSERTION_KEYS_FILE": str(keys),
    }.items():
        monkeypatch.setenv(name, value)
    return tmp_path


@pytest.mark.usefixtures("environment")
def test_settings_come_from_the_environment() -> None:
    settings = ServiceSettings.load("referral")
    assert settings.database_url == "postgresql://referral_app@127.0.0.1/kem"
    assert settings.grpc_address == "127.0.0.1:7411"
    assert settings.roles == ALL_ROLES
    assert settings.fetch_wait_milliseconds == 10, "the embedded broker does not wake a waiting fetch"
    assert ServiceSettings.load("referral", roles="stream, relay").roles == ("stream", "relay")


@pytest.mark.usefixtures("environment")
def test_apache_kafka_is_left_to_wake_a_fetch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEM_KAFKA_IDEMPOTENCE", "true")
    assert ServiceSettings.load("referral").fetch_wait_milliseconds == 500


@pytest.mark.usefixtures("environment")
def test_every_missing_or_wrong_setting_is_named_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KEM_KAFKA_BOOTSTRAP")
    monkeypatch.delenv("KEM_REFERRAL_GRPC_ADDRESS")
    monkeypatch.setenv("KEM_REFERRAL_ROLES", "grpc,sing")
    with pytest.raises(SettingsInvalid) as caught:
        ServiceSettings.load("referral")
    words = str(caught.value)
    assert "KEM_KAFKA_BOOTSTRAP is not set" in words
    assert "KEM_REFERRAL_GRPC_ADDRESS is not set" in words
    assert "KEM_REFERRAL_ROLES is wrong: choose from grpc, stream, relay, timers, not sing." in words


def test_kafka_is_spoken_to_in_plain_unless_it_is_said(
    environment: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ServiceSettings.load("referral").kafka.tls is None
    monkeypatch.setenv("KEM_KAFKA_TLS", "true")
    own = ServiceSettings.load("referral").kafka
    assert own == "127.0.0.1:7401"
    assert own.tls == ServiceSettings.load("referral").tls_files
    for name in ("KEM_REFERRAL_KAFKA_CERTIFICATE_FILE", "KEM_KAFKA_AUTHORITIES_FILE"):
        (environment / name).touch()
        monkeypatch.setenv(name, str(environment / name))
    others = ServiceSettings.load("referral").kafka.tls
    assert others is not None
    assert others.certificate.name == others.key.name == "KEM_REFERRAL_KAFKA_CERTIFICATE_FILE"
    assert others.authorities.name == "KEM_KAFKA_AUTHORITIES_FILE"
