"""The search finds the section that answers, among the first, and shows an extract of it."""

import json
from typing import Any

import pytest
from docutils import nodes
from pages import Book, Visit

from _ext import section_search

FIRST = 5  # what a reader looks at
LARGEST = 1_200_000  # bytes of what only the search page loads

# What readers ask for, in their words, and the place that answers.
ASKED = {
    "autoencoder": "glossary.html#term-autoencoder",
    "linear autoencoder PCA": "#does-a-linear-autoencoder-find-pca",
    "is it white noise": "#is-it-white-noise",
    "tiles": "#how-does-a-page-of-any-size-go-through",
    "dead units": "#who-never-fires",
    "contractive penalty jacobian": "#can-you-have-the-penalty-without-the-jacobian",
    "Langevin": "#can-you-sample-with-it",
    "amortization gap": "#what-does-it-cost-to-ask-a-network",
    "Gumbel": "#and-a-choice-among-four-fabrics",
    "binary cross-entropy": "#another-loss-the-cross-entropy",
    "posterior collapse": "#the-kl-goes-to-zero",
    "beta-VAE": "#what-does-beta-buy",
    "blurry samples": "#the-samples-are-blurry",
    "loss is nan": "#nan-after-some-epochs",
    "several GPUs": "#how-do-you-practise-without-a-second-device",
    "batch size learning rate": "#what-happens-to-the-batch",
    "log-partition function": "#which-divergences-have-a-formula",
    "Colab": "#run-a-chapter-in-colab",
    "load fashion mnist": "#course_utils.data.load_fashion_mnist",
    "syllabus": "teaching.html",
    "mean image": "#all-samples-look-alike",
}


def page(*parts: nodes.Node) -> nodes.document:
    """Return a page with a title and these parts."""
    section = nodes.section("", nodes.title(text="A page"), *parts, ids=["a-page"])
    document = nodes.document("", "")
    document += section
    return document


def test_each_section_has_its_own_text_and_the_names_in_its_code():
    code = nodes.literal_block(text="codes = encode(boots)")
    inner = nodes.section(
        "", nodes.title(text="A part"), nodes.paragraph(text="Second."), code, ids=["a-part"]
    )
    found = list(section_search.sections(page(nodes.paragraph(text="First."), inner), {}))
    assert found == [
        ("A page", "", "First.", ""),
        ("A part", "a-part", "Second.", "codes encode boots"),
    ]


def test_what_a_cell_prints_is_not_code():
    output = nodes.container("", nodes.literal_block(text="loss 1.0"), classes=["cell_output"])
    assert list(section_search.sections(page(output), {})) == [("A page", "", "", "")]


@pytest.mark.parametrize(
    ("formula", "text"), [(r"\beta", "β"), ("k = 3", "k = 3"), (r"\frac{1}{2}", "…"), ("z_i", "…")]
)
def test_only_a_short_formula_is_shown(formula: str, text: str):
    assert section_search.plain(formula) == text


def read(book: Book) -> list:
    """Return the pages that the built search knows."""
    text = (book.folder / "_static" / section_search.FILE).read_text(encoding="utf-8")
    assert len(text.encode()) < LARGEST
    return json.loads(text.removeprefix("window.BOOK_SECTIONS = ").removesuffix(";\n"))


def test_every_place_of_the_search_exists(book: Book):
    known = {page.file.relative_to(book.folder).as_posix(): page for page in book.pages}
    pages = read(book)
    assert {address for address, _, _ in pages} == known.keys() - {
        "search.html",
        "404.html",
        "subject_index.html",  # its words are with their places
    }
    for address, _, sections in pages:
        ids = {tag["id"] for tag in known[address].soup.find_all(id=True)}
        missing = [place for _, place, *_ in sections if place and place not in ids]
        assert missing == [], address
        assert len(sections) > 1 or address == "bibliography.html", address


def test_what_readers_ask_for_is_found(book: Book, browser: Any):
    missed = {}
    with Visit(browser, book["search"], query="?q=manifold") as visit:
        visit.tab.wait_for_selector("ul.search li a")
        for query, place in ASKED.items():
            visit.tab.evaluate("document.querySelector('ul.search').replaceChildren()")
            visit.tab.evaluate("query => Search.query(query)", query)
            links = visit.tab.locator("ul.search li a").evaluate_all(
                "all => all.map(a => a.href.replace(/[?][^#]*/, ''))"
            )
            if not any(place in link for link in links[:FIRST]):
                missed[query] = links[:FIRST]
    assert missed == {}
    assert visit.errors == visit.foreign == []


def test_a_result_has_its_page_an_extract_and_the_words_marked(book: Book, browser: Any):
    with Visit(browser, book["search"], query="?q=posterior+collapse") as visit:
        visit.tab.wait_for_selector("ul.search li a")
        link = visit.tab.get_by_role("link", name="The KL goes to zero", exact=True)
        result = visit.tab.locator("ul.search li").filter(has=link)
        assert result.locator(".search-page").inner_text().strip() == "Debug your VAE"
        assert 60 < len(result.locator("p.context").inner_text()) < 300
        marked = result.locator("p.context .highlighted").all_inner_texts()
        assert {word.lower() for word in marked} == {"posterior", "collapse"}
        result.locator("a").click()
        visit.tab.wait_for_selector("article span.highlighted", state="attached")
        assert visit.tab.url.endswith("#the-kl-goes-to-zero")


def test_a_word_that_the_book_does_not_have_is_named(book: Book, browser: Any):
    with Visit(browser, book["search"], query="?q=qwertz+manifold") as visit:
        visit.tab.wait_for_selector("text=Not in the book: qwertz.")
    with Visit(browser, book["search"], query="?q=manifold+rsample") as visit:
        visit.tab.wait_for_selector("ul.search li a")
        assert "Not in the book" not in visit.tab.inner_text("#search-results")


def test_no_extract_gives_an_answer_away(book: Book):
    texts = [text for _, _, sections in read(book) for _, _, text, *_ in sections]
    assert not any("Not quite: " in text or "Right: " in text for text in texts)


def test_nothing_found_says_so(book: Book, browser: Any):
    with Visit(browser, book["search"], query="?q=qwertz") as visit:
        visit.tab.wait_for_selector("text=Nothing in the book has these words")
