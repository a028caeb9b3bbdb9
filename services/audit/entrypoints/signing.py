"""The timer that signs checkpoints, with the key that its file holds at the time."""

from datetime import timedelta
from functools import partial

from chassis.changing_file import ChangingFile
from chassis.postgres import Transaction
from services.audit.adapters.checkpoint_key import CheckpointKey
from services.audit.adapters.postgres_checkpoints import PostgresCheckpoints
from services.audit.use_cases.begin_key import begin_key
from services.audit.use_cases.sign_checkpoint import sign_checkpoint


class Signing:
    """Looks at the key's file before each look at what waits: who replaces the file has changed the key."""

    def __init__(
        self,
        entries: int,
        age: timedelta,
        checkpoints: PostgresCheckpoints,
        keys: ChangingFile[CheckpointKey],
    ) -> None:
        self._entries = entries
        self._age = age
        self._checkpoints = checkpoints
        self._keys = keys
        self._begun: CheckpointKey | None = None

    async def take(self, tx: Transaction) -> int:
        """Answers how many checkpoints were signed. A key is on the list in the same commit, or before.

        Raises:
            OSError: the file is gone; entries are made all the same, and signed when it is back.
            ValueError: it holds no key; the same.
        """
        key = self._keys.value
        if key is not self._begun:
            await begin_key(key.public, tx, self._checkpoints)
            tx.after_commit.append(partial(setattr, self, "_begun", key))
        return await sign_checkpoint(self._entries, self._age, tx, self._checkpoints, key)
