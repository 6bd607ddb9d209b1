"""The browser and the system that a `User-Agent` header names, so that people recognise their sessions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from api.html.page import PageContext

# The first that matches: the header of most browsers also names those that they want to be taken for.
BROWSERS: Final[Sequence[tuple[str, str]]] = (
    ("wechat", r"MicroMessenger/"),
    ("dingtalk", r"DingTalk"),
    ("alipay", r"AlipayClient/"),
    ("qq", r"M?QQBrowser/"),
    ("qihoo", r"\b360SE\b|\b360EE\b|QihooBrowser|QHBrowser"),
    ("sogou", r"MetaSr|SogouMobileBrowser"),
    ("uc", r"UCBrowser/|UBrowser/"),
    ("huawei", r"HuaweiBrowser/"),
    ("xiaomi", r"MiuiBrowser/"),
    ("oppo", r"HeyTapBrowser/"),
    ("vivo", r"VivoBrowser/"),
    ("samsung", r"SamsungBrowser/"),
    ("edge", r"\bEdg(?:e|A|iOS)?/"),
    ("opera", r"\bOPR/|\bOpera\b"),
    ("vivaldi", r"Vivaldi/"),
    ("firefox", r"Firefox/|FxiOS/"),
    ("chrome", r"Chrome/|CriOS/|Chromium/"),
    ("safari", r"Version/[\d.]+.* Safari/"),
    ("explorer", r"MSIE |Trident/"),
)
SYSTEMS: Final[Sequence[tuple[str, str]]] = (
    ("harmony", r"OpenHarmony|HarmonyOS"),
    ("iphone", r"\biPhone\b"),
    ("ipad", r"\biPad\b"),
    ("android", r"\bAndroid\b"),
    ("windows", r"\bWindows\b"),
    ("chromeos", r"\bCrOS\b"),
    ("uos", r"\bUOS\b"),
    ("kylin", r"\bKylin\b"),
    ("macos", r"\bMacintosh\b|Mac OS X"),
    ("linux", r"\bLinux\b|\bX11\b"),
)


def browser_name(page: PageContext, header: str) -> str:
    """What the browser behind *header* is called, and on which system; *header* itself where it names neither."""
    browser = page.words["browser_title"](_first(BROWSERS, header))
    system = page.words["browser_system"](_first(SYSTEMS, header))
    if browser and system:
        return page.words["account"]("browser_on").format(browser=browser, system=system)
    return browser or system or header


def _first(patterns: Sequence[tuple[str, str]], header: str) -> str:
    """The key of the first pattern that *header* has; empty for none."""
    return next((key for key, pattern in patterns if re.search(pattern, header)), "")
