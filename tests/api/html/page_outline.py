"""What a parser of HTML sees of a page: sections without a heading, and Chinese that would be read as English."""

from __future__ import annotations

import re
from html.parser import HTMLParser

VOID = frozenset(["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"])
HEADINGS = frozenset(f"h{level}" for level in range(1, 7))
NEVER_READ = frozenset({"script", "style", "template"})
WITHOUT_PARTS = frozenset(
    {"option", "title", "desc", "textarea", "text", "tspan"}
)  # a part can't have its own language
CHINESE, LATIN = re.compile("[\u3400-\u9fff]"), re.compile("[A-Za-z]")


class PageOutline(HTMLParser):
    """Reads one page: *bare_sections*, by their texts, have no heading; *unmarked* is Chinese in what is English."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.bare_sections: list[str] = []
        self.unmarked: list[str] = []
        self._open: list[tuple[str, str]] = [("", "")]  # elements, each with the language in it
        self._sections: list[list[str]] = []  # of each open section the headings and texts
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in VOID:
            return
        self._open.append((tag, dict(attrs).get("lang") or self._open[-1][1]))
        if tag == "section":
            self._sections.append([])
        elif tag in HEADINGS:
            for section in self._sections:
                section.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element of SVG that is closed at once holds nothing."""

    def handle_endtag(self, tag: str) -> None:
        if tag not in {name for name, _ in self._open}:
            return
        while self._open.pop()[0] != tag:
            continue
        if tag == "section" and not HEADINGS & set(section := self._sections.pop()):
            self.bare_sections.append(" ".join(section)[:60])

    def handle_data(self, data: str) -> None:
        tag, lang = self._open[-1]
        if not (text := data.strip()) or tag in NEVER_READ:
            return
        if self._sections:
            self._sections[-1].append(text)
        mixed = tag in WITHOUT_PARTS and LATIN.search(text)
        if lang.startswith("en") and CHINESE.search(text) and not mixed:
            self.unmarked.append(text[:60])
