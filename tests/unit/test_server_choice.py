"""On what a hub runs: what may be asked for, what the folder remembers, what is said if they differ."""

import stat
from pathlib import Path

import pytest

from tools.stack.choice import Choice, choose_servers, keys_of, remember
from tools.stack.existing_postgres import AdminUrl, ExistingPostgres, url_of
from tools.stack.failure import StackFailure
from tools.stack.key_token import token_settings
from tools.stack.layout import Layout

_URL = "postgres://admin:very%20secret%40@db.example:6543/maintenance?sslmode=verify-full"


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    made = Layout(tmp_path / "data")
    made.make()
    return made


def test_a_new_folder_takes_the_embedded_servers_or_what_is_asked_for(layout: Layout) -> None:
    assert choose_servers(layout, None, None, None) == (Choice(), True)
    choice, is_new = choose_servers(layout, "apache", 3, _URL)
    assert is_new
    assert (choice.broker, choice.brokers, choice.database) == ("apache", 3, "db.example:6543")


def test_a_folder_goes_on_with_what_it_remembers(layout: Layout) -> None:
    choice, _ = choose_servers(layout, "apache", 3, _URL)
    remember(layout, choice, _URL)
    for asked in ((None, None, None), ("apache", None, None), ("apache", 3, _URL)):
        assert choose_servers(layout, *asked) == (choice, False)


def test_a_new_password_of_the_same_server_is_taken(layout: Layout) -> None:
    remember(layout, choose_servers(layout, None, None, _URL)[0], _URL)
    changed, _ = choose_servers(layout, None, None, _URL.replace("very", "quite"))
    assert changed.admin is not None
    assert changed.admin.password == "quite secret@"


@pytest.mark.parametrize(
    "asked",
    [
        ("embedded", None, None),
        ("apache", 1, None),
        ("kafka.example:9092", None, None),
        (None, None, "embedded"),
        (None, None, "postgres://admin@other.example/postgres?sslmode=require"),
    ],
)
def test_something_else_than_before_is_refused_in_a_sentence_that_says_both(
    layout: Layout, asked: tuple[str | None, int | None, str | None]
) -> None:
    remember(layout, choose_servers(layout, "apache", 3, _URL)[0], _URL)
    with pytest.raises(StackFailure) as caught:
        choose_servers(layout, *asked)
    assert "runs on Apache Kafka with 3 brokers and the PostgreSQL at db.example:6543, not on" in str(
        caught.value
    )
    assert "KEM_DATA" in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_folder_from_before_there_was_a_choice_runs_on_the_embedded_servers(layout: Layout) -> None:
    (layout.secrets / "passwords.json").write_text("{}")
    assert choose_servers(layout, None, None, None) == (Choice(), False)
    with pytest.raises(
        StackFailure, match=r"runs on the embedded broker and the embedded PostgreSQL, not on"
    ):
        choose_servers(layout, "apache", None, None)


@pytest.mark.parametrize(
    ("broker", "brokers", "words"),
    [
        ("rabbit", None, "--broker is embedded, apache, or the HOST:PORT of a Kafka, not rabbit"),
        ("kafka.example", None, "HOST:PORT"),
        ("apache", 2, "1 or 3"),
        ("embedded", 3, "goes with --broker apache"),
        (None, 3, "goes with --broker apache"),
    ],
)
def test_what_makes_no_sense_is_said(layout: Layout, broker: str, brokers: int, words: str) -> None:
    with pytest.raises(StackFailure, match=words) as caught:
        choose_servers(layout, broker, brokers, None)
    assert caught.value.exit_code == 2


def test_the_administrators_password_is_kept_among_the_secrets_only(layout: Layout) -> None:
    choice, _ = choose_servers(layout, None, None, _URL)
    remember(layout, choice, _URL)
    assert "secret" not in layout.choice_file.read_text() + repr(choice) + str(choice)
    kept = layout.url_file("admin")
    assert kept.read_text().strip() == _URL
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def test_an_administrators_url_is_taken_apart() -> None:
    admin = AdminUrl.parse(_URL)
    assert (admin.host, admin.port, admin.user, admin.password) == (
        "db.example",
        6543,
        "admin",
        "very secret@",
    )
    assert (admin.database, admin.parameters) == ("maintenance", {"sslmode": "verify-full"})


@pytest.mark.parametrize(
    ("url", "sslmode"),
    [
        ("postgresql://admin@127.0.0.1", "disable"),
        ("postgres://admin@[::1]:5433/postgres", "disable"),
        ("postgres://admin@localhost", "disable"),
        ("postgres://admin@10.0.0.7?sslrootcert=/city.pem", "verify-full"),
        ("postgres://admin@127.0.0.1?sslrootcert=/city.pem", "verify-full"),
        ("postgres://admin@db.example?sslmode=require", "require"),
        ("postgres://admin@db.example?sslmode=disable", "disable"),
    ],
)
def test_a_connection_to_another_machine_is_checked_unless_told_otherwise(url: str, sslmode: str) -> None:
    assert AdminUrl.parse(url).parameters["sslmode"] == sslmode


