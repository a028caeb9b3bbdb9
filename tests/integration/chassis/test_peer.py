"""What a connection says of the client: only a certificate that was shown and checked counts."""

import base64
from typing import Any

import grpc
import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509 import load_pem_x509_certificate

from chassis.peer import certificate_thumbprint, thumbprint
from tests.support.certificates import Authority

METHOD = "/kem.test.v1.Peer/Thumbprint"


class _Thumbprints(grpc.GenericRpcHandler):
    def service(self, handler_call_details: Any) -> Any:
        async def answer(request: bytes, context: Any) -> bytes:
            return certificate_thumbprint(context).encode()

        return grpc.unary_unary_rpc_method_handler(answer)


async def _ask(authority: Authority, *, shows: bool) -> str:
    ours, theirs = authority.certificate("127.0.0.1"), authority.certificate("console.example")
    server = grpc.aio.server()
    server.add_generic_rpc_handlers((_Thumbprints(),))
    root = authority.pem.encode()
    port = server.add_secure_port(
        "127.0.0.1:0", grpc.ssl_server_credentials([(ours.key, ours.chain)], root, require_client_auth=shows)
    )
    await server.start()
    shown = (theirs.key, theirs.chain) if shows else (None, None)
    try:
        async with grpc.aio.secure_channel(
            f"127.0.0.1:{port}", grpc.ssl_channel_credentials(root, *shown)
        ) as channel:
            asked: Any = channel.unary_unary(METHOD)
            said = str((await asked(b"", timeout=10)).decode())
    finally:
        await server.stop(None)
    assert said in ("", thumbprint(theirs.chain))
    return said


@pytest.mark.parametrize("shows", [True, False])
async def test_a_client_is_known_by_the_certificate_that_it_shows_and_by_none_otherwise(shows: bool) -> None:
    assert bool(await _ask(Authority(), shows=shows)) is shows


def test_a_thumbprint_is_the_digest_of_the_certificate_itself() -> None:
    chain = Authority().certificate("console.example").chain
    digest = load_pem_x509_certificate(chain).fingerprint(SHA256())
    said = thumbprint(chain)
    assert len(said) == 43
    assert "=" not in said
    assert base64.urlsafe_b64decode(said + "=") == digest
