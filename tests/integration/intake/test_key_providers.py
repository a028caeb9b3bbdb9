"""What every keeper of keys must do, whatever it is: files, or a PKCS#11 token (a real SoftHSM2)."""

from collections.abc import Callable
from pathlib import Path

import pytest

from kernel.errors import Unavailable
from services.intake.adapters.file_keys import KeyFolder
from services.intake.adapters.keys import EpochDestroyed, KeyKeeper, KeysUnusable, WrappedKey
from services.intake.adapters.pkcs11_keys import Token
from tests.support.people import invented_person
from tests.support.postgres import MakeDatabase
from tests.support.token import fresh_token, tokens_folder
from tests.support.vault import open_vault, worker_of

Make = Callable[[], KeyKeeper]


@pytest.fixture(params=["files", "pkcs11"])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Make:
    """Makes another place without keys."""

    def folder() -> KeyKeeper:
        made = tmp_path / f"keys-{len(list(tmp_path.iterdir()))}"
        made.mkdir(mode=0o700)
        return KeyFolder(made)

    return folder if request.param == "files" else lambda: fresh_token(tmp_path)


@pytest.fixture
def keeper(make: Make) -> KeyKeeper:
    """A place with a vault's keys."""
    made = make()
    assert not made.has_root()
    for _ in range(2):
        made.initialise()
        assert made.has_root()
    return made


def test_keys_are_made_once(keeper: KeyKeeper) -> None:
    keys = keeper.open()
    before = keys.fingerprint
    keeper.initialise()
    assert (keeper.open().fingerprint, len(before)) == (before, 16)
    assert (keys.epochs(), keys.current_epoch) == ([1], 1)


def test_a_key_opens_for_its_own_context_only(keeper: KeyKeeper) -> None:
    keys = keeper.open()
    wrapped = keys.wrap(b"k" * 32, b"person|core")
    assert keeper.open().unwrap(wrapped, b"person|core") == b"k" * 32
    altered = WrappedKey(wrapped.epoch, wrapped.wrapped[:-1] + bytes([wrapped.wrapped[-1] ^ 1]))
    for wrong, context in ((wrapped, b"somebody else|core"), (altered, b"person|core")):
        with pytest.raises(KeysUnusable, match="altered, or moved"):
            keys.unwrap(wrong, context)
    with pytest.raises(KeysUnusable, match="altered, or moved"):
        keys.unwrap(WrappedKey(wrapped.epoch, wrapped.wrapped[:20]), b"person|core")


def test_after_an_epoch_is_destroyed_only_what_was_rewrapped_opens(keeper: KeyKeeper) -> None:
    keys, elsewhere = keeper.open(), keeper.open()
    kept, lost = keys.wrap(b"a" * 32, b"kept"), keys.wrap(b"b" * 32, b"lost")
    assert elsewhere.unwrap(lost, b"lost") == b"b" * 32
    assert keys.begin_epoch() == elsewhere.current_epoch == 2
    rewrapped = elsewhere.rewrap(kept, b"kept")
    assert rewrapped.epoch == 2
    with pytest.raises(ValueError, match="in use"):
        keys.destroy_epoch(2)
    for _ in range(2):
        keys.destroy_epoch(1)
    for one in (keys, elsewhere, keeper.open()):
        assert one.epochs() == [2]
        assert one.unwrap(rewrapped, b"kept") == b"a" * 32
        with pytest.raises(EpochDestroyed):
            one.unwrap(lost, b"lost")


def test_keys_that_are_away_for_a_moment_were_not_destroyed(keeper: KeyKeeper) -> None:
    """Or everybody would look erased, and what they asked for would be withdrawn for good."""
    keys = keeper.open()
    wrapped = keys.wrap(b"k" * 32, b"person|core")
    place = keeper.folder if isinstance(keeper, KeyFolder) else tokens_folder()
    away = place.with_name("away")
    place.rename(away)
    for ask in (lambda: keys.unwrap(wrapped, b"person|core"), keys.epochs):
        with pytest.raises(Unavailable, match="nobody's data can be read until"):
            ask()
    away.rename(place)
    assert keys.unwrap(wrapped, b"person|core") == b"k" * 32


