"""What comes over the line to a page, and a slow phone on a slow one."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page

SLOW_3G = {"offline": False, "latency": 400, "downloadThroughput": 50_000, "uploadThroughput": 50_000}


class Wire:
    """Counts what a page gets from here on."""

    def __init__(self, page: Page) -> None:
        self._methods: dict[str, str] = {}
        self._urls: dict[str, str] = {}
        self._bytes: dict[str, int] = {}

        def sent(event: dict[str, Any]) -> None:
            self._methods[event["requestId"]] = event["request"]["method"]
            self._urls[event["requestId"]] = event["request"]["url"]

        def finished(event: dict[str, Any]) -> None:
            self._bytes[event["requestId"]] = int(event["encodedDataLength"])

        self._session = page.context.new_cdp_session(page)
        self._session.send("Network.enable")
        self._session.on("Network.requestWillBeSent", sent)
        self._session.on("Network.loadingFinished", finished)

    def slow(self) -> None:
        """Slow the page to 400 kbit/s, 400 ms and a quarter of the processor."""
        self._session.send("Network.emulateNetworkConditions", SLOW_3G)
        self._session.send("Emulation.setCPUThrottlingRate", {"rate": 4})

    def bytes(self, method: str = "", server: str = "") -> list[int]:
        """The bytes of each answer that has come so far, headers included: of a method and a server, or of all."""
        return [
            size
            for request, size in self._bytes.items()
            if method in ("", self._methods[request]) and self._urls[request].startswith(server)
        ]
