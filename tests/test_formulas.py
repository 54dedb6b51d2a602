"""Formulas are in the pages as MathML, all of them, and need no script to be read."""

import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from fontTools.ttLib import TTFont
from pages import WHOLE_CHAPTERS, Book, Page
from PIL import Image
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace

from tools import toc

sys.path.insert(0, str(toc.ROOT / "_ext"))
import formulas

LARGEST_FONT = 60_000  # bytes; as it lies in _assets, for formulas not yet written, it has 90,000
PHONE = {"width": 390, "height": 844}
HARD = [
    r"\begin{aligned} a &= b \\ &= \tfrac12 c \end{aligned}",
    r"x = \begin{cases} 1 & \text{with probability } p \\ 0 & \text{otherwise} \end{cases}",
    r"\underbrace{\mathbb E_q[\log p(x \mid z)]}_{\text{likely codes}} \ge 0",
    r"\operatorname{diag}(v) + \mathrm{KL}(q \,\Vert\, p)",
    r"\boldsymbol{\mu} + \boldsymbol\Sigma + \mathbf x + \mathcal N(0, I) + \mathbb R^{k \times d}",
    r"\hat x + \tilde D + \bar h + \hat\rho_j",
    r"\sum_{i=1}^n \int_0^\infty \prod_j \frac{\partial f}{\partial x}\, dx",
    r"\Big[ \log \big( \lVert J_f(x) \rVert_F^2 \big) \Big]^{-1}",
    r"\left( \frac ab \right)^\top, \qquad \sqrt[3]{x} \Longrightarrow y \quad z \; u \! v",
    r"f'(z) + S'^{-1} + \|w\| + \langle a, b \rangle + \max(0, a) + \dots",
]
UNKNOWN = [r"\notacommand", r"\notacommand{x} + 1", r"\KL(q)", r"\begin{nothing}x\end{nothing}"]
BROKEN = [r"\frac{1", r"x^", r"\left( x", r"{x", r"\begin{cases} x"]


def tags(markup: str) -> list[str]:
    """Return the names of a formula's elements, in order."""
    return re.findall(r"<(\w+)", markup)


# What becomes of a formula


@pytest.mark.parametrize("tex", HARD)
@pytest.mark.parametrize("display", [False, True])
def test_what_the_chapters_write_is_mathml(tex: str, display: bool) -> None:
    made = formulas.mathml(tex, display)
    assert tags(made)[0] == "math"
    assert ('display="block"' in made) == display
    assert not re.search(r"[\\$]|merror|color|mathvariant", made)


@pytest.mark.parametrize("tex", UNKNOWN + BROKEN)
def test_what_is_no_formula_is_refused(tex: str) -> None:
    with pytest.raises(ValueError, match="cannot be shown: ") as caught:
        formulas.mathml(tex, display=True)
    assert repr(tex) in str(caught.value)


def test_the_name_of_a_function_is_parted_from_its_argument() -> None:
    assert '<mo lspace="0.1667em">\u2061</mo>' in formulas.mathml(r"\log x", display=False)


def test_a_bracket_that_opens_is_followed_by_no_space() -> None:
    assert tags(formulas.mathml(r"\Big[\log x", display=False))[:3] == ["math", "mo", "mrow"]


def test_a_big_bracket_with_an_exponent_keeps_its_size() -> None:
    made = formulas.mathml(r"\big(x\big)^2", display=False)
    assert re.search(r'<msup><mrow><mo minsize="[^>]*>\)</mo></mrow><mn>2</mn></msup>', made)


@pytest.mark.parametrize(
    ("tex", "expected"),
    [
        ("f'", '<mrow><mi>f</mi><mo lspace="0" rspace="0">′</mo></mrow>'),
        ("f'^2", '<msup><mrow><mi>f</mi><mo lspace="0" rspace="0">′</mo></mrow><mrow><mn>2</mn>'),
        ("f^2", "<msup><mi>f</mi><mn>2</mn></msup>"),
    ],
)
def test_a_prime_stands_beside_its_letter(tex: str, expected: str) -> None:
    assert expected in formulas.mathml(tex, display=False)


def test_a_formula_of_several_lines_has_rows() -> None:
    assert tags(formulas.mathml("a \\\\ b", display=True)).count("mtr") == 2
    assert tags(formulas.mathml("a\n\nb\n\nc", display=True)).count("mtr") == 3
    assert tags(formulas.mathml(HARD[0], display=True)).count("mtable") == 1