@pytest.mark.parametrize("sslmode", ["prefer", "allow", "Require", "verify", "on"])
@pytest.mark.parametrize("host", ["10.0.0.7", "127.0.0.1"])
def test_what_would_go_on_in_plain_where_somebody_stands_between_is_refused(host: str, sslmode: str) -> None:
    with pytest.raises(StackFailure, match="verify-full, verify-ca, require or disable") as caught:
        AdminUrl.parse(f"postgres://admin:secret@{host}/postgres?sslmode={sslmode}")
    assert f"sslmode={sslmode}" in str(caught.value)
    assert "secret" not in str(caught.value)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("host", ["10.0.0.7", "db.example", "[2001:db8::7]:5433"])
def test_another_machine_that_nothing_vouches_for_is_refused_with_what_to_set(host: str) -> None:
    with pytest.raises(StackFailure) as caught:
        AdminUrl.parse(f"postgres://admin:secret@{host}/postgres")
    assert "add sslrootcert=/PATH/OF/THE/AUTHORITY.pem" in str(caught.value)
    assert "or sslmode=require where you accept" in str(caught.value)
    assert "secret" not in str(caught.value)
    assert caught.value.exit_code == 2


def test_a_hub_whose_address_named_nothing_is_told_where_it_stands_and_takes_a_whole_one(
    layout: Layout,
) -> None:
    remember(layout, choose_servers(layout, None, None, _URL)[0], _URL)
    layout.url_file("admin").write_text(_URL.partition("?")[0])
    with pytest.raises(StackFailure, match=r"It stands in .*; ./kem up --database with the whole"):
        choose_servers(layout, None, None, None)
    choice, is_new = choose_servers(layout, None, None, _URL)
    assert (is_new, choice.admin) == (False, AdminUrl.parse(_URL))


@pytest.mark.parametrize(
    "url",
    [
        "mysql://admin:secret@db.example/x",
        "postgres:///postgres",
        "postgres://db.example/secret",
        "postgres://admin:secret@db.example:port/postgres",
        "postgres://admin:secret@db.example/postgres?application_name=x",
    ],
)
def test_an_address_that_cannot_be_used_is_refused_without_being_repeated(url: str) -> None:
    with pytest.raises(StackFailure) as caught:
        AdminUrl.parse(url)
    assert "secret" not in str(caught.value)


def test_the_urls_of_the_hubs_own_logins_keep_how_to_connect(layout: Layout) -> None:
    existing = ExistingPostgres(AdminUrl.parse(_URL))
    assert (
        existing.url("admin") == "postgres://admin:very%20secret%40@db.example:6543/kem?sslmode=verify-full"
    )


def test_the_address_may_come_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "url"
    file.write_text(_URL + "\n")
    assert url_of(str(file)) == _URL
    assert url_of(_URL) == _URL
    assert url_of("embedded") == "embedded"
    with pytest.raises(StackFailure, match=r"nowhere cannot be read \(No such file or directory\)"):
        url_of(str(tmp_path / "nowhere"))


def test_what_keeps_the_keys_is_remembered_and_told_if_it_differs(layout: Layout) -> None:
    choice, _ = choose_servers(layout, None, None, None, "pkcs11")
    remember(layout, choice, None)
    for asked in (None, "pkcs11"):
        assert choose_servers(layout, None, None, None, asked) == (choice, False)
    assert keys_of(layout) == choice.keys == "pkcs11"
    with pytest.raises(StackFailure, match=r"runs on .*, with its keys in a PKCS#11 token, not on") as caught:
        choose_servers(layout, None, None, None, "file")
    assert caught.value.exit_code == 2
    with pytest.raises(StackFailure, match="--keys is file or pkcs11, not paper"):
        choose_servers(layout, None, None, None, "paper")


def test_a_folder_from_before_there_was_a_choice_of_keys_has_them_in_files(layout: Layout) -> None:
    layout.choice_file.write_text('{"broker": "embedded", "brokers": 1, "database": "embedded"}')
    assert choose_servers(layout, None, None, None) == (Choice(), False)
    assert keys_of(layout) == "file"


def test_a_token_that_was_brought_to_a_new_folder_is_used(layout: Layout) -> None:
    layout.token.mkdir()
    layout.token_file.write_text('{"module": "/lib/device.so", "label": "vault", "pin_file": "/run/pin"}')
    assert choose_servers(layout, None, None, None)[0].keys == keys_of(layout) == "pkcs11"
    assert token_settings(layout)["KEM_INTAKE_PKCS11_PIN_FILE"] == "/run/pin"
    layout.token_file.write_text('{"module": "/lib/device.so"}')
    with pytest.raises(StackFailure, match=r"token.json must say .* put it back"):
        token_settings(layout)
