"""What access says of settings that are wrong, before it starts."""

from pathlib import Path

import pytest

from chassis.settings import SettingsInvalid
from services.access.settings import AccessSettings


@pytest.fixture
def right(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Everything that is needed; answers a file for the providers."""
    for name in (
        "DATABASE_URL_FILE",
        "WORKER_DATABASE_URL_FILE",
        "IDENTITY_FILE",
        "CERTIFICATE_FILE",
        "KEY_FILE",
        "ASSERTION_KEY_FILE",
    ):
        (tmp_path / name).write_text("x")
        monkeypatch.setenv(f"KEM_ACCESS_{name}", str(tmp_path / name))
    (tmp_path / "closed-accounts").touch()
    for name in ("ASSERTION_KEYS_FILE", "AUTHORITIES_FILE", "REVOKED_CERTIFICATES_FILE"):
        (tmp_path / name).write_text("{}")
        monkeypatch.setenv(f"KEM_{name}", str(tmp_path / name))
    monkeypatch.setenv("KEM_ACCESS_GRPC_ADDRESS", "127.0.0.1:0")
    monkeypatch.setenv("KEM_KAFKA_BOOTSTRAP", "127.0.0.1:9092")
    providers = tmp_path / "providers.json"
    monkeypatch.setenv("KEM_ACCESS_PROVIDERS_FILE", str(providers))
    return providers


def test_a_provider_that_is_described_wrongly_is_said_at_the_start(right: Path) -> None:
    right.write_text('{"providers": [{"name": "city", "issuer": "http://id.example"}]}')
    with pytest.raises(SettingsInvalid) as said:
        AccessSettings.load("access")
    assert "KEM_ACCESS_PROVIDERS_FILE is wrong" in str(said.value)
    assert "issuer" in str(said.value)
    assert "client_id" in str(said.value)


def test_without_the_list_of_who_was_closed_it_does_not_start(right: Path) -> None:
    right.write_text('{"providers": []}')
    (right.parent / "closed-accounts").unlink()
    with pytest.raises(SettingsInvalid, match="KEM_ACCESS_KEY_FILE is wrong: closed-accounts is missing"):
        AccessSettings.load("access")


def test_providers_that_are_described_rightly_are_taken(right: Path) -> None:
    right.write_text('{"providers": []}')
    assert AccessSettings.load("access").providers_file == right


def test_a_name_is_not_forgotten_before_the_answer_that_still_holds_it(
    right: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    right.write_text('{"providers": []}')
    monkeypatch.setenv("KEM_ACCESS_NAME_RETENTION_DAYS", "29")
    with pytest.raises(SettingsInvalid, match="KEM_ACCESS_NAME_RETENTION_DAYS is wrong"):
        AccessSettings.load("access")