def test_signs_of_html_stay_signs() -> None:
    root = BeautifulSoup(formulas.mathml(r"a < b \& c > d", display=False), "html.parser")
    assert root.get_text() == "a<b&c>d"


def test_a_letter_has_its_slanted_sign() -> None:
    assert [formulas.italic(one) for one in "aZhαΩ1∂∇("] == [*"𝑎𝑍ℎ𝛼𝛺1𝜕𝛻("]
    assert formulas.characters(["<p>q</p><math><mi>x</mi></math>"]) == {"x", "𝑥"}


# A small book


class Small:
    """A book of one page."""

    def __init__(self, folder: Path, text: str) -> None:
        (folder / "index.md").write_text(text, encoding="utf-8")
        settings = {
            "extensions": ["myst_parser", "formulas"],
            "myst_enable_extensions": ["dollarmath", "amsmath"],
            "myst_update_mathjax": False,
            "html_math_renderer": "mathml",
            "html_theme": "basic",
        }
        told = io.StringIO()
        out = folder / "out"
        with docutils_namespace():
            app = Sphinx(folder, None, out, out / "trees", "html", settings, io.StringIO(), told)
            app.build()
        self.told = told.getvalue()
        page = (out / "index.html").read_text(encoding="utf-8")
        self.soup = BeautifulSoup(page, "html.parser")


def test_a_formula_that_cannot_be_shown_names_its_page(tmp_path: Path) -> None:
    small = Small(tmp_path, "# Title\n\nGood: $x$.\n\nBad: $\\notacommand$.\n")
    assert re.search(r"index\.md:5: WARNING: the formula .*notacommand.* cannot be", small.told)
    assert len(small.soup.find_all("math")) == 1
    assert small.soup.select_one(".math code").get_text() == r"\notacommand"


def test_a_full_stop_stays_with_its_formula(tmp_path: Path) -> None:
    small = Small(tmp_path, "# Title\n\nFor $x$, and $y$).\nThen $z$ and more.\n")
    kept = [one.get_text() for one in small.soup.select(".book-together")]
    assert kept == ["x,", "y)."]
    assert small.soup.p.get_text() == "For x, and y).\nThen z and more."


def test_a_full_stop_is_taken_from_behind_its_own_formula(tmp_path: Path) -> None:
    small = Small(tmp_path, "# Title\n\nThey are *white*. So $x = 1$. And `y`, $y$, or $z$.\n")
    assert small.soup.p.get_text() == "They are white. So x=1. And y, y, or z."


@pytest.mark.parametrize(
    "text",
    [
        "$$x = 1$$ (one)\n\nSee {eq}`one`.",
        "```{math}\n:label: one\nx = 1\n```\n\nSee {eq}`one`.",
        "\\begin{equation}\nx = 1\n\\end{equation}\n\n$$y$$ (one)\n\nSee {eq}`one`.",
    ],
)
def test_numbers_of_formulas_lead_to_them(tmp_path: Path, text: str) -> None:
    small = Small(tmp_path, f"# Title\n\n{text}\n")
    assert small.told == ""
    link = small.soup.select_one("p a.reference")
    place = small.soup.find(id=link["href"].removeprefix("#"))
    assert place.select_one(".eqno").get_text().startswith(link.get_text())
    assert place.select_one("math") is not None
    numbers = re.findall(r"\(\d\)", "".join(one.get_text() for one in small.soup.select(".math")))
    assert len(numbers) == len(set(numbers))


# The book


def wrong_formulas(page: Page) -> list[str]:
    """Return the formulas of a page that are not MathML, or show an error or TeX."""
    complaints = []
    for place in page.soup.select(".math"):
        formula = place.find("math")
        if formula is None:
            complaints.append(f"{page.name}: {place.get_text()[:60]!r} is no MathML")
        elif place.find(["merror", "code"]) or re.search(r"[\\$]", place.get_text()):
            complaints.append(f"{page.name}: {place.get_text()[:60]!r} is an error")
        elif not formula.get_text(strip=True):
            complaints.append(f"{page.name}: a formula is empty")
    return complaints


_TEX = re.compile(r"\\[a-zA-Z]{2,}|\\[()\[\]{},;|]|\$\$|(?<![\w$])\$[^\s$][^$\n]{0,80}\$(?!\w)")
_CODE = re.compile(r"<(pre|code|script|style|iframe|dt)\b.*?</\1>", re.DOTALL)


