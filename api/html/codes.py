"""Names of the codes of national standards, in Chinese and in English: districts and industries.

Provinces, the capitals of provinces and the districts of the capital have names here; of another district that of its
province is named, with the code. Of industries the sections and divisions are named; a group or class by its division.
"""

from __future__ import annotations

from importlib.resources import files

from api.html.translations import Language, tables_in, wording

NAMES = tables_in(files("api.html") / "codes.toml")  # province, district, section and division, by their codes


def district_named(code: str, language: Language) -> str:
    """What the district *code* (GB/T 2260) is called: 北京市大兴区（110115）; another one by its province."""
    nth = int(language == "en")
    province, district = NAMES["province"].get(code[:2]), NAMES["district"].get(code)
    if province is None:
        return code
    names = [province[nth], *([district[nth]] if district else [])]
    name = "".join(names) if language == "zh" else ", ".join(reversed(names))
    return wording(language)["punctuation"]("brackets").format(name, code)


def industry_named(code: str, language: Language) -> str:
    """What the industry *code* (GB/T 4754) is called: 化学原料和化学制品制造业（国标行业 C2651）."""
    nth = int(language == "en")
    named = (NAMES["division"].get(code[1:3]) if len(code) > 1 else None) or NAMES["section"].get(code[:1])
    if named is None:
        return code
    standard = NAMES["standard"]["industry"][nth]
    return wording(language)["punctuation"]("brackets").format(named[nth], f"{standard} {code}")
