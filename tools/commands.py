"""Which module has the code of which subcommand."""

from typing import Final

COMMANDS: Final = {
    **dict.fromkeys(("up", "down", "status", "logs"), "tools.stack.commands"),
    **dict.fromkeys(("login", "logout"), "tools.login"),
    "staff": "tools.staff",
    "notices": "tools.notices",
    **dict.fromkeys(("processing", "impact-assessment"), "tools.processing"),
    **dict.fromkeys(
        ("replay", "topics", "lag", "dead-letters", "backup", "restore", "events"), "tools.operate"
    ),
    "demo": "tools.demo",
    "partner": "tools.partner",
    "push": "tools.push",
    "rights": "tools.rights",
    "complaints": "tools.complaints",
    "receipt": "tools.receipt",
    "certs": "tools.certificates",
    "keys": "tools.keys",
    "retention": "tools.retention",
    "trace": "tools.trace",
    "check": "tools.check",
    "audit": "tools.audit",
    "bench": "tools.bench",
    "paper-pack": "tools.paper_pack",
    "screenshots": "tools.screenshots",
    "storm": "tools.storm",
    "test": "tools.testing",
}
"""Each module has `register(app: typer.Typer) -> None`, which adds its commands."""
