"""What stops the stack from starting, said in one sentence with what to do about it."""


class StackFailure(Exception):
    """The stack cannot go on; the message is one plain sentence for the person at the keyboard.

    Args:
        sentence: what is wrong and what to do.
        exit_code: what the command ends with.
    """

    def __init__(self, sentence: str, exit_code: int = 1) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.exit_code = exit_code


class NotRunning(StackFailure):
    """There is no stack to ask."""

    def __init__(self, sentence: str = "KEM is not running here; start it with ./kem up.") -> None:
        super().__init__(sentence, exit_code=3)
