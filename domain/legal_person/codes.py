"""统一社会信用代码 and 组织机构代码: whether a code is right (GB 32100-2015, GB 11714-1997), and what is not."""

from __future__ import annotations

import re
from unicodedata import normalize

from stdnum.cn import uscc

from domain.core.ledger import Refused

LENGTH = 18
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # GB 32100-2015: no I, O, S, V, Z, which look like digits or U
LIKELY = {"I": "1", "O": "0", "S": "5", "V": "U", "Z": "2"}
DISTRICT = slice(2, 8)  # six digits: where the person was registered
ORGANISATION = slice(8, 17)  # the nine of GB 11714: what was the organisation code before 2015

LEGACY_LENGTH = 9
LEGACY_FORM = re.compile(r"([0-9A-Z]{8})-?([0-9X])")
LEGACY_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)  # GB 11714-1997, 4.2

STANDARD, LEGACY_STANDARD = "GB 32100-2015", "GB 11714-1997"


def is_uscc(code: str) -> bool:
    """Whether *code* is a unified social credit code as it has to be written, with the right check character."""
    return not fault_of(code)[0]


def require_uscc(code: str) -> None:
    """Refuse what is no unified social credit code, saying what is wrong with it. Nothing is put right silently."""
    fault, remedy = fault_of(code)
    if fault:
        raise Refused(
            "uscc-invalid",
            f"{code!r} is not a unified social credit code: {fault}",
            article=STANDARD,
            remedy=remedy or "compare it with the business licence, character by character",
        )


def fault_of(code: str) -> tuple[str, str]:
    """What is wrong with *code*, and what to do about it; two empty texts for a right one."""
    meant = re.sub(r"[\s-]", "", normalize("NFKC", code)).upper()
    if meant != code and len(meant) == LENGTH and not (_misspelt(meant) or _unchecked(meant)[0]):
        how = "it has small letters" if meant == code.upper() else "it holds blanks, hyphens or wide characters"
        return how, f"write it as {meant}, if that is what is meant"
    if is_legacy(code):
        return (
            "it is an organisation code of nine characters",
            "look up in the legal-person base which eighteen-character code replaced it",
        )
    if len(code) != LENGTH:
        return f"it has {len(code)} characters, and a code has {LENGTH}", ""
    return _misspelt(code) or _unchecked(code)


def _misspelt(code: str) -> tuple[str, str] | None:
    """Characters that can't stand where they do; None where there are none."""
    for place, character in enumerate(code, start=1):
        if (upper := character.upper()) in LIKELY:
            return f"character {place} is {character!r}, which no code has", f"it may be meant as {LIKELY[upper]}"
        if character not in ALPHABET:
            return f"character {place} is {character!r}, where a digit or a capital letter stands", ""
    if not (district := code[DISTRICT]).isdecimal():
        return f"characters 3 to 8 are {district}, where the six digits of a district stand", ""
    return None


def _unchecked(code: str) -> tuple[str, str]:
    """What the check character tells: two empty texts where it is right."""
    right = uscc.calc_check_digit(code[:-1])
    if code[-1] == right:
        return "", ""
    swapped = [
        other
        for at in range(LENGTH - 1)
        if code[at] != code[at + 1]
        and not (_misspelt(other := code[:at] + code[at + 1] + code[at] + code[at + 2 :]))
        and uscc.calc_check_digit(other[:-1]) == other[-1]
    ]
    fault = f"its last character would have to be {right} and is {code[-1]}, so at least one of the {LENGTH} is wrong"
    return fault, f"with two neighbours swapped it would be {' or '.join(swapped)}" if swapped else ""


def organisation_code(code: str) -> str:
    """The organisation code that the unified code *code* holds: its characters 9 to 17."""
    return code[ORGANISATION]


def is_legacy(text: str) -> bool:
    """Whether *text* is an organisation code (组织机构代码), with or without its hyphen, that checks."""
    parts = LEGACY_FORM.fullmatch(text)
    return parts is not None and legacy_check(parts[1]) == parts[2]


def require_legacy(text: str) -> str:
    """The organisation code *text* without its hyphen; refused, saying why, where it is none."""
    parts = LEGACY_FORM.fullmatch(text)
    if parts is None:
        upper = text.upper()
        raise Refused(
            "organisation-code-invalid",
            f"{text!r} is not an organisation code: that is eight digits or capital letters and a check character",
            article=LEGACY_STANDARD,
            remedy=f"write it as {upper}, if that is what is meant" if is_legacy(upper) else "such as D2143569-X",
        )
    if parts[2] != (right := legacy_check(parts[1])):
        raise Refused(
            "organisation-code-invalid",
            f"{text!r} is not an organisation code: its last character would have to be {right} and is {parts[2]}",
            article=LEGACY_STANDARD,
            remedy="compare it with the old certificate, character by character",
        )
    return parts[1] + parts[2]


def legacy_check(body: str) -> str:
    """The check character for the first eight of an organisation code (GB 11714-1997, 4.2)."""
    total = sum(int(character, 36) * weight for character, weight in zip(body, LEGACY_WEIGHTS, strict=True))
    return "0123456789X0"[11 - total % 11]
