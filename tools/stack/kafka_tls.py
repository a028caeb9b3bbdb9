"""TLS at the hub's own Kafka, and towards another one: who shows which certificate."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from chassis.kafka_address import KafkaAddress
from chassis.tls import TlsFiles
from tools.stack.choice import APACHE, EMBEDDED
from tools.stack.failure import StackFailure
from tools.stack.layout import Layout

_TRUE: Final = ("1", "true", "yes", "on")
_TOOLS_CERTIFICATE: Final = "KEM_TOOLS_KAFKA_CERTIFICATE_FILE"


@dataclass(frozen=True, slots=True)
class KafkaTls:
    """For nodes that we start.

    Args:
        broker: the certificate that every node shows, to clients and to its peers.
        tools: the one of this machine's commands, which may do everything there.
    """

    broker: TlsFiles
    tools: TlsFiles

    def settings(self) -> list[tuple[str, object]]:
        """A node's settings: whoever connects shows a certificate, and may do what was given to its name."""
        return [
            ("ssl.keystore.type", "PEM"),
            ("ssl.keystore.location", self.broker.certificate),
            ("ssl.truststore.type", "PEM"),
            ("ssl.truststore.location", self.broker.authorities),
            ("ssl.client.auth", "required"),
            ("ssl.principal.mapping.rules", "RULE:^CN=([^,]+).*$/$1/,DEFAULT"),
            ("authorizer.class.name", "org.apache.kafka.metadata.authorizer.StandardAuthorizer"),
            ("allow.everyone.if.no.acl.found", "false"),
            ("super.users", "User:kafka;User:tools"),
        ]


def own_kafka_tls(layout: Layout) -> KafkaTls:
    """By the certificates of the hub's own authority."""
    file = layout.certificate("kafka")
    return KafkaTls(TlsFiles(file, file, layout.authorities), layout.tools_certificate)


def kafka_of_tools(layout: Layout, broker: str, bootstrap: str) -> KafkaAddress:
    """Where the commands of this machine reach Kafka; `broker` is what the hub was told to stand on.

    Raises:
        StackFailure: a file that the environment names is not there.
    """
    if broker == EMBEDDED:
        return KafkaAddress(bootstrap)
    if broker == APACHE:
        return KafkaAddress(bootstrap, layout.tools_certificate)
    if os.environ.get("KEM_KAFKA_TLS", "").lower() not in _TRUE:
        return KafkaAddress(bootstrap)
    own = _file(_TOOLS_CERTIFICATE, layout.tools_certificate.certificate)
    return KafkaAddress(
        bootstrap, TlsFiles(own, own, _file("KEM_KAFKA_AUTHORITIES_FILE", layout.authorities))
    )


def _file(name: str, default: Path) -> Path:
    given = os.environ.get(name)
    if given and not Path(given).is_file():
        raise StackFailure(f"{name} names {given}, and there is no such file.", 2)
    return Path(given) if given else default
