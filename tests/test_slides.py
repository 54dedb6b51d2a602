"""Slides of the chapters: what the rules pick, and that every slide fits, offline and on paper."""

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import nbformat
import pytest
from bs4 import BeautifulSoup
from docutils import nodes
from docutils.core import publish_doctree
from myst_nb.docutils_ import Parser
from test_front import extension

from tools import toc
from tools.slides import __main__ as command
from tools.slides.pick import Column, columns
from tools.slides.words import plain, sentences

CHAPTERS = ["chapters/score_matching", "chapters/ordering_and_judging"]
SMALLEST = 0.7  # of the usual size of letters
CLAIM = """<div class="cell tag_hide-input"><details class="hide"><pre>claim(…)</pre></details>
<div class="cell_output"><div class="claim"><span class="claim-sentence">{}</span>
<span class="claim-numbers">(measured 2.5, must be above 2, five seeds 2.4 to 2.6)</span>
</div></div></div>"""
CODE = """<div class="cell {}"><div class="cell_input"><div class="highlight-x"><pre>{}</pre>
</div></div></div>"""
FIGURE = """<div class="cell"><div class="cell_output"><figure><img src="a.png">
<figcaption>What to see.</figcaption></figure></div></div>"""
PAGE = f"""<article><section id="t"><h1>2. Title<a class="headerlink">#</a></h1><p>Words.</p>
<section id="s"><h2>2.1. How?</h2>
<p>The first (<a href="x">Li et al. 2008</a>). The second. The third is
<strong>bold</strong>. No.</p>
<p>This leads to it:</p><div class="math">\\[x\\]</div>
{FIGURE}
<p>Some words. Before you look: which is ahead? By how much?</p>
{CLAIM.format("one is ahead")}
{CODE.format("", "def f(x):&#10;    y = x&#10;    return y")}
{CODE.format("", "x = 1&#10;y = 2&#10;z = 3")}
{CODE.format("tag_hide-cell", "def solution():&#10;    pass&#10;    pass")}
</section>
<section id="check-yourself"><h2>Check yourself</h2><p><strong>1.</strong> Which?</p>
<details><summary>This</summary><p>Not quite: no.</p></details>
<details><summary>That</summary><p>Right: because.</p></details></section>
<section id="further-reading"><h2>Further reading</h2><p>A book.</p></section>
</section></article>"""


def picked(html: str) -> list[Column]:
    """Return the slides of a page."""
    return columns(BeautifulSoup(html, "html.parser").article)


def shown(column: Column) -> list[tuple[str, str]]:
    """Return kind and words of each slide."""
    return [(one.kind, " | ".join(map(plain, one.parts))) for one in column]


def test_the_rules_pick_what_a_lecturer_shows() -> None:
    title, section, questions = picked(PAGE)
    assert plain(title[0].title) == "2. Title" and [one.kind for one in title] == ["title"]
    assert shown(section) == [
        (
            "words",
            "The first (Li et al. 2008). | The second. | The third is bold. | "
            "This leads to it: | \\[x\\]",
        ),
        ("figure", "What to see."),
        ("vote", "Some words. | Before you look: which is ahead? By how much?"),
        ("code", "def f(x): y = x return y"),
        ("claims", "one is ahead measured 2.5, five seeds 2.4 to 2.6"),
    ]
    assert "No." in plain(section[0].notes[0]) and "must be above 2" in plain(section[4].notes[0])
    assert shown(questions) == [("question", "1. Which? | ThisThat | B. Right: because.")]
    assert "fragment" in questions[0].parts[2]["class"]
    assert [plain(one) for one in questions[0].notes] == ["This", "Not quite: no."]


@pytest.mark.parametrize(
    ("wish", "kinds"),
    [
        ("skip", "words vote code claims"),
        ("notes", "words vote code claims"),
        ("slide", "words words vote code claims"),
        ("fragment", "words vote code claims"),
    ],
)
def test_the_metadata_of_a_cell_overrules_them(wish: str, kinds: str) -> None:
    html = PAGE.replace(FIGURE, FIGURE.replace('"cell"', f'"cell slide_{wish}"'))
    section = picked(html)[1]
    assert " ".join(one.kind for one in section) == kinds
    places = {"skip": [], "notes": [section[0].notes], "slide": [section[1].parts]}
    lists = places.get(wish, [section[0].parts])
    assert [any("What to see." in plain(part) for part in one) for one in lists] == [True] * len(
        lists
    )
    assert ("fragment" in str(section[0].parts)) == (wish == "fragment")


def test_sentences_end_where_they_end() -> None:
    text = "<p>As (Li et al. <a>2008</a>) say, e.g. <em>here</em>. <b>Then</b> 3.5 more. End</p>"
    found = sentences(BeautifulSoup(text, "html.parser").p)
    assert [plain(one) for one in found] == [
        "As (Li et al. 2008) say, e.g. here.",
        "Then 3.5 more.",
        "End",
    ]


