"""统一社会信用代码 and 组织机构代码: validation of codes (GB 32100-2015, GB 11714-1997), with the fault explained."""

from __future__ import annotations

import re
from unicodedata import normalize

from stdnum.cn import uscc

from domain.core.ledger import Refused

LENGTH = 18
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # GB 32100-2015: no I, O, S, V, Z, which look like digits or U
LIKELY = {"I": "1", "O": "0", "S": "5", "V": "U", "Z": "2"}
FORM = re.compile(rf"[{ALPHABET}]{{2}}[0-9]{{6}}[{ALPHABET}]{{10}}")
DISTRICT = slice(2, 8)  # six digits: where the person was registered
SOLE_TRADERS = "92"  # registered by the market authority (9), as 个体工商户 (2): by 民法典 Art. 54 natural persons
ORGANISATION = slice(8, 17)  # the nine of GB 11714: what was the organisation code before 2015

LEGACY_LENGTH = 9
LEGACY_FORM = re.compile(r"([0-9A-Z]{8})-?([0-9X])")
LEGACY_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)  # GB 11714-1997, 4.2

STANDARD, LEGACY_STANDARD = "GB 32100-2015", "GB 11714-1997"


def require_uscc(code: str) -> None:
    """Refuse an invalid unified social credit code, naming the fault. Nothing is corrected silently."""
    fault, remedy = fault_of(code)
    if fault:
        raise Refused(
            "uscc-invalid",
            f"{code!r} is not a unified social credit code: {fault}",
            article=STANDARD,
            remedy=remedy or "compare it with the business licence, character by character",
        )


def fault_of(code: str) -> tuple[str, str]:
    """The fault of *code* and its remedy; two empty texts for a valid one."""
    if FORM.fullmatch(code) and uscc.calc_check_digit(code[:-1]) == code[-1]:
        return "", ""
    meant = re.sub(r"[\s-]", "", normalize("NFKC", code)).upper()
    if meant != code and len(meant) == LENGTH and not (_misspelt(meant) or _unchecked(meant)[0]):
        how = (
            "it has lower-case letters" if meant == code.upper() else "it has blanks, hyphens or full-width characters"
        )
        return how, f"write it as {meant}, if that is the code"
    if is_legacy(code):
        return (
            "it is an organisation code of nine characters",
            "look up in the legal-person base which eighteen-character code replaced it",
        )
    if len(code) != LENGTH:
        return f"it has {len(code)} characters instead of {LENGTH}", ""
    return _misspelt(code) or _unchecked(code)


def _misspelt(code: str) -> tuple[str, str] | None:
    """The fault of an invalid character and its remedy; None if all are valid."""
    for place, character in enumerate(code, start=1):
        if (upper := character.upper()) in LIKELY:
            return f"character {place} is {character!r}, which is not allowed", f"it may be a misread {LIKELY[upper]}"
        if character not in ALPHABET:
            return f"character {place} is {character!r} instead of a digit or a capital letter", ""
    if not (district := code[DISTRICT]).isdecimal():
        return f"characters 3 to 8 are {district} instead of the six digits of a district", ""
    return None


def _unchecked(code: str) -> tuple[str, str]:
    """The fault shown by the check character and its remedy; two empty texts if it is right."""
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
    fault = f"its check character should be {right}, not {code[-1]}: at least one of the {LENGTH} characters is wrong"
    return fault, f"with two neighbours swapped it would be {' or '.join(swapped)}" if swapped else ""


def organisation_code(code: str) -> str:
    """The organisation code contained in the unified code *code*: characters 9 to 17."""
    return code[ORGANISATION]


def is_of_individual(code: str) -> bool:
    """Whether the unified code *code* is a sole trader's, whose name is a person's or may give it away."""
    return code.startswith(SOLE_TRADERS)


def is_legacy(text: str) -> bool:
    """Whether *text* is a valid organisation code (组织机构代码), with or without its hyphen."""
    parts = LEGACY_FORM.fullmatch(text)
    return parts is not None and legacy_check(parts[1]) == parts[2]


def require_legacy(text: str) -> str:
    """The organisation code *text* without its hyphen; refused if it is invalid, naming the fault."""
    parts = LEGACY_FORM.fullmatch(text)
    if parts is None:
        upper = text.upper()
        raise Refused(
            "organisation-code-invalid",
            f"{text!r} is not an organisation code of eight digits or capital letters and a check character",
            article=LEGACY_STANDARD,
            remedy=f"write it as {upper}, if that is the code" if is_legacy(upper) else "write it such as D2143569-X",
        )
    if parts[2] != (right := legacy_check(parts[1])):
        raise Refused(
            "organisation-code-invalid",
            f"{text!r} is not an organisation code: its check character should be {right}, not {parts[2]}",
            article=LEGACY_STANDARD,
            remedy="compare it with the old certificate, character by character",
        )
    return parts[1] + parts[2]


def legacy_check(body: str) -> str:
    """The check character for the first eight of an organisation code (GB 11714-1997, 4.2)."""
    total = sum(int(character, 36) * weight for character, weight in zip(body, LEGACY_WEIGHTS, strict=True))
    return "0123456789X0"[11 - total % 11]
