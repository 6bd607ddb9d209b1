"""Characters not allowed in text: invisible ones, control codes, noncharacters; in codes also second spellings."""

from __future__ import annotations

import re
from unicodedata import category, normalize

LINE_ENDS_IN_PROSE = "\n\t"
HIDDEN_CATEGORIES = ("Cc", "Cf", "Cs", "Zl", "Zp")  # control, format (also directions), surrogates, separators
# Letters and marks that show nothing (Default_Ignorable_Code_Point), and the Braille pattern without a dot.
BLANK_LETTERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
VARIATION_SELECTORS = (range(0xFE00, 0xFE10), range(0xE0100, 0xE01F0))  # not those that Mongolian is written with
_WIDE = (range(0xFF10, 0xFF1A), range(0xFF21, 0xFF3B), range(0xFF41, 0xFF5B), (0xFF0D,))  # digits, letters, the hyphen
_NARROW = {code: code - 0xFEE0 for codes in _WIDE for code in codes}
_PLAIN = re.compile("[\x20-\x7e\u4e00-\u9fff\u3001-\u3011\uff01-\uff5e]*")  # ASCII and everyday Chinese: no look-up


def is_noncharacter(character: str) -> bool:
    """Whether *character* is a Unicode noncharacter (U+FDD0 to U+FDEF, and the last two of each plane)."""
    code = ord(character)
    return 0xFDD0 <= code <= 0xFDEF or code & 0xFFFE == 0xFFFE  # noqa: PLR2004  Unicode, section 23.7


def is_hidden(character: str) -> bool:
    """Whether *character* is invisible, changes the text direction, or is a noncharacter."""
    return category(character) in HIDDEN_CATEGORIES or is_noncharacter(character) or _is_blank(character)


def _is_blank(character: str) -> bool:
    """Whether *character* counts as a letter or a mark, and yet shows nothing by itself."""
    code = ord(character)
    return character in BLANK_LETTERS or any(code in selectors for selectors in VARIATION_SELECTORS)


def without_blanks(text: str) -> str:
    """*text* without what shows nothing by itself, such as the selector by which phones spell a coloured sign."""
    return "".join(character for character in text if not _is_blank(character))


def hidden_in_line(text: str) -> str:
    """The first character of *text* not allowed in a code, name or id; empty if there is none."""
    if _PLAIN.fullmatch(text):
        return ""
    return next((character for character in text if is_hidden(character)), "")


def hidden_in_prose(text: str) -> str:
    """The first character of *text* not allowed in prose: a control character other than line feed and tab."""
    if _PLAIN.fullmatch(text):
        return ""
    return next(
        (
            character
            for character in text
            if character not in LINE_ENDS_IN_PROSE and category(character) in ("Cc", "Cs")
        ),
        "",
    )


def as_code(text: str) -> str:
    """*text* in the one spelling that a code has: accents composed, letters and digits not of full width."""
    return text if text.isascii() else normalize("NFC", text).translate(_NARROW)


def spelled(character: str) -> str:
    """*character* as its code point, such as U+200B."""
    return f"U+{ord(character):04X}"


def visible(text: str) -> str:
    r"""*text* with hidden characters escaped, such as \x1b or \u202e; line feeds and tabs stay."""
    if _PLAIN.fullmatch(text):
        return text
    return "".join(
        _escaped(character) if character not in LINE_ENDS_IN_PROSE and is_hidden(character) else character
        for character in text
    )


def _escaped(character: str) -> str:
    code = ord(character)
    if code <= 0xFF:  # noqa: PLR2004  two digits
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"  # noqa: PLR2004  four digits, or eight
