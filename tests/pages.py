"""The pages of the built book, as files and in a browser: what several test files share."""

import re
from pathlib import Path
from typing import Any

from bs4 import BeautifulSoup, Tag

from tools import toc

NOTEBOOKS = {path.with_suffix("").as_posix() for path in toc.notebooks()}
SHOW_RESULTS = "localStorage.setItem('book-show-results', 'yes')"  # what guesses cover otherwise
WHOLE_CHAPTERS = "localStorage.setItem('book-whole-chapters', 'yes')"  # not page by page
AXE = Path(__file__).parent / "assets" / "axe-core" / "axe.min.js"


def is_foreign(address: str) -> bool:
    """Whether an address leads to another host."""
    return bool(re.match(r"\s*((https?|wss?|ftp):|//)", address, re.IGNORECASE))


class Page:
    """A page of the built book: its name (`chapters/x`), its file and its parsed text."""

    def __init__(self, folder: Path, file: Path) -> None:
        self.folder = folder
        self.file = file
        self.name = file.relative_to(folder).with_suffix("").as_posix()
        self.soup = BeautifulSoup(file.read_text(encoding="utf-8"), "html.parser")

    @property
    def article(self) -> Tag:
        """The page without its bars and menus."""
        return self.soup.select_one("article") or self.soup.select_one("main") or self.soup

    @property
    def is_notebook(self) -> bool:
        """Whether the page was a notebook."""
        return self.name in NOTEBOOKS


class Book:
    """A folder of built pages."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        files = sorted(folder.rglob("*.html"))
        own = [file for file in files if not file.relative_to(folder).parts[0].startswith("_")]
        self.pages = [Page(folder, file) for file in own]

    def __getitem__(self, name: str) -> Page:
        return next(page for page in self.pages if page.name == name)


class Visit:
    """A page opened from disk, with what it asked for and what it complained about."""

    def __init__(self, browser: Any, page: Page, query: str = "", covered: bool = False) -> None:
        self.context = browser.new_context(viewport={"width": 1280, "height": 900})
        self.context.add_init_script(WHOLE_CHAPTERS)
        if not covered:
            self.context.add_init_script(SHOW_RESULTS)
        self.tab = self.context.new_page()
        self.requests: list[str] = []
        self.errors: list[str] = []
        self.tab.on("request", lambda request: self.requests.append(request.url))
        self.tab.on("pageerror", lambda error: self.errors.append(str(error)))
        self.tab.on("console", self._note)
        self.tab.goto(page.file.as_uri() + query)
        self.tab.wait_for_load_state("networkidle")
        self.tab.evaluate("() => document.fonts.ready.then(() => null)")
        self.tab.evaluate("document.querySelectorAll('details').forEach(part => part.open = true)")
        self.start_figures()
        # A colour is measured when it has arrived, not on its way.
        self.tab.add_style_tag(
            content="* {transition: none !important; animation: none !important}"
        )

    def start_figures(self) -> None:
        """Come near every living figure, so that it starts."""
        for place in self.tab.locator(".live").all():
            place.scroll_into_view_if_needed()
            self.tab.wait_for_function(
                "place => place.classList.contains('live-on')", arg=place.element_handle()
            )
        self.tab.evaluate("window.scrollTo(0, 0)")

    def _note(self, message: Any) -> None:
        # A font may not be preloaded from disk; the style sheet loads it all the same.
        where = message.text + message.location.get("url", "")
        if message.type in ("error", "warning") and not re.search(r"file:\S+\.woff2", where):
            self.errors.append(message.text)

    def __enter__(self) -> "Visit":
        return self

    def __exit__(self, *_: object) -> None:
        self.context.close()

    @property
    def foreign(self) -> list[str]:
        """The requests that went to other hosts."""
        return [address for address in self.requests if is_foreign(address)]

    def look(self, width: int, scheme: str) -> None:
        """Make the window as wide as that, in pixels, and the device light or dark."""
        self.tab.set_viewport_size({"width": width, "height": 900})
        self.tab.emulate_media(color_scheme=scheme)
        self.tab.wait_for_timeout(300)

    def excess(self) -> int:
        """Return by how many pixels the page is wider than the window."""
        return self.tab.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )

    def violations(self, rules: tuple[str, ...] = ()) -> list[str]:
        """Return axe's complaints, by all its rules or by some."""
        if not self.tab.evaluate("'axe' in window"):
            self.tab.evaluate(AXE.read_text(encoding="utf-8"))
        # What passes is not reported in detail: on a page with many formulas that halves the time.
        options: dict[str, Any] = {"preload": False, "resultTypes": ["violations"]}
        if rules:
            options["runOnly"] = {"type": "rule", "values": list(rules)}
        check = "async (options) => (await axe.run(document, options)).violations"
        found = self.tab.evaluate(check, options)
        return [f"{rule['id']}: {node['html'][:150]}" for rule in found for node in rule["nodes"]]


def on_phone(browser: Any, page: Page, width: int = 390, **look: Any) -> Any:
    """Open a page on a phone, with nothing covered or on another page, at its running figure."""
    size = {"width": width, "height": 844}
    context = browser.new_context(viewport=size, has_touch=True, is_mobile=True, **look)
    for script in (SHOW_RESULTS, WHOLE_CHAPTERS):
        context.add_init_script(script)
    tab = context.new_page()
    tab.goto(page.file.as_uri())
    tab.locator(".live").scroll_into_view_if_needed()
    tab.wait_for_selector(".live-on")
    return tab
