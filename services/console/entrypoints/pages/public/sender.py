"""From where a form came, as far as that counts for how often."""

from starlette.requests import Request


def sender_of(request: Request) -> str:
    """The address of the browser, or of the last proxy whose word does not count. It is kept nowhere but in
    the memory that counts."""
    return request.client.host if request.client else ""
