"""What keeps a backup from being taken or restored."""

from __future__ import annotations

from infrastructure.errors import OperatorError


class BackupError(OperatorError):
    """A backup can't be taken or restored. The message says why and what would help; *code* is stable."""

    def __init__(self, code: str, sentence: str, remedy: str = "") -> None:
        super().__init__(f"{sentence} {remedy}".rstrip())
        self.code, self.sentence, self.remedy = code, sentence, remedy
