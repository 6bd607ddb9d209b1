"""A person at a browser of their own, signed in as one of the demonstration, who acts by mouse or keyboard alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from time import monotonic, sleep
from typing import Any
from urllib.parse import urlsplit

from msgspec import Struct
from playwright.sync_api import Browser, Error, FilePayload, Frame, Locator, Page, ViewportSize, expect

from tests.accessibility import barriers
from tests.proofs.proof import RefutedError

STOPS_MAX = 400  # of the keyboard on a page
SIDEWAYS = "() => document.documentElement.scrollWidth"
IS_FOCUSED = "element => element === document.activeElement"
IS_IN_GROUP = """element => { const focused = document.activeElement;
    return element.type === 'radio' && focused.type === 'radio' && focused.name === element.name
        && focused.form === element.form; }"""
CHOICES_MAX = 40  # of a group of which one is chosen
SHOWN_CHARACTERS = 1500  # of a page on which a journey ended otherwise
FOLLOW_SECONDS_MAX = 60
ACTION_MILLISECONDS_MAX = 60_000


class Manner(Struct, frozen=True):
    """How a journey is made: the size of the window, by keyboard alone or not, with scripts or without."""

    name: str
    viewport: ViewportSize
    by_keyboard: bool = False
    scripts: bool = True


class Visitor:
    """Who looks at *page*: counts the pages that were opened and what was pressed; the keyboard alone where asked for.

    A page is counted once, however often it comes back with what was filled in.
    """

    def __init__(self, page: Page, manner: Manner) -> None:
        self.page, self.manner = page, manner
        self.clicks = 0
        self.paths: list[str] = []
        page.on("framenavigated", self._note)

    def start(self) -> None:
        """Count from here on."""
        self.clicks, self.paths = 0, []

    @property
    def pages(self) -> int:
        """How many different pages were opened since the start."""
        return len(set(self.paths))

    def click(self, target: Locator) -> None:
        """Follow a link, press a button, tick a box: by mouse, or by Tab and the key that does it."""
        self.clicks += 1
        if not self.manner.by_keyboard:
            target.click()
            return
        self.tab_to(target)
        kind = target.get_attribute("type")
        self.page.keyboard.press("Space" if kind in ("checkbox", "radio") else "Enter")
        self.page.wait_for_load_state()

    def fill(self, target: Locator, text: str) -> None:
        """Type *text* into a field; a day part by part, as the browser has them: month, day and year."""
        if not self.manner.by_keyboard:
            target.fill(text)
            return
        self.tab_to(target)
        if target.get_attribute("type") == "date":
            year, month, day = text.split("-")
            self.page.keyboard.type(f"{month}{day}{year}")
        else:
            self.page.keyboard.press("Control+A")
            self.page.keyboard.type(text)
        self.require(target.input_value() == text, f"the keys fill in {text}, not {target.input_value()}")

    def attach(self, target: Locator, file: FilePayload) -> None:
        """Choose *file* in a field of files; by keyboard the key opens the dialog of the system."""
        if not self.manner.by_keyboard:
            target.set_input_files(file)
            return
        self.tab_to(target)
        with self.page.expect_file_chooser() as dialog:
            self.page.keyboard.press("Space")
        dialog.value.set_files(file)

    def reload_until(self, target: Locator) -> None:
        """Look again until *target* is there: views follow the ledger. Raises RefutedError."""
        end = monotonic() + FOLLOW_SECONDS_MAX
        while not target.count():
            self.require(monotonic() < end, f"{target} comes to the page")
            sleep(0.2)
            self.page.reload()

    def tab_to(self, target: Locator) -> None:
        """Press Tab until *target* has the focus. Raises RefutedError where it never has."""
        expect(target).to_be_visible()
        for _ in range(STOPS_MAX):
            if target.evaluate(IS_FOCUSED):
                return
            if target.evaluate(IS_IN_GROUP):  # Tab stops once at a group; arrows go on within it
                self._arrow_to(target)
                return
            self.page.keyboard.press("Tab")
        raise RefutedError(f"the keyboard never comes to {target} on {self.page.url}")

    def _arrow_to(self, target: Locator) -> None:
        for _ in range(CHOICES_MAX):
            self.page.keyboard.press("ArrowDown")
            if target.evaluate(IS_FOCUSED):
                return
        raise RefutedError(f"the arrows never come to {target} on {self.page.url}")

    def require(self, holds: object, text: str) -> None:
        """Raise RefutedError, with what is on the page, unless it *holds*."""
        if not holds:
            raise RefutedError(f"{text}, but {self.shown()}")

    def shown(self) -> str:
        """The address and the text of the page."""
        text = ""
        with suppress(Error):
            text = " ".join(self.page.locator("main").inner_text(timeout=1000).split())
        return f"{self.page.url} has: {text[:SHOWN_CHARACTERS]}"

    def send(self) -> None:
        """Review what was filled in and do it, to the receipt."""
        self.click(self.page.locator("button[value=review]"))
        act = self.page.locator("button[value=act]")
        expect(act).to_be_visible()
        self.require_readable()
        self.click(act)
        expect(self.page.locator("h1")).to_have_text("已记入台账")
        self.require_readable()

    def require_readable(self) -> None:
        """Raise RefutedError where the page has a barrier, or scrolls sideways; by keyboard it is the same page."""
        if not self.manner.scripts or self.manner.by_keyboard:
            return
        faults: list[object] = [*barriers(self.page)]
        if self.page.evaluate(SIDEWAYS) > self.manner.viewport["width"]:
            faults.append("it scrolls sideways")
        self.require(not faults, f"a page has no barriers: {faults}")

    def _note(self, frame: Frame) -> None:
        if frame is self.page.main_frame and frame.url.startswith("http"):
            self.paths.append(urlsplit(frame.url).path)


@contextmanager
def visiting(browser: Browser, address: str, person: str, manner: Manner) -> Iterator[Visitor]:
    """A browser in which *person* has signed in on the sign-in page; nobody in particular where there is no name.

    Raises RefutedError, with what was on the page, where the visit ends otherwise than it should.
    """
    chosen: dict[str, Any] = {"java_script_enabled": manner.scripts, "viewport": manner.viewport}
    with browser.new_context(base_url=address, locale="zh-CN", **chosen) as context:
        context.set_default_timeout(ACTION_MILLISECONDS_MAX)
        visitor = Visitor(context.new_page(), manner)
        try:
            if person:
                visitor.page.goto("/sign-in")
                visitor.click(visitor.page.get_by_role("button", name=f"以 {person} 的身份试用"))
                expect(visitor.page.get_by_role("button", name="退出登录").first).to_be_attached()
                visitor.start()
            yield visitor
        except (AssertionError, Error) as failure:
            if isinstance(failure, RefutedError):
                raise
            who = person or "a visitor"
            raise RefutedError(f"{manner.name}, {who}: {failure}\n{visitor.shown()}") from failure
