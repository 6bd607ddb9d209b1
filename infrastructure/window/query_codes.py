"""查询码 query codes: what a receipt has beside the case number, to follow the case by without sign-in.

A code is made from the number by a key of this installation whenever it is needed. It is in no fact, row, feed or
export, so that no one who reads those can track a case, and a restored database needs nothing beside the key.
"""

from __future__ import annotations

import hmac
import unicodedata
from base64 import b32encode
from datetime import UTC, datetime
from typing import Self

from infrastructure.privacy.current import keystore
from infrastructure.privacy.keystore import SecretPurpose

PURPOSE = SecretPurpose.QUERY_CODES
ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # 32 signs without 0, O, 1 and I, which look alike in print
CODE_CHARACTERS = 6  # 30 bits: at the rate of wrong tries that is let through, one case takes thousands of years
SIGN_BITS = 5
ADDRESS_CHARACTERS = 26  # 130 bits: an address that is not typed but copied
TICKET_CHARACTERS = 32
TYPED_CHARACTERS_MAX = 64  # of what is typed as number or code, more is not looked at


class QueryCodes:
    """The query codes under one *secret* of 32 bytes; other secrets of a case's visitors are derived alike."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    @classmethod
    def of_this_server(cls) -> Self:
        """Under the key of this installation. Raises KeystoreError."""
        return cls(keystore().secret(PURPOSE))

    def code_of(self, case_number: str) -> str:
        """The query code of a case, such as "7KQ2XM"."""
        bits = int.from_bytes(self._digest("code", case_number)[:4])
        return "".join(ALPHABET[bits >> SIGN_BITS * place & len(ALPHABET) - 1] for place in range(CODE_CHARACTERS))

    def fits(self, case_number: str, code: str) -> bool:
        """Whether *code*, as `typed` reads it, is that of the case; takes as long for every code of every number."""
        return hmac.compare_digest(self.code_of(case_number).encode(), code.encode())

    def address_of(self, case_number: str) -> str:
        """The part of an address by which calendars and feed readers, which can't type a code, follow the case."""
        return b32encode(self._digest("address", case_number)).decode()[:ADDRESS_CHARACTERS].lower()

    def is_address_of(self, case_number: str, text: str) -> bool:
        """Whether *text* is that part of an address; takes as long for every text."""
        return hmac.compare_digest(self.address_of(case_number).encode(), text.encode())

    def ticket(self, case_number: str, until: datetime) -> str:
        """What a browser stores once the code was right, for use *until* then: number, second and proof."""
        seconds = int(until.timestamp())
        return f"{case_number}_{seconds}_{self._digest('ticket', f'{case_number}_{seconds}').hex()[:TICKET_CHARACTERS]}"

    def admitted(self, ticket: str, now: datetime) -> str:
        """The case number that *ticket* lets its bearer see at *now*; empty where it is not ours, or is over."""
        number, _, rest = ticket.partition("_")
        seconds, _, _ = rest.partition("_")
        if not (seconds.isascii() and seconds.isdigit() and len(seconds) <= len("9999999999")):
            return ""
        until = datetime.fromtimestamp(int(seconds), UTC)
        is_ours = hmac.compare_digest(self.ticket(number, until).encode(), ticket.encode())
        return number if is_ours and now < until else ""

    def _digest(self, purpose: str, text: str) -> bytes:
        return hmac.digest(self._secret, f"{purpose}\0{text}".encode(), "sha256")


def query_code_of(case_number: str) -> str:
    """The query code to print beside *case_number* on a receipt. Raises KeystoreError."""
    return QueryCodes.of_this_server().code_of(case_number)


def typed(text: str) -> str:
    """A number or code as people type it, read as it is printed: capitals, plain digits, no blanks."""
    plain = unicodedata.normalize("NFKC", text[:TYPED_CHARACTERS_MAX]).upper()
    return "".join(plain.replace("–", "-").replace("—", "-").split())


def typed_code(text: str) -> str:
    """A query code as it is typed: also in two groups, as some people write it down."""
    return typed(text).replace("-", "")
