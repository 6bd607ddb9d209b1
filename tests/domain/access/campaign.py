"""Many random callers and cases, judged by the table and by Cedar: for the long proofs."""

from __future__ import annotations

from random import Random

from domain.access.decision import AccessCase, may
from domain.access.principal import Caller, PrincipalKind
from domain.core.ledger import Role
from tests.domain.access.cedar import Question, judged
from tests.domain.access.drawn import ACTIONS, CODES, DEPARTMENTS, PEOPLE, PROJECTS, SCOPES

BATCH = 500  # questions that Cedar judges at a time


def differences(chance: Random, number: int) -> list[str]:
    """The questions of *number* random ones that are not judged alike."""
    differing: list[str] = []
    for first in range(0, number, BATCH):
        questions = [drawn(chance) for _ in range(min(BATCH, number - first))]
        differing += [
            f"{question}: Cedar says {theirs}"
            for question, theirs in zip(questions, judged(questions), strict=True)
            if may(*question).allowed is not theirs
        ]
    return differing


def drawn(chance: Random) -> Question:
    """A caller, an action and a case."""
    return caller(chance), chance.choice(ACTIONS), case(chance)


def caller(chance: Random) -> Caller:
    kind = chance.choice([PrincipalKind.PERSON, PrincipalKind.PROGRAM])
    scopes = tuple(chance.sample(SCOPES, chance.randint(0, 4)))
    return Caller(
        chance.choice(PEOPLE),
        "",
        kind,
        chance.choice(list(Role)),
        chance.choice(["", *DEPARTMENTS, *CODES]),
        tuple(chance.sample(PROJECTS, chance.choice([0, 0, 1, 2]))),
        chance.random() < 0.3,
        chance.choice(["", "", "wang"]),
        scopes if kind is PrincipalKind.PROGRAM or chance.random() < 0.2 else None,
    )


def case(chance: Random) -> AccessCase:
    own = chance.choice(["", *DEPARTMENTS])
    beside = frozenset(chance.sample(DEPARTMENTS, chance.randint(0, 2))) - {own}
    others = frozenset(chance.sample(DEPARTMENTS, chance.randint(0, 1)))
    return AccessCase(
        chance.choice([None, *PROJECTS]),
        chance.choice(["", *CODES]),
        chance.choice(["", *PEOPLE]),
        others | beside | (frozenset({own}) - {""}),
        own,
        beside,
        chance.choice(["", *PEOPLE]),
    )
