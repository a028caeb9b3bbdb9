"""Rules of writing, as text: `š=sh ū=ou`, what is written, then as what; nothing after the sign: left out."""


def rules(text: str) -> dict[str, str]:
    """The rules by what is written."""
    return dict(entry.split("=") for entry in text.split())
