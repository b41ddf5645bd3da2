"""Browsers and systems in words; nothing of the header itself is repeated (T41)."""

from __future__ import annotations

import pytest

from accounts.sessions.user_agents import browser_in_words

pytestmark = pytest.mark.once

CHROME = "Mozilla/5.0 ({system}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
WINDOWS, MAC, ANDROID = "Windows NT 10.0; Win64; x64", "Macintosh; Intel Mac OS X 10_15_7", "Linux; Android 14; K"
IOS = "Mozilla/5.0 ({device}; CPU OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        (CHROME.format(system=WINDOWS), "Chrome on Windows"),
        (CHROME.format(system=WINDOWS) + " Edg/140.0.0.0", "Edge on Windows"),
        (CHROME.format(system=MAC) + " OPR/120.0.0.0", "Opera on macOS"),
        (CHROME.format(system="X11; Linux x86_64") + " Vivaldi/7.5", "Vivaldi on Linux"),
        (CHROME.format(system="X11; CrOS x86_64 14541.0.0"), "Chrome on ChromeOS"),
        (CHROME.format(system=ANDROID), "Chrome on Android"),
        (
            "Mozilla/5.0 (Linux; Android 14) SamsungBrowser/28.0 Chrome/130.0.0.0 Safari/537.36",
            "Samsung Internet on Android",
        ),
        ("Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
        (
            f"Mozilla/5.0 ({MAC}) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15",
            "Safari on macOS",
        ),
        (IOS.format(device="iPhone") + "Version/18.0 Mobile/15E148 Safari/604.1", "Safari on iPhone"),
        (IOS.format(device="iPad") + "CriOS/140.0 Mobile/15E148 Safari/604.1", "Chrome on iPad"),
        (IOS.format(device="iPhone") + "FxiOS/140.0 Mobile/15E148 Safari/605.1.15", "Firefox on iPhone"),
        ("curl/8.5.0", "Unknown browser"),
        ("Something (Windows NT 10.0)", "Unknown browser on Windows"),
        ("Firefox/140.0", "Firefox"),
        ("", "Unknown browser"),
        ("<script>alert(1)</script>bot", "Unknown browser"),
    ],
)
def test_a_browser_is_called_what_its_person_calls_it(user_agent: str, words: str) -> None:
    assert browser_in_words(user_agent) == words
