"""Policies (C2SP tlog-policy): which logs and witnesses are trusted, and how many must have cosigned a checkpoint.

log <key> [<url>]  ·  witness <name> <key> [<url>]  ·  group <name> all|any|<k> <member>...  ·  quorum <name>|none
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Self

from msgspec import Struct

from infrastructure.errors import OperatorError
from infrastructure.proof.note import COSIGNATURE, ED25519, ML_DSA_44, NoteError, NoteVerifier

NONE = "none"


class PolicyError(OperatorError):
    """The policy can't be used. The sentence names the line."""

    code = "witness-policy"


class KnownWitness(Struct, frozen=True):
    """A witness of the policy: the *name* it has there, its key, and where it takes checkpoints; empty if nowhere."""

    name: str
    key: NoteVerifier
    url: str = ""


class WitnessGroup(Struct, frozen=True):
    """Members of which *threshold* must have cosigned."""

    threshold: int
    members: tuple[str, ...]


class WitnessPolicy(Struct, frozen=True):
    """Logs, witnesses and groups by name, and the name that must have cosigned; `none` requires no cosignature."""

    logs: tuple[NoteVerifier, ...] = ()
    witnesses: Mapping[str, KnownWitness] = {}
    groups: Mapping[str, WitnessGroup] = {}
    quorum: str = NONE

    @classmethod
    def of_file(cls, path: Path) -> Self:
        """The policy in the file *path*. Raises PolicyError."""
        try:
            return cls.parse(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as failure:
            raise PolicyError(f"The policy {path} can't be read: {failure}.") from failure
        except PolicyError as error:
            raise PolicyError(f"The policy {path} can't be used: {error}") from error

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a policy. Raises PolicyError."""
        reader = _Reader()
        for number, line in enumerate(text.split("\n"), 1):
            words = line.replace("\t", " ").split(" ")
            items = [word for word in words if word]
            if not items or items[0].startswith("#"):
                continue
            try:
                reader.take(items)
            except (PolicyError, NoteError) as error:
                raise PolicyError(f"line {number}: {error}") from error
        if reader.quorum is None:
            raise PolicyError("it has no line `quorum`: `quorum none` asks for no cosignature.")
        return cls(tuple(reader.logs), reader.witnesses, reader.groups, reader.quorum)

    def is_met(self, cosigners: Collection[str]) -> bool:
        """Whether the witnesses called *cosigners* here are enough."""
        return self.quorum == NONE or self._has_cosigned(self.quorum, cosigners)

    def _has_cosigned(self, name: str, cosigners: Collection[str]) -> bool:
        group = self.groups.get(name)
        if group is None:
            return name in cosigners
        return sum(self._has_cosigned(member, cosigners) for member in group.members) >= group.threshold


class _Reader:
    """Reads a policy line by line: each name is defined before it is used."""

    def __init__(self) -> None:
        self.logs: list[NoteVerifier] = []
        self.witnesses: dict[str, KnownWitness] = {}
        self.groups: dict[str, WitnessGroup] = {}
        self.quorum: str | None = None
        self._members: set[str] = set()

    def take(self, words: list[str]) -> None:
        match words:
            case ["log", key, *url] if len(url) <= 1:
                self.logs.append(self._key(key, (ED25519, ML_DSA_44), [log.key for log in self.logs]))
            case ["witness", name, key, *url] if len(url) <= 1:
                known = [witness.key.key for witness in self.witnesses.values()]
                self.witnesses[self._new(name)] = KnownWitness(
                    name, self._key(key, (COSIGNATURE, ML_DSA_44), known), *url
                )
            case ["group", name, threshold, *members] if members:
                self.groups[self._new(name)] = self._group(threshold, members)
            case ["quorum", name]:
                if self.quorum is not None:
                    raise PolicyError("a second quorum.")
                self.quorum = name if name == NONE else self._defined(name)
            case _:
                raise PolicyError(f"not a line of a policy: {' '.join(words)[:80]}.")

    def _key(self, text: str, algorithms: tuple[bytes, ...], known: Collection[bytes]) -> NoteVerifier:
        key = NoteVerifier.parse(text)
        if key.algorithm not in algorithms or key.key in known:
            raise PolicyError(f"the key of {key.name} is of another algorithm, or is listed twice.")
        return key

    def _group(self, threshold: str, members: list[str]) -> WitnessGroup:
        words = {"all": len(members), "any": 1}
        count = int(threshold) if threshold.isascii() and threshold.isdigit() else words.get(threshold, 0)
        if not 1 <= count <= len(members):
            raise PolicyError(f"a group needs all, any, or 1 to {len(members)} of its members, not {threshold[:20]}.")
        for member in members:
            if self._defined(member) in self._members:
                raise PolicyError(f"{member} is in a group already.")
            self._members.add(member)
        return WitnessGroup(count, tuple(members))

    def _defined(self, name: str) -> str:
        if name not in self.witnesses and name not in self.groups:
            raise PolicyError(f"{name} is no witness or group of a line before.")
        return name

    def _new(self, name: str) -> str:
        if name == NONE or name in self.witnesses or name in self.groups:
            raise PolicyError(f"{name} is a name already.")
        return name