def test_a_file_that_was_being_destroyed_is_no_damaged_key(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    folder.mkdir(mode=0o700)
    keeper = KeyFolder(folder)
    keeper.initialise()
    keys = keeper.open()
    keys.begin_epoch()
    left = folder / ".epoch-1.key.gone"
    (folder / "epoch-1.key").rename(left)  # here the process was killed
    assert keeper.open().epochs() == [2]
    assert not left.exists()


def test_digests_and_the_fingerprint_stay_and_differ_by_purpose(keeper: KeyKeeper) -> None:
    keys = keeper.open()
    before, fingerprint = keys.digest("index/PHONE", b"+306912345678"), keys.fingerprint
    keys.destroy_epoch(keys.begin_epoch() - 1)
    assert keeper.open().digest("index/PHONE", b"+306912345678") == before
    assert keeper.open().fingerprint == fingerprint
    assert keys.digest("index/AMKA", b"+306912345678") != before
    assert len(before) == 32


def test_two_wrappings_of_one_key_differ(keeper: KeyKeeper) -> None:
    keys = keeper.open()
    assert keys.wrap(b"k" * 32, b"c").wrapped != keys.wrap(b"k" * 32, b"c").wrapped


def test_a_place_without_keys_says_what_to_do(make: Make) -> None:
    with pytest.raises(KeysUnusable, match=r"put .* back") as refused:
        make().open()
    assert "\n" not in str(refused.value)


async def test_keys_of_another_hub_are_refused_with_what_to_do(
    fresh_database: MakeDatabase, keeper: KeyKeeper, make: Make, tmp_path: Path
) -> None:
    fresh, folder = fresh_database(schemas=("intake",)), tmp_path / "tombstones"
    folder.mkdir()
    async with open_vault(fresh, folder, keeper=keeper) as opened:
        person = await opened.register(invented_person())
    async with (
        open_vault(fresh, folder, keeper=keeper) as opened,
        opened.database.transaction(worker_of()) as tx,
    ):
        assert await opened.people.fields(tx, person)
    other = make()
    other.initialise()
    with pytest.raises(KeysUnusable, match="not the one that this database was written with: put the right"):
        async with open_vault(fresh, folder, keeper=other):
            pass
    keys = keeper.open()
    keys.destroy_epoch(keys.begin_epoch() - 1)
    with pytest.raises(KeysUnusable, match=r"The key of epoch 1 is not in .* restore a younger one"):
        async with open_vault(fresh, folder, keeper=keeper):
            pass


class TestToken:
    """What a token does beyond that."""

    @pytest.fixture
    def token(self, tmp_path: Path) -> Token:
        made = fresh_token(tmp_path)
        made.initialise()
        return made

    def test_no_key_can_be_taken_out_by_whoever_is_signed_in(self, token: Token) -> None:
        from pkcs11 import Attribute, KeyType, MechanismFlag
        from pkcs11.exceptions import AttributeReadOnly, AttributeSensitive, KeyUnextractable

        keys = token.open()
        session = keys._session
        wrapping = session.generate_key(KeyType.AES, 256, capabilities=MechanismFlag.WRAP)
        for key in (keys._root, keys._epoch(1)):
            with pytest.raises(AttributeSensitive):
                key[Attribute.VALUE]
            with pytest.raises(KeyUnextractable):
                wrapping.wrap_key(key)
            for attribute, value in ((Attribute.EXTRACTABLE, True), (Attribute.SENSITIVE, False)):
                with pytest.raises(AttributeReadOnly):
                    key[attribute] = value
            with pytest.raises(AttributeReadOnly):
                key.copy({Attribute.EXTRACTABLE: True, Attribute.SENSITIVE: False})
            assert key[Attribute.NEVER_EXTRACTABLE]

    def test_without_the_pin_the_keys_are_not_even_seen(self, token: Token) -> None:
        import pkcs11

        with pkcs11.lib(str(token.module)).get_token(token_label=token.label).open() as session:
            assert list(session.get_objects()) == []

    @pytest.mark.parametrize("what", ["pin", "pin file", "label", "module"])
    def test_what_keeps_it_from_being_used_is_said_with_what_to_do(
        self, token: Token, tmp_path: Path, what: str
    ) -> None:
        pin = token.pin_file.read_text().strip()
        if what == "pin":
            token.pin_file.write_text("not " + pin)
        elif what == "pin file":
            token.pin_file.unlink()
        wrong = {
            "label": Token(token.module, "nobody's", token.pin_file),
            "module": Token(tmp_path / "no.so", token.label, token.pin_file),
        }.get(what, token)
        with pytest.raises(KeysUnusable, match=r"cannot be used .*; put back what is missing") as refused:
            wrong.open()
        assert str(wrong.pin_file) in str(refused.value)
        assert pin not in str(refused.value)
