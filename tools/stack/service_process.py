"""A process of a service, as the stack starts it and waits for it."""

import subprocess
from collections.abc import Mapping

from tools.stack.layout import Layout
from tools.stack.ports import Ports
from tools.stack.process import spawn
from tools.stack.services import ReadyWord, check_ports, command, confined, wait_serving


class ServiceProcess:
    """How one process of a service starts, and when it serves. It may start again after each end.

    Args:
        name: that of the service for the process that has the service's ports; its log is called so.
        roles: what it does, with commas; None for all.
        address: where it answers calls, if it does.
        settings: its whole environment.
    """

    def __init__(
        self,
        name: str,
        service: str,
        roles: str | None,
        address: str,
        settings: Mapping[str, str],
        layout: Layout,
        ports: Ports,
    ) -> None:
        self._name = name
        self._service = service
        self._roles = roles
        self._address = address
        self._settings = settings
        self._layout = layout
        self._ports = ports
        self._log = layout.log(name)
        self._word = ReadyWord(self._log)

    def start(self) -> "subprocess.Popen[bytes]":
        """Starts it.

        Raises:
            StackFailure: another program has one of the service's ports.
        """
        if self._name == self._service:
            check_ports(self._ports, self._service)
        self._word.forget()
        return spawn(
            confined(self._layout, self._settings, command(self._service, self._roles)),
            log=self._log,
            environment=self._settings,
            directory=self._layout.work,
        )

    async def wait_ready(self) -> None:
        """Returns when it serves; the log of one that answers no calls says so.

        Raises:
            StackFailure: it does not in time.
        """
        if self._roles is not None and "grpc" not in self._roles:
            await self._word.wait()
        else:
            await wait_serving(self._address, self._service, self._layout.tools_certificate)
