"""What a printed receipt says, as anybody's tool reads it."""

import subprocess
from pathlib import Path

from tools.stack.debian import find_programs


def said_by(file: Path) -> str:
    """The text of the PDF, which only its owner may read."""
    assert file.stat().st_mode & 0o077 == 0
    find_programs({"pdftotext": "poppler-utils"}, "reading what a receipt says", print)
    done = subprocess.run(["pdftotext", str(file), "-"], capture_output=True, check=True)
    return done.stdout.decode()
