"""Erasure by a person's request, and its certificate, for whoever has signed in."""

import json
from hashlib import sha256
from uuid import uuid4

from google.protobuf.json_format import MessageToDict
from rich.markup import escape

from kem.disclosure.v1 import erasure_service_pb2 as messages
from kem.disclosure.v1 import rights_service_pb2
from tools.office import Answer, at_office, say
from tools.rights.choices import IdentityProof
from tools.said import chosen, confirmed, id_of
from tools.stack.failure import StackFailure


def erase(request_id: str, identity: IdentityProof, *, yes: bool, as_json: bool) -> None:
    """Erases whoever asked for it.

    Raises:
        StackFailure: no id, it was not confirmed, nothing runs, nobody is signed in, or the hub refuses.
    """
    request = messages.EraseBeneficiaryRequest(
        request_id=str(uuid4()),
        rights_request_id=id_of(request_id, "a request; ./kem rights list shows them"),
        identity_proof=chosen(rights_service_pb2.IdentityProof, identity),
    )
    confirmed("Afterwards nobody can read anything of this person, ever.", "Erase them?", yes=yes)
    given = at_office(lambda office: office(office.hub.erasure.EraseBeneficiary, request))
    lines = [
        f"Erased. The certificate: {given.certificate_id}",
        f"./kem rights certificate {given.certificate_id} shows it, with what agencies have answered.",
        "Tell the person, then put the answer on record: ./kem rights answer.",
    ]
    say(Answer(lines, MessageToDict(given)), as_json=as_json)


def show_certificate(certificate_id: str, *, as_json: bool) -> None:
    """Prints the certificate as it was issued, once its digest was seen to be that of its text.

    Raises:
        StackFailure: as `erase`, or it is not the text that was issued.
    """
    request = messages.GetErasureCertificateRequest(certificate_id=id_of(certificate_id, "a certificate"))
    given = at_office(lambda office: office(office.hub.erasure.GetErasureCertificate, request))
    if sha256(given.document.encode()).hexdigest() != given.sha256:
        raise StackFailure(
            "What the hub holds of this certificate does not match its digest; tell an auditor.", 1
        )
    found = {"document": given.document, "sha256": given.sha256, "answers": json.loads(given.answers)}
    lines = [
        escape(json.dumps(json.loads(given.document), indent=2, ensure_ascii=False)),
        f"SHA-256 {given.sha256}, of the document without its line breaks",
        escape(json.dumps(found["answers"], indent=2, ensure_ascii=False)),
    ]
    say(Answer(lines, found), as_json=as_json)