def raw_tex(page: Page) -> list[str]:
    """Return the TeX that a reader would see: in the text, in bars, and in what is read aloud."""
    seen = _CODE.sub("", page.file.read_text(encoding="utf-8"))
    return [f"{page.name}: {found[0]}" for found in _TEX.finditer(seen)]


def remnants(page: Page) -> list[str]:
    """Return what a page keeps of a script that sets formulas."""
    found = re.findall(r"(?i)mathjax\S*|mjx-\S*|tex2jax\S*|katex\S*", str(page.soup))
    return [f"{page.name}: {one}" for one in found]


def test_every_formula_of_the_book_is_mathml(book: Book) -> None:
    assert [complaint for page in book.pages for complaint in wrong_formulas(page)] == []
    assert len(book["chapters/elbo"].soup.select(".math > math")) > 200


def test_no_page_shows_tex(book: Book) -> None:
    assert [complaint for page in book.pages for complaint in raw_tex(page)] == []


def test_nothing_is_left_of_a_script_that_sets_formulas(book: Book) -> None:
    assert [complaint for page in book.pages for complaint in remnants(page)] == []
    static = book.folder / "_static"
    assert [file for file in static.rglob("*") if "mathjax" in file.name.lower()] == []


@pytest.mark.parametrize(
    ("check", "text"),
    [
        (wrong_formulas, '<span class="math">\\(x\\)</span>'),
        (wrong_formulas, '<span class="math"><code>\\notacommand</code></span>'),
        (wrong_formulas, '<span class="math"><math><merror>x</merror></math></span>'),
        (wrong_formulas, '<span class="math"><math><mtext>\\notacommand</mtext></math></span>'),
        (wrong_formulas, '<div class="math"><math></math></div>'),
        (raw_tex, "<p>with $x_1$ in it</p>"),
        (raw_tex, "<p>with \\(x\\) in it</p>"),
        (raw_tex, "<nav><a>The slope \\nabla</a></nav>"),
        (raw_tex, '<img alt="A curve of $x$.">'),
        (remnants, '<section class="tex2jax_ignore"></section>'),
        (remnants, '<script src="_static/mathjax/tex-svg-full.js"></script>'),
    ],
)
def test_what_is_wrong_is_found(tmp_path: Path, check: Any, text: str) -> None:
    file = tmp_path / "page.html"
    good = "<p>It costs $5, or <code>$x$</code>: <span class='math'><math><mi>x</mi></math></span>"
    file.write_text(f"<html><body>{good}</body></html>", encoding="utf-8")
    assert check(Page(tmp_path, file)) == []
    file.write_text(f"<html><body>{good}{text}</body></html>", encoding="utf-8")
    assert check(Page(tmp_path, file)) != []


# The font


def test_the_font_has_every_character_of_the_formulas(book: Book) -> None:
    font = book.folder / "_static" / formulas.FONT
    used = formulas.characters([str(page.soup) for page in book.pages])
    known = {chr(code) for code in TTFont(font).getBestCmap()}
    # Spaces, the invisible signs of a function and of a pair, and the choice of a script's form.
    unseen = set("\n \u2061\u2063\ufe00")
    upright = {one for one in used if formulas.italic(one) != one}  # drawn by their slanted signs
    assert used - known - unseen - upright == set()
    assert font.stat().st_size <= LARGEST_FONT
    assert "SIL OPEN FONT LICENSE" in (font.parent / "OFL.txt").read_text(encoding="utf-8")


def test_the_smaller_font_still_stretches(book: Book) -> None:
    variants = TTFont(book.folder / "_static" / formulas.FONT)["MATH"].table.MathVariants
    assert variants.VertGlyphCoverage.glyphs
    assert variants.HorizGlyphCoverage.glyphs


# The pages in a browser that runs no script


@pytest.fixture
def phone(browser: Any) -> Iterator[Any]:
    """A phone without scripts."""
    context = browser.new_context(viewport=PHONE, java_script_enabled=False)
    tab = context.new_page()
    tab.requested = []
    tab.on("request", lambda request: tab.requested.append(request.url))
    yield tab
    context.close()


def opened(tab: Any, page: Page) -> Any:
    """Open a page, all of it; return the tab when its fonts are there."""
    tab.add_init_script(WHOLE_CHAPTERS)
    tab.goto(page.file.as_uri())
    tab.wait_for_load_state("networkidle")
    tab.evaluate("() => document.fonts.ready.then(() => null)")
    return tab


