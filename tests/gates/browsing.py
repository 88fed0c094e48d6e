"""A real browser with a simulated camera: what a person would see and tap, counted.

The camera stands in place of the phone's (`getUserMedia`): a canvas that shows a photo, or plays
what the liveness simulator renders for the challenge that was drawn. A request to another host, a
console error or a page error is written down, never swallowed.
"""

from __future__ import annotations

import base64
import os
import re
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ecard.demo.simulated_camera import SimulatedCamera

if TYPE_CHECKING:  # both are installed for the gates only
    from playwright.sync_api import Browser, BrowserContext, BrowserType, Locator, Page, Route

PHONE = {"width": 360, "height": 740}
SMALLEST = {"width": 320, "height": 640}
WAIT_MS = 60_000
TABS_MOST = 100
SCREENSHOTS = Path(__file__).resolve().parents[2] / "var" / "screenshots"
SIMULATED = (Path(__file__).parent / "simulated_camera.js").read_text(encoding="utf-8")
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
LOOKS = ["color-contrast", "target-size"]
DRESS = """wanted => {
  const worn = { ...document.documentElement.dataset };
  Object.assign(document.documentElement.dataset, wanted);
  return worn;
}"""
WIDER_THAN_THE_SCREEN = """() =>
  document.documentElement.scrollWidth > innerWidth ? ["wider than the screen"] : []
"""
UNFILLED = """() =>
  /\\{\\w+\\}/.test(document.body.innerText) ? ["a place for a name was not filled in"] : []
"""


@cache
def axe() -> str:
    """The program that looks at a page."""
    return (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's browser."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as tool, launched(tool.chromium) as browser:
        yield browser


@contextmanager
def launched(kind: BrowserType, *more: str) -> Iterator[Browser]:
    """A browser of this kind with flags of its own; as root it cannot have its own sandbox."""
    path = shutil.which("chromium")
    assert path, "chromium is missing: packaging/environment --gates installs it"
    flags = ["--no-sandbox", "--disable-dev-shm-usage", *more]
    browser = kind.launch(executable_path=path, args=flags)
    try:
        yield browser
    finally:
        browser.close()


@dataclass
class Phone:
    """One phone with the app open, and what went wrong on it."""

    page: Page
    address: str
    taps: int = 0
    troubles: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)
    violations: dict[str, list[str]] = field(default_factory=dict)
    looked_at: list[str] = field(default_factory=list)
    seconds_looking: float = 0.0
    home: str = "/app/"
    size: dict[str, int] = field(default_factory=lambda: dict(PHONE))
    keyboard: bool = False
    """Whether everything is done with the keyboard alone."""

    def open(self, path: str = "/") -> None:
        """The app at an address of its own."""
        self.page.goto(f"{self.address}{self.home}#{path}")
        self.page.locator("h1").first.wait_for()

    def tap(self, name: str, role: str = "button") -> None:
        """Tap what is called so; counts."""
        self.press(self.named(name, role))

    def press(self, target: Locator) -> None:
        """Tap something; counts. With the keyboard: go there with the tabulator, then Enter."""
        self.taps += 1
        if not self.keyboard:
            target.click()
            return
        self._tab_to(target)
        self.page.keyboard.press("Enter")

    def _tab_to(self, target: Locator) -> None:
        target.wait_for()
        for _ in range(TABS_MOST):
            if target.evaluate("one => one === document.activeElement"):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"the tabulator does not lead to {target}")

    def named(self, name: str, role: str = "button") -> Locator:
        return self.page.get_by_role(role, name=name, exact=True)  # type: ignore[arg-type]

    def write(self, label: str, text: str) -> None:
        """Fill a field in; counts as one."""
        self.taps += 1
        field = self.page.get_by_label(label, exact=True)
        if self.keyboard:
            self._tab_to(field)
            self.page.keyboard.type(text)
        else:
            field.fill(text)

    def choose(self, label: str) -> None:
        """Choose one of a few; counts as one."""
        self.taps += 1
        choice = self.page.get_by_label(label, exact=True)
        if not self.keyboard:
            choice.check(force=True)
            return
        choice.wait_for()
        first = self.page.locator(f"[name='{choice.get_attribute('name')}']").first
        self._tab_to(first)
        self.page.keyboard.press("Space")
        while not choice.is_checked():
            self.page.keyboard.press("ArrowDown")

    def give_file(self, selector: str, file: Path) -> None:
        """Give a file; the picker of the phone counts as one."""
        self.taps += 1
        self.page.locator(selector).set_input_files(file)

    def sees(self, heading: str) -> None:
        """The page of this heading is there; it is looked at, too."""
        self.page.get_by_role("heading", name=heading, exact=True, level=1).wait_for()
        self.look(heading)

    def look(self, name: str) -> None:
        """Ask axe about the page as it is, then about its colours and sizes in dark and large on
        the smallest screen, and keep both as they are seen; a page is asked once."""
        if name in self.looked_at:
            return
        self.looked_at.append(name)
        began = time.monotonic()
        wrong = self._wrong({"type": "tag", "values": WCAG}) + self.page.evaluate(UNFILLED)
        self._keep(name)
        before = self.page.evaluate(DRESS, {"theme": "dark", "text": "large"})
        self.page.set_viewport_size(SMALLEST)
        wrong += [f"dark, large: {one}" for one in self._wrong({"type": "rule", "values": LOOKS})]
        wrong += self.page.evaluate(WIDER_THAN_THE_SCREEN)
        self._keep(f"{name}, dark")
        self.page.evaluate(DRESS, before)
        self.page.set_viewport_size(self.size)  # type: ignore[arg-type]
        if wrong:
            self.violations[name] = wrong
        self.seconds_looking += time.monotonic() - began

    def _keep(self, name: str) -> None:
        """For whoever looks at them: public-domain portraits and drawn papers alone are seen."""
        played = os.environ["PYTEST_CURRENT_TEST"].rsplit(" (", 1)[0].removeprefix("tests/gates/")
        words = [re.sub(r"\W+", "-", one).strip("-") for one in (played, name)]
        file = f"{len(self.looked_at):03d}-{words[1]}.png"
        self.page.screenshot(path=SCREENSHOTS / words[0] / file, full_page=True)

    def _wrong(self, rules: dict[str, Any]) -> list[str]:
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(axe())
        options = {"runOnly": rules, "resultTypes": ["violations"]}
        found = self.page.evaluate("options => axe.run(document, options)", options)
        return [f"{one['id']}: {one['nodes'][0]['html']}" for one in found["violations"]]


