"""Sphinx extension: pages of HTML without what they do not need.

After the build it takes from every page the scripts that the theme loads for nothing (drawn icons
beside an icon font, the search's index on pages that do not search), moves the other scripts behind
the text, gives every picture its size, and leaves in the icon fonts and their style sheet only the
icons that some page shows. The theme's script measures and changes one code cell after the other,
folded ones as well, and each time the browser lays out the page, or the fold: here it measures all
that are in sight before it changes any, and book.js measures what a reader unfolds. And a first
visit begins in the colours of the system, not in none until the theme's script has come.
"""

import re
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont
from PIL import Image
from sphinx.application import Sphinx

SCRIPT = re.compile(r"[ \t]*<script\b([^>]*)>(.*?)</script>\n?", re.DOTALL)
PICTURE = re.compile(r"<img\b[^>]*>")
ICON_RULE = re.compile(r'((?:\.fa-[\w-]+:+before,?)+)\{content:"\\([0-9a-f]+)"\}')
SEARCH_ONLY = (
    "searchtools.js",
    "language_data.js",
    "searchindex.js",
    "sections.js",
    "book_search.js",
)
UNUSED = (
    "vendor/*/webfonts/*.woff2",
    "vendor/*/webfonts/*.ttf",
    "scripts/fontawesome.js",
    "*/*.map",
)
MEASURED = "e.scrollWidth>e.clientWidth||e.scrollHeight>e.clientHeight?0:-1"
ONE_BY_ONE = f".forEach(e=>{{e.tabIndex={MEASURED}}})"
TOGETHER = (
    f".forEach((_,k,all)=>{{k||Array.from(all,e=>e.checkVisibility&&!e.checkVisibility()?-1:{MEASURED})"
    ".forEach((index,i)=>{all[i].tabIndex=index})})"
)
STORED = 'dataset.theme = localStorage.getItem("theme") || "auto";'
SYSTEM = (
    'dataset.theme = /light|dark/.exec(localStorage.getItem("mode")) || '
    '(matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");'
)
IN_HEAD = ("data-cfasync", "application/ld+json")  # sets the colour mode before anything is drawn


def lighten(html: str, page: Path) -> str:
    """Return a page's HTML without what it does not need.

    Args:
        html: the page as it was built.
        page: its file, beside which its pictures are looked for.
    """
    head, end, body = html.replace(STORED, SYSTEM).partition("</head>")
    moved: dict[str, None] = {}
    searches = page.name == "search.html"

    def needed(attributes: str) -> bool:
        if "scripts/fontawesome.js" in attributes:
            return False
        return searches or not any(name in attributes for name in SEARCH_ONLY)

    def move(match: re.Match) -> str:
        attributes, text = match.groups()
        if any(word in attributes for word in IN_HEAD):
            return match[0]
        if needed(attributes):
            moved[f"<script{attributes}>{text}</script>\n"] = None
        return ""

    head = SCRIPT.sub(move, head)
    start, close, rest = body.rpartition("</body>")
    start = sized(start, page)
    return head + end + start + "".join(moved) + close + rest


def sized(html: str, page: Path) -> str:
    """Give each picture of a page its size; all but the first load when they are near."""
    seen = 0

    def with_size(match: re.Match) -> str:
        nonlocal seen
        tag = match[0]
        source = re.search(r'\bsrc="([^"]+)"', tag)
        file = (page.parent / source[1].split("?")[0]).resolve() if source else page
        if file.suffix not in (".png", ".jpg", ".webp") or not file.is_file():
            return tag
        seen += 1
        added = ""
        if not re.search(r"\b(width|height)=", tag):
            width, height = Image.open(file).size
            added += f' width="{width}" height="{height}"'
        if seen > 1 and "loading=" not in tag:
            added += ' loading="lazy" decoding="async"'
        return re.sub(r"\s*/?>$", f"{added}>", tag)

    return PICTURE.sub(with_size, html)


def used_icons(texts: list[str]) -> set[str]:
    """Return the names of icons, as in fa-bars, that occur in texts."""
    return {name for text in texts for name in re.findall(r"\bfa-[a-z0-9-]+", text)}


def without_icons(css: str, used: set[str]) -> tuple[str, set[int]]:
    """Take the rules of unused icons from a style sheet; return it and the characters left."""

    def keep(match: re.Match) -> str:
        names = re.findall(r"\.(fa-[\w-]+)", match[1])
        return match[0] if used.intersection(names) else ""

    css = ICON_RULE.sub(keep, css)
    return css, {int(code, 16) for code in re.findall(r"\\([ef][0-9a-f]{3})\b", css)}


def shrink_fonts(css: str, folder: Path, characters: set[int]) -> str:
    """Write each icon font with these characters only; return the style sheet that loads them.

    Args:
        css: the style sheet whose @font-face rules name the fonts.
        folder: where it is.
        characters: code points.
    """

    def smaller(match: re.Match) -> str:
        whole = folder / match[1]
        small = whole.with_suffix(".woff")
        font = TTFont(whole)
        options = subset.Options(flavor="woff", layout_features=[], notdef_outline=True)
        chosen = subset.Subsetter(options)
        chosen.populate(unicodes=characters)
        chosen.subset(font)
        font.flavor = "woff"
        font.save(small)
        return f'src:url({match[1].removesuffix("ttf")}woff) format("woff")'

    source = r'src:url\([^)]*\.woff2\) format\("woff2"\),url\(([^)]*\.ttf)\) format\("truetype"\)'
    return re.sub(source, smaller, css)


def finish(app: Sphinx, exception: Exception | None) -> None:
    """Lighten all pages of a build."""
    if exception is not None or app.builder.format != "html":
        return
    out = Path(app.outdir)
    pages = [page for page in out.rglob("*.html") if "_static" not in page.parts]
    texts = []
    for page in pages:
        html = page.read_text(encoding="utf-8")
        lighter = lighten(html, page)
        if lighter != html:
            page.write_text(lighter, encoding="utf-8", newline="\n")
        texts.append(lighter)
    static = out / "_static"
    theme = static / "scripts" / "pydata-sphinx-theme.js"
    if theme.is_file():
        script = theme.read_text(encoding="utf-8").replace(ONE_BY_ONE, TOGETHER)
        theme.write_text(script, encoding="utf-8", newline="\n")
    for own in (static / "book.js", static / "book.css"):
        if own.is_file():
            texts.append(own.read_text(encoding="utf-8"))
    sheet = static / "styles" / "pydata-sphinx-theme.css"
    if sheet.is_file():
        css, characters = without_icons(sheet.read_text(encoding="utf-8"), used_icons(texts))
        sheet.write_text(shrink_fonts(css, sheet.parent, characters), encoding="utf-8")
        for pattern in UNUSED:
            for file in static.glob(pattern):
                file.unlink()


def setup(app: Sphinx) -> dict:
    """Register the extension."""
    app.connect("build-finished", finish, priority=900)  # after those that copy or write files
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