def test_metadata_becomes_a_class(tmp_path: Path) -> None:
    marks = extension("slide_marks")
    texts = ["# T", "One.\n\n![what](x.svg)", "Two.", "## Section\n\nThree."]
    cells = [nbformat.v4.new_markdown_cell(text) for text in texts]
    cells.append(nbformat.v4.new_code_cell("f()"))
    for cell, wish in zip(cells, ("", "skip", "-", "skip", "notes")):
        cell.metadata["slideshow"] = {"slide_type": wish}
    path = tmp_path / "a.ipynb"
    about = {"language_info": {"name": "python", "pygments_lexer": "ipython3"}}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=about), path)
    settings = {"settings_overrides": {"nb_execution_mode": "off"}}
    doctree = publish_doctree(path.read_text("utf-8"), parser=Parser(), **settings)
    env = SimpleNamespace(docname="a", doc2path=lambda name: str(path))
    marks.mark(SimpleNamespace(env=env), doctree)
    found = [
        (node.astext(), node["classes"])
        for node in doctree.findall(nodes.Element)
        if isinstance(node, nodes.paragraph | nodes.section)
        or node.get("nb_element") == "cell_code"
    ]
    assert [(text, [one for one in c if "slide" in one]) for text, c in found] == [
        ("One.", ["slide_skip"]),
        ("what", ["slide_skip"]),
        ("Two.", []),
        ("Section\n\nThree.\n\nf()", ["slide_skip"]),
        ("Three.", ["slide_skip"]),
        ("f()", ["slide_notes"]),
    ]
    cells[2].metadata["slideshow"] = {"slide_type": "skipp"}
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    with pytest.raises(ValueError, match=r"cell 3 of a\.ipynb asks for .* 'skipp'"):
        marks.wishes(path)


def test_a_chapter_that_is_none_is_one_clear_sentence(capsys: pytest.CaptureFixture) -> None:
    assert command.main(["chapters/denoise.ipynb"]) == 2
    assert re.fullmatch(
        r"There is no notebook chapters.denoise.ipynb .*\n", capsys.readouterr().err
    )
    assert len(command.pages([])) == len(toc.notebooks())


@pytest.fixture(scope="module")
def decks(build: tuple[Path, str], tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The slides of two chapters, in a folder of their own."""
    folder, wrong = build
    if wrong:
        pytest.skip("the book could not be built: see test_the_book_builds_without_a_warning")
    return command.write(folder, CHAPTERS, tmp_path_factory.mktemp("slides"))


class Show:
    """Slides in a browser, and what they asked for and complained about."""

    def __init__(self, browser: Any, deck: Path, query: str = "") -> None:
        self.tab = browser.new_page(viewport={"width": 1280, "height": 720})
        self.tab.set_default_timeout(120_000)
        self.wrong: list[str] = []
        self.tab.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.tab.on("requestfailed", lambda request: self.wrong.append(request.url))
        self.tab.on("request", self._look)
        self.tab.goto(deck.as_uri() + query)
        self.tab.wait_for_function("window.Reveal?.isReady?.()")

    def _look(self, request: Any) -> None:
        if not request.url.startswith(("file:", "data:", "blob:", "about:")):
            self.wrong.append(request.url)

    def __enter__(self) -> "Show":
        return self

    def __exit__(self, *_: object) -> None:
        self.tab.close()

    def sizes(self) -> list[dict]:
        """Return what each slide needs, and how far its letters were reduced."""
        return self.tab.evaluate("""() => {
          document.body.classList.add("measuring");
          const found = Reveal.getSlides().map(slide => {
            const box = slide.querySelector(".box");
            return {width: box.scrollWidth, height: box.scrollHeight,
                    size: Number(box.dataset.size ?? 1), text: box.textContent.slice(0, 99)};
          });
          document.body.classList.remove("measuring");
          return found;
        }""")


def too_large(sizes: list[dict]) -> list[dict]:
    """Return the slides that do not fit, or only in letters that nobody can read."""
    return [
        one for one in sizes if one["width"] > 1280 or one["height"] > 720 or one["size"] < SMALLEST
    ]


def test_every_slide_fits_without_a_connection(decks: list[Path], browser: Any) -> None:
    for deck in decks:
        with Show(browser, deck) as show:
            sizes = show.sizes()
            assert len(sizes) >= 25 and too_large(sizes) == []
            assert show.wrong == []
            show.tab.locator(".box").first.evaluate(
                "box => box.insertAdjacentHTML('beforeend', '<p>much</p>'.repeat(40))"
            )
            assert len(too_large(show.sizes())) == 1


def test_a_living_figure_starts_and_fits(decks: list[Path], browser: Any) -> None:
    with Show(browser, decks[1]) as show:
        slides = show.tab.locator("section.slide-living")
        assert slides.count() == 1
        slides.first.evaluate("""slide => {
          const {h, v} = Reveal.getIndices(slide);
          Reveal.slide(h, v);
        }""")
        box = slides.first.locator(".box")
        slides.first.locator(".live-on .live-foot").wait_for()
        show.tab.wait_for_function(
            "box => box.scrollHeight <= 720 && box.scrollWidth <= 1280", arg=box.element_handle()
        )
        assert show.wrong == []


def test_on_paper_there_is_a_sheet_for_each_slide(decks: list[Path], browser: Any) -> None:
    pypdf = pytest.importorskip("pypdf")
    with Show(browser, decks[0], "?print-pdf") as show:
        show.tab.wait_for_selector(".pdf-page")
        count = show.tab.locator(".pdf-page").count()
        made = decks[0].with_suffix(".pdf")
        show.tab.pdf(path=made, prefer_css_page_size=True, print_background=True)
        pages = pypdf.PdfReader(made).pages
        assert len(pages) == count == show.tab.locator("section > .box").count()
        words = BeautifulSoup(decks[0].read_text("utf-8"), "html.parser")
        last = plain(words.select("section > .box > h2")[-1])
        assert last in " ".join(pages[-1].extract_text().split())


def test_what_is_shipped_has_its_licence(decks: list[Path]) -> None:
    for folder in (Path(command.__file__).parent, decks[0].parent / "files"):
        assert "Hakim El Hattab" in (folder / "reveal" / "LICENSE").read_text("utf-8")
    text = decks[0].read_text("utf-8")
    for name in re.findall(r'(?:src|href)="(files/[^"]+)"', text):
        assert (decks[0].parent / name).is_file(), name