@dataclass
class Speaker:
    """Somebody before a screen, who knows its words in a language."""

    phone: Phone
    words: dict[str, str]

    def say(self, key: str, **given: object) -> str:
        """The words of that language."""
        return self.words[key].format(**given)

    def heading(self, key: str, **given: object) -> None:
        self.phone.sees(self.say(key, **given))

    def tap(self, key: str, role: str = "button") -> None:
        self.phone.tap(self.say(key), role)


@contextmanager
def phone(
    browser: Browser,
    address: str,
    camera: Camera | None = None,
    looked_at: list[str] | None = None,
    **looks: Any,
) -> Iterator[Phone]:
    """A fresh phone: nothing of an earlier one is on it. Pages are looked at once in all."""
    settings = {"viewport": PHONE, "locale": "en-GB", "permissions": ["camera"], **looks}
    context = browser.new_context(**settings)
    context.set_default_timeout(WAIT_MS)
    page = context.new_page()
    held = Phone(page, address, looked_at=[] if looked_at is None else looked_at)
    _watch(page, held)
    if camera is not None:
        camera.stand_before(context)
    try:
        yield held
    finally:
        context.close()


def _watch(page: Page, held: Phone) -> None:
    page.on("pageerror", lambda error: held.troubles.append(str(error)))
    page.on(
        "console",
        lambda said: held.troubles.append(said.text) if said.type in ("error", "warning") else None,
    )

    def asked(url: str) -> None:
        if not url.startswith((held.address, "blob:", "data:")):
            held.elsewhere.append(url)

    page.on("request", lambda request: asked(request.url))


@dataclass
class Camera:
    """A camera before a photo, and before a simulated person as soon as a challenge was drawn."""

    photo: bytes
    person: Callable[[Any], Sequence[bytes]] | SimulatedCamera
    seconds_rendering: float = 0.0

    def stand_before(self, context: BrowserContext) -> None:
        """In place of every camera of this phone."""
        context.add_init_script(SIMULATED)
        context.expose_binding("cameraPhoto", lambda _source: _text(self.photo))
        context.route("**/challenges", self._drawn)

    def _drawn(self, route: Route) -> None:
        """A challenge arrives: what the simulated person does for it is rendered meanwhile."""
        response = route.fetch()
        if response.status == 201:
            challenge = response.json()
            began = time.monotonic()
            frames = [_text(frame) for frame in self.person(challenge)]
            self.seconds_rendering += time.monotonic() - began
            route.request.frame.evaluate("frames => simulatedCamera.play(frames)", frames)
        route.fulfill(response=response)


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()
