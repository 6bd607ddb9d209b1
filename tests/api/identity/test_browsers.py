"""What a session's browser is called, in both languages."""

from __future__ import annotations

import pytest

from api.html.page import PageAddress, PageContext
from api.identity.browsers import browser_name

MOZILLA = "Mozilla/5.0"
KIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
WINDOWS = f"{MOZILLA} (Windows NT 10.0; Win64; x64) {KIT} Chrome/131.0.0.0 Safari/537.36"
MAC = f"{MOZILLA} (Macintosh; Intel Mac OS X 10_15_7)"
IPHONE = f"{MOZILLA} (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"


@pytest.mark.parametrize(
    ("header", "zh", "en"),
    [
        (WINDOWS, "Chrome（Windows）", "Chrome on Windows"),
        (f"{WINDOWS} Edg/131.0.0.0", "Edge（Windows）", "Edge on Windows"),
        (f"{WINDOWS} 360SE", "360 浏览器（Windows）", "360 Browser on Windows"),
        (f"{WINDOWS} OPR/116.0.0.0", "Opera（Windows）", "Opera on Windows"),
        (f"{MAC} AppleWebKit/605.1.15 Version/18.1 Safari/605.1.15", "Safari（macOS）", "Safari on macOS"),
        (
            f"{MOZILLA} (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0",
            "Firefox（Linux）",
            "Firefox on Linux",
        ),
        (f"{IPHONE} Mobile/15E148 MicroMessenger/8.0.53", "微信（iPhone）", "WeChat on iPhone"),
        (f"{IPHONE} CriOS/131.0 Mobile/15E148 Safari/604.1", "Chrome（iPhone）", "Chrome on iPhone"),
        (
            f"{MOZILLA} (Phone; OpenHarmony 5.0) {KIT} Chrome/114.0.0.0 Safari/537.36 HuaweiBrowser/5.1",
            "华为浏览器（鸿蒙）",
            "Huawei Browser on HarmonyOS",
        ),
        (
            f"{MOZILLA} (Windows NT 10.0; Trident/7.0; rv:11.0)",
            "Internet Explorer（Windows）",
            "Internet Explorer on Windows",
        ),
        (f"{MOZILLA} (Linux; Android 14; Pixel 8)", "安卓", "Android"),
        ("curl/8.5.0", "curl/8.5.0", "curl/8.5.0"),
        ("", "", ""),
    ],
)
def test_browsers_have_their_names(header: str, zh: str, en: str) -> None:
    for lang, name in (("zh", zh), ("en", en)):
        assert browser_name(PageContext(PageAddress(query={"lang": lang})), header) == name
