"""What axe says of a page in a browser: the rules of WCAG 2.2 AA and its best practice, and contrast in each style."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.base import AXE_SCRIPT  # type: ignore[import-untyped]  # it ships no types
from playwright.sync_api import Page

from tests.effort import chosen

STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
CONTRAST = "color-contrast"
RUN = "([context, options]) => axe.run(context ?? document, options).then(result => result.violations)"
# Selectors are for reports; styles and media are loaded again for two rules, of which one is an experiment, and no
# page plays a sound.
VIOLATIONS_ALONE = {"resultTypes": ["violations"], "selectors": False, "preload": False}
SAMPLE = "data-contrast-sample"
# Contrast takes nine tenths of a check, and is the same wherever the style is: one element of each style is marked.
# The styles that are known already are left out, and the new ones are returned.
MARK_STYLES = """([name, known]) => {
    const styles = new Set(known);
    for (const element of document.body.querySelectorAll('*')) {
        if (![...element.childNodes].some(node => node.nodeType === Node.TEXT_NODE && node.data.trim())) continue;
        if (!element.checkVisibility()) continue;
        const style = getComputedStyle(element);
        const key = [element.localName, style.color, style.fontSize, style.fontWeight, style.opacity];
        for (let each = element; each; each = each.parentElement) {
            const { backgroundColor, backgroundImage, opacity } = getComputedStyle(each);
            if (backgroundColor !== 'rgba(0, 0, 0, 0)' || backgroundImage !== 'none' || opacity !== '1')
                key.push(backgroundColor, backgroundImage, opacity);
        }
        const of_page = key.join();
        element.toggleAttribute(name, !styles.has(of_page));
        styles.add(of_page);
    }
    return [...styles].slice(known.length);
}"""
CLEAR = set[str]()  # styles that stood out on an earlier page: pages share them; a proof looks again on each


def barriers(page: Page) -> list[tuple[str, str]]:
    """The rules that the page breaks, each with the first place where it does."""
    _load(page)
    rules = {"runOnly": {"type": "tag", "values": STANDARDS}, "rules": {CONTRAST: {"enabled": False}}}
    return _violations(page, None, rules) + faint_texts(page)


def faint_texts(page: Page) -> list[tuple[str, str]]:
    """Texts that stand out too little from what is behind them: one of each style."""
    _load(page)
    styles = page.evaluate(MARK_STYLES, [SAMPLE, sorted(CLEAR)])
    if not styles:
        return []
    faint = _violations(page, {"include": [[f"[{SAMPLE}]"]]}, {"runOnly": {"type": "rule", "values": [CONTRAST]}})
    if not faint:
        CLEAR.update(chosen(styles, ()))
    return faint


def _load(page: Page) -> None:
    """Load axe, half a megabyte, once a page."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE_SCRIPT)


def _violations(page: Page, context: Any, options: dict[str, Any]) -> list[tuple[str, str]]:
    violations = page.evaluate(RUN, [context, {**options, **VIOLATIONS_ALONE}])
    return [(row["id"], row["nodes"][0]["html"]) for row in violations]
