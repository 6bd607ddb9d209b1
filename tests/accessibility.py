"""What axe says of a page in a browser: the rules of WCAG 2.2 AA and its best practice, and contrast in each style."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT  # type: ignore[import-untyped]  # it ships no types
from playwright.sync_api import Page

from tests.effort import chosen

STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
CONTRAST = "color-contrast"
# Selectors are for reports; styles and media are loaded again for two rules, of which one is an experiment, and no
# page plays a sound.
VIOLATIONS_ALONE = {"resultTypes": ["violations"], "selectors": False, "preload": False}
SAMPLE = "data-contrast-sample"
HTML = "text/html; charset=utf-8"
# Contrast takes nine tenths of a check, and is the same wherever the style is: the first element of each style is
# marked with its number among the styles of the page, which are returned.
STYLES = """name => {
    const styles = new Map(), behind = new Map([[null, '']]);
    const seen_behind = element => {
        if (!behind.has(element)) {
            const { backgroundColor, backgroundImage, opacity } = getComputedStyle(element);
            const own = backgroundColor !== 'rgba(0, 0, 0, 0)' || backgroundImage !== 'none' || opacity !== '1'
                ? [backgroundColor, backgroundImage, opacity].join() : '';
            behind.set(element, own + seen_behind(element.parentElement));
        }
        return behind.get(element);
    };
    for (const element of document.body.querySelectorAll('*')) {
        element.removeAttribute(name);
        if (![...element.childNodes].some(node => node.nodeType === Node.TEXT_NODE && node.data.trim())) continue;
        if (!element.checkVisibility()) continue;
        const { color, fontSize, fontWeight, opacity } = getComputedStyle(element);
        const style = [element.localName, color, fontSize, fontWeight, opacity, seen_behind(element)].join();
        if (styles.has(style)) continue;
        element.setAttribute(name, styles.size);
        styles.set(style);
    }
    return [[...styles.keys()], 'axe' in window];
}"""
RUN = """([contrast, options]) => {
    axe.configure({ rules: [contrast] });
    return axe.run(document, options).then(result => result.violations);
}"""
# Where scripts are switched off axe waits for timers, which never come. (Media Queries 5, 10.1)
HAS_SCRIPTS = "() => matchMedia('(scripting: enabled)').matches"
CLEAR = set[str]()  # styles that stood out on an earlier page: pages share them; a proof looks again on each


def barriers(page: Page) -> list[tuple[str, str]]:
    """The rules that the page breaks, each with the first place where it does."""
    return _violations(page, {"type": "tag", "values": STANDARDS})


def faint_texts(page: Page) -> list[tuple[str, str]]:
    """Texts that stand out too little from what is behind them: one of each style."""
    return _violations(page, {"type": "rule", "values": [CONTRAST]})


def _violations(page: Page, wanted: dict[str, Any]) -> list[tuple[str, str]]:
    """What breaks the rules *wanted*, contrast in the styles alone that are not known to be clear."""
    page.wait_for_load_state()  # of a page that a click has just led to there may be no body yet
    if not page.evaluate(HAS_SCRIPTS):
        with _copy_with_scripts(page) as copy:
            return _violations(copy, wanted)
    styles, is_loaded = page.evaluate(STYLES, SAMPLE)
    samples = [f'[{SAMPLE}="{nth}"]' for nth, style in enumerate(styles) if style not in CLEAR]
    if not samples and CONTRAST in wanted["values"]:
        return []
    if not is_loaded:  # axe, half a megabyte, once a page
        page.evaluate(AXE_SCRIPT)
    contrast = {"id": CONTRAST, "selector": ",".join(samples) or f"[{SAMPLE}=none]", "enabled": bool(samples)}
    rows = page.evaluate(RUN, [contrast, {"runOnly": wanted, **VIOLATIONS_ALONE}])
    if CONTRAST not in {row["id"] for row in rows}:
        CLEAR.update(chosen(styles, ()))
    return [(row["id"], row["nodes"][0]["html"]) for row in rows]


@contextmanager
def _copy_with_scripts(page: Page) -> Iterator[Page]:
    """The page as a browser without scripts shows it, in a tab where axe can run: it has none of the page's own."""
    browser, html = page.context.browser, page.content().replace("noscript", "div")
    assert browser
    with browser.new_context(viewport=page.viewport_size) as context, context.new_page() as copy:
        copy.route("**/*.js", lambda route: route.abort())
        copy.route(lambda url: url == page.url, lambda route: route.fulfill(body=html, content_type=HTML))
        copy.goto(page.url)
        yield copy
