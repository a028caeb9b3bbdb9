"""`./kem receipt` where no hub runs: what it sees to before it asks the hub for anything."""

from pathlib import Path
from uuid import uuid4

from tests.integration.stack.test_stack import said_by


def test_a_receipt_is_asked_for_only_where_its_page_can_be_written(tmp_path: Path) -> None:
    """Issued, it ends the former one, and its code and PIN are told once."""
    (tmp_path / "file").touch()
    folder = tmp_path / "file" / "below"
    code, _, said = said_by(tmp_path / "data", "receipt", "issue", str(uuid4()), "--into", str(folder))
    assert code == 2, said
    assert "below cannot be written" in said
    assert "nothing was issued" in said
