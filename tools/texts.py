"""The console's texts: what the code and the templates say is compared with what translators have written.

`python -m tools.texts gather` brings the catalogues in services/console/locale up to date: new texts wait
there for their translation, those that nobody says any more go. `check` tells what is missing. A new language
begins with an empty file: touch services/console/locale/LANGUAGE/public.po.
"""

import re
import sys
from collections.abc import Iterator
from typing import Final

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from kernel import codes
from tools.stack.layout import ROOT

CONSOLE: Final = ROOT / "services" / "console"
LOCALE: Final = CONSOLE / "locale"
PUBLIC, STAFF = "public", "staff"
"""The catalogues: what anybody may read, and what only staff read."""
_OF_THE_PUBLIC: Final = re.compile(
    r"(templates/(public/|layout\.html|_macros\.html|error\.html)|entrypoints/(pages/public/|(door|refusals)\.py)|domain/public/)"
)
_METHODS: Final = [("**.py", "python"), ("templates/**.html", "jinja2.ext:babel_extract")]
_OPTIONS: Final = {
    "templates/**.html": {
        "extensions": "jinja2.ext.do",
        "newstyle_gettext": "true",
        "silent": "false",
        "trim_blocks": "true",
        "lstrip_blocks": "true",
    }
}
_KEYWORDS: Final = {
    "_": None,
    "gettext": None,
    "ngettext": (1, 2),
    "say": None,
    "N_": None,
    "NavigationEntry": None,
}
_REASON: Final = re.compile(r"""reason(?:: ClassVar\[str\])?\s*=\s*["']([A-Z][A-Z_]+)["']""")
_SERVICES: Final = ("kernel", "chassis", "services/intake", "services/referral", "services/notifications",
                    "services/access", "services/audit")  # fmt: skip

Texts = dict[str | tuple[str, str], set[str]]
"""Each text (of a plural: both forms) with the files that say it."""


def languages_of(domain: str) -> list[str]:
    """Into which the catalogue is translated."""
    return sorted(file.parent.name for file in LOCALE.glob(f"*/{domain}.po"))


def said_by_code() -> dict[str, Texts]:
    """By catalogue everything that readers can meet. What both say is in the public's alone."""
    found: dict[str, Texts] = {PUBLIC: {}, STAFF: {}}
    for file, _, message, _, _ in extract_from_dir(CONSOLE, _METHODS, _OPTIONS, _KEYWORDS):
        if not message:
            continue
        domain = PUBLIC if _OF_THE_PUBLIC.match(file) else STAFF
        key = message if isinstance(message, str) else (str(message[0]), str(message[1]))
        found[domain].setdefault(key, set()).add(file)
    for name in names_of_codes():
        found[PUBLIC].setdefault(name, set()).add("kernel/data")
    for reason in reasons():
        found[STAFF].setdefault(f"refusal {reason}", set()).add("refusals")
    for key in found[PUBLIC]:
        found[STAFF].pop(key, None)
    return found


def names_of_codes() -> Iterator[str]:
    """English names in the lists that the public meets: what a service is, where it is."""
    for entries in (codes.SECTORS, codes.SERVICE_TYPES, codes.DISTRICTS):
        yield from (entry.en for entry in entries.values())


def reasons() -> list[str]:
    """The stable reasons by which services refuse."""
    files = (file for folder in _SERVICES for file in (ROOT / folder).rglob("*.py"))
    return sorted({reason for file in files for reason in _REASON.findall(file.read_text(encoding="utf-8"))})


def missing() -> list[str]:
    """A line for each text that a reader would meet untranslated, or wrongly so."""
    said = said_by_code()
    lines = []
    for domain, texts in said.items():
        for language in languages_of(domain):
            written = _written(language, domain)
            for key, files in texts.items():
                wrong = _why_not(key, written.get(key))
                if wrong:
                    lines.append(f"{language}/{domain}.po: {wrong}: {key!r} ({min(files)})")
            lines += [
                f"{language}/{domain}.po: nobody says it: {key!r}" for key in written if key not in texts
            ]
    return lines


def gather() -> None:
    """Writes the catalogues anew: translations stay, new texts come untranslated, unsaid ones go."""
    for domain, texts in said_by_code().items():
        for language in languages_of(domain):
            written = _written(language, domain)
            catalogue = Catalog(locale=language, domain=domain, project="KEM", fuzzy=False)
            catalogue.mime_headers = []  # no dates: the same texts make the same file
            for key in sorted(texts, key=str):
                kept = written.get(key)
                catalogue.add(key, kept.string if kept else None, flags=kept.flags if kept else ())
            file = LOCALE / language / f"{domain}.po"
            with file.open("wb") as out:
                write_po(out, catalogue, width=110, no_location=True, omit_header=True, sort_output=True)


def _written(language: str, domain: str) -> dict[str | tuple[str, str], Message]:
    with (LOCALE / language / f"{domain}.po").open("rb") as file:
        return {_key(one): one for one in read_po(file, locale=language) if one.id}


def _key(message: Message) -> str | tuple[str, str]:
    return (
        (str(message.id[0]), str(message.id[1])) if isinstance(message.id, list | tuple) else str(message.id)
    )


def _why_not(key: str | tuple[str, str], message: Message | None) -> str:
    if message is None:
        return "not there"
    forms = [message.string] if isinstance(message.string, str) else list(message.string or ())
    if not forms or not all(forms):
        return "no translation"
    if message.fuzzy:
        return "to be looked at"
    names = {_names_in(key if isinstance(key, str) else key[1])}
    if not all(_names_in(form) in names for form in forms if len(forms) == 1):
        return "other placeholders"
    return ""


def _names_in(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"%\((\w+)\)", text))


def main(arguments: list[str]) -> int:
    """The command."""
    if arguments == ["gather"]:
        gather()
        return 0
    if arguments == ["check"]:
        lines = missing()
        for line in lines:
            print(line)
        return 1 if lines else 0
    print("usage: python -m tools.texts gather|check", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
