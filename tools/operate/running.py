"""How an operator's commands reach a running hub: its broker, and its databases under each login."""

from dataclasses import dataclass

from tools.stack.choice import choose_servers
from tools.stack.failure import NotRunning, StackFailure
from tools.stack.kafka_tls import kafka_of_tools
from tools.stack.layout import DATA, Layout
from tools.stack.run_file import read_run


@dataclass(frozen=True, slots=True)
class Running:
    """The hub that runs on a data folder."""

    layout: Layout
    bootstrap: str

    @staticmethod
    def here() -> "Running":
        """The hub of this folder.

        Raises:
            NotRunning: none runs here.
        """
        layout = Layout(DATA)
        run = read_run(layout) if layout.data.exists() and layout.is_held() else None
        if run is None:
            raise NotRunning
        choice, _ = choose_servers(layout, None, None, None)
        return Running(layout, kafka_of_tools(layout, choice.broker, run.addresses["broker"]))

    @property
    def check_url(self) -> str:
        """Reads everything and writes nothing."""
        return self._url("check")

    def worker_url(self, schema: str) -> str:
        """What the batches and timers of a service log in with."""
        return self._url(f"{schema}-worker")

    def _url(self, login: str) -> str:
        return self.layout.url_file(login).read_text(encoding="utf-8").strip()


def broker_failed(error: Exception) -> StackFailure:
    """What a person hears when the broker does not do as it is asked."""
    return StackFailure(
        f"The broker does not answer as it should ({type(error).__name__}); look at ./kem status.", 3
    )