def test_without_scripts_every_formula_is_there_and_no_page_is_wider(
    book: Book, phone: Any
) -> None:
    for page in book.pages:
        tab = opened(phone, page)
        excess = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert tab.evaluate(excess) <= 0, page.name
        unseen = """() => [...document.querySelectorAll("math")].filter(one =>
            one.checkVisibility() && !(one.getBoundingClientRect().width > 2))
            .map(one => one.textContent)"""
        assert tab.evaluate(unseen) == [], page.name
        # Without the sign in the font, a root is as wide as what stands under it.
        bare = """() => [...document.querySelectorAll("msqrt")].filter(one => {
            const inner = [...one.children].map(child => child.getBoundingClientRect());
            const left = Math.min(...inner.map(box => box.left));
            return one.checkVisibility() && left - one.getBoundingClientRect().left < 3;
        }).map(one => one.textContent)"""
        assert tab.evaluate(bare) == [], page.name


def test_only_pages_with_formulas_load_the_font(book: Book, phone: Any) -> None:
    for name in ("index", "how_to_use", "notation", "chapters/elbo"):
        phone.requested.clear()
        tab = opened(phone, book[name])
        loaded = any(url.endswith(formulas.FONT.name) for url in tab.requested)
        assert loaded == bool(book[name].soup.find("math")), name


def strip(box: Any, side: str) -> bool:
    """Whether a box has a shadow at a side, a little below its upper edge."""
    picture = Image.open(io.BytesIO(box.screenshot())).convert("L")
    columns = range(2, 8) if side == "left" else range(picture.width - 8, picture.width - 2)
    shades = [picture.getpixel((column, 3)) for column in columns]
    return max(shades) - min(shades) > 10


def test_a_wide_formula_scrolls_and_a_shadow_says_so(book: Book, phone: Any) -> None:
    tab = opened(phone, book["chapters/elbo"])
    wide = [
        box
        for box in tab.locator(".bd-article div.math").all()
        if box.evaluate("box => box.scrollWidth > box.clientWidth + 40")
    ]
    assert wide
    for box in wide:
        assert (strip(box, "left"), strip(box, "right")) == (False, True)
        box.evaluate("box => box.scrollLeft = 9999")
        assert (strip(box, "left"), strip(box, "right")) == (True, False)


def test_a_formula_in_a_line_stands_on_its_baseline(book: Book, phone: Any) -> None:
    tab = opened(phone, book["chapters/elbo"])
    differences = tab.evaluate("""() => [...document.querySelectorAll("p span.math")]
      .filter(one => one.textContent === "x" && one.checkVisibility()).map(one => {
        const mark = document.createElement("span");
        mark.style.cssText = "display: inline-block; width: 0; height: 0";
        one.after(mark);
        const base = mark.getBoundingClientRect().bottom;
        return Math.abs(one.querySelector("mi").getBoundingClientRect().bottom - base);
      })""")
    assert len(differences) > 5
    assert max(differences) <= 2


def test_a_brace_is_as_wide_as_what_it_embraces(book: Book, browser: Any) -> None:
    tab = opened(browser.new_page(viewport={"width": 1280, "height": 900}), book["chapters/elbo"])
    braces = [one for one in tab.locator("munder").all() if one.text_content()[-1:] == "⏟"]
    for brace in braces:
        picture = Image.open(io.BytesIO(brace.screenshot())).convert("L")
        below = picture.crop((0, round(picture.height * 0.75), picture.width, picture.height))
        left, _, right, _ = below.point(lambda shade: 255 * (shade < 160)).getbbox()
        assert right - left > 0.9 * picture.width
    tab.context.close()
    assert len(braces) > 3


def test_the_keyboard_reaches_a_wide_formula(book: Book, browser: Any) -> None:
    tab = opened(browser.new_page(viewport=PHONE), book["chapters/elbo"])
    tab.wait_for_function("document.querySelector('div.math[tabindex]') !== null")
    wrong = tab.evaluate("""() => [...document.querySelectorAll(".bd-article .math")]
      .filter(one => one.clientWidth &&
        (one.scrollWidth > one.clientWidth + 1) !== one.hasAttribute("tabindex"))
      .map(one => one.textContent)""")
    tab.close()
    assert wrong == []


def test_formulas_have_the_colour_of_the_text(book: Book, browser: Any) -> None:
    tab = browser.new_page(color_scheme="dark")
    opened(tab, book["notation"])
    tab.wait_for_function("document.documentElement.dataset.theme === 'dark'")
    colour = "one => getComputedStyle(one).color"
    formula = tab.locator("article td math").first
    assert formula.evaluate(colour) == tab.locator("article td").first.evaluate(colour)
    tab.close()
