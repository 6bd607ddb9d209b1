"""Names of the codes of national standards, in Chinese and in English: districts and industries.

Provinces, the capitals of provinces and the districts of the capital have names here; of another district that of its
province is named, with the code. Of industries the sections and divisions are named; a group or class by its division.
"""

from __future__ import annotations

from api.html.translations import TABLES, Language, wording


def district_named(code: str, language: Language) -> str:
    """What the district *code* (GB/T 2260) is called: 北京市大兴区（110115）; another one by its province."""
    nth = int(language == "en")
    province, district = TABLES["province_of"].get(code[:2]), TABLES["district_of"].get(code)
    if province is None:
        return code
    names = [province[nth], *([district[nth]] if district else [])]
    name = "".join(names) if language == "zh" else ", ".join(reversed(names))
    return wording(language)["punctuation"]("brackets").format(name, code)


def industry_named(code: str, language: Language) -> str:
    """What the industry *code* (GB/T 4754) is called: 化学原料和化学制品制造业（国标行业 C2651）."""
    nth = int(language == "en")
    division = TABLES["industry_division"].get(code[1:3]) if len(code) > 1 else None
    named = division or TABLES["industry_section"].get(code[:1])
    if named is None:
        return code
    standard = TABLES["industry_standard"]["name"][nth]
    return wording(language)["punctuation"]("brackets").format(named[nth], f"{standard} {code}")
