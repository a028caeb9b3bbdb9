"""Where the databases of this folder's stack are, for those who only read."""

import json

from tools.stack.failure import NotRunning
from tools.stack.layout import DATA, Layout


def check_url() -> str:
    """The URL of the login that reads everything and writes nothing.

    Raises:
        NotRunning: nothing was ever started here.
    """
    layout = Layout(DATA)
    try:
        json.loads(layout.run_file.read_text())
        return layout.url_file("check").read_text().strip()
    except (OSError, ValueError):
        raise NotRunning from None
