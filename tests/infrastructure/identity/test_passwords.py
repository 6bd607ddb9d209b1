"""Password accounts: Argon2id is stored, a wrong login takes the same work, weak passwords are refused."""

from __future__ import annotations

from typing import Literal

import psycopg
import pytest
from argon2 import PasswordHasher

from infrastructure.identity.passwords import Passwords, PasswordUnfitError
from infrastructure.identity.service import Identity
from infrastructure.ledger.reader import Store
from tests.infrastructure.identity.conftest import NOON

GOOD = "恒信新材料 correct horse"


async def test_a_password_signs_in(identity: Identity, database_url: str) -> None:
    await identity.passwords.set("wang", "p-1", GOOD, NOON)

    verified = await identity.passwords.verify("wang", GOOD)
    assert verified is not None
    assert verified.principal == "p-1"
    assert await identity.passwords.verify("wang", GOOD + " ") is None
    assert await identity.passwords.verify("li", GOOD) is None
    assert await identity.passwords.verify("wang", "x" * 100_000) is None
    assert await identity.passwords.verify("wa\0ng", GOOD) is None
    with psycopg.connect(database_url) as connection:
        assert connection.execute("SELECT hash LIKE '$argon2id$%' FROM identity.password").fetchall() == [(True,)]


async def test_full_width_letters_are_the_same_password(identity: Identity) -> None:
    await identity.passwords.set("wang", "p-1", "correct horse", NOON)

    assert await identity.passwords.verify("wang", "ｃorrect horse")


@pytest.mark.parametrize(
    ("login", "password"),
    [
        ("wang", "short"),
        ("wang", "aaaaaaaaaaaaaa"),
        ("wang", "1234567890"),
        ("wang", "I am Wang of the zone"),
        ("wang", "x" * 201),
        ("", GOOD),
        (" wang", GOOD),
        ("w" * 65, GOOD),
    ],
)
async def test_a_weak_password_is_refused(identity: Identity, login: str, password: str) -> None:
    with pytest.raises(PasswordUnfitError, match=r"\w"):
        await identity.passwords.set(login, "p-1", password, NOON)


async def test_a_wrong_login_is_hashed_all_the_same(store: Store) -> None:
    class Counting(PasswordHasher):
        verified = 0

        def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:  # noqa: A002 the library's name
            Counting.verified += 1
            return super().verify(hash, password)

    passwords = Passwords(store, Counting())
    assert await passwords.verify("no such account", GOOD) is None
    assert Counting.verified == 1


async def test_a_hash_of_older_parameters_is_made_again(store: Store, database_url: str) -> None:
    await Passwords(store, PasswordHasher(time_cost=1)).set("wang", "p-1", GOOD, NOON)

    assert await Passwords(store).verify("wang", GOOD)

    with psycopg.connect(database_url) as connection:
        ((stored,),) = connection.execute("SELECT hash FROM identity.password").fetchall()
    assert not PasswordHasher().check_needs_rehash(stored)
