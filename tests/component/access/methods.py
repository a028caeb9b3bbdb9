"""Every method of the contracts by its short name, with a valid request and what it answers."""

from collections.abc import Collection
from functools import lru_cache
from typing import Any, Final
from uuid import uuid4

from google.protobuf import descriptor_pool, message_factory
from google.protobuf.message import Message

from tests.architecture.test_every_rpc_is_authorised import methods_of_the_contracts
from tests.component.access.every_door import Case
from tests.component.access.requests_about_cases import requests_about_case
from tests.component.access.requests_by_anybody import requests_by_anybody
from tests.component.intake.desk import Desk


def _short_names(methods: Collection[str]) -> dict[str, str]:
    alone = [method.rpartition("/")[2] for method in methods]
    with_service = [method.rpartition(".")[2] for method in methods]
    return {
        (long if alone.count(short) > 1 else short): method
        for short, long, method in zip(alone, with_service, methods, strict=True)
    }


METHOD_NAMES: Final = _short_names(list(methods_of_the_contracts()))
"""Short name to full name: the method's alone, or with its service where two services have one of a name."""

SHORT_NAMES: Final = {method: short for short, method in METHOD_NAMES.items()}


@lru_cache(maxsize=10_000)
def _about(case: Case, desk: Desk) -> dict[str, Message]:
    return requests_about_case(case, desk)


def request_of(case: Case, desk: Desk, name: str) -> Any:
    """A request of its own that names the case, as nobody has sent it before."""
    template = _about(case, desk).get(name)
    if template is None:
        return requests_by_anybody(case)[name]
    request = type(template)()
    request.CopyFrom(template)
    if "request_id" in template.DESCRIPTOR.fields_by_name:
        setattr(request, "request_id", str(uuid4()))  # noqa: B010  a field of whichever message it is
    return request


def response_of(name: str) -> type[Message]:
    """The message that the method answers."""
    service, _, method = METHOD_NAMES[name].removeprefix("/").rpartition("/")
    found = descriptor_pool.Default().FindServiceByName(service).FindMethodByName(method)
    return message_factory.GetMessageClass(found.output_type)
