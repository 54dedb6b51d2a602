"""Sphinx extension: formulas are written into the pages as MathML, so that no script sets them.

math-core turns TeX into MathML Core, which browsers draw and screen readers speak. It knows its
commands and refuses others: a formula that it refuses is a warning that names the page, and
`make book` takes warnings as errors. The font, _assets/fonts/stix-two-math.woff, is written into
the book with the characters that some formula uses.
"""

import html
import re
from pathlib import Path
from xml.etree import ElementTree

from docutils import nodes
from fontTools import subset
from fontTools.ttLib import TTFont
from math_core import LatexError, LatexToMathML
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number

FONT = Path("fonts", "stix-two-math.woff")
CONVERTER = LatexToMathML(fancy_error=False)
PRIMES = set("′″‴⁗")
THIN = "0.1667em"
# math-core numbers these itself; in the book a number comes from a label, and Sphinx counts.
NUMBERED = re.compile(r"\\(begin|end)\{(equation|align|gather|alignat|flalign|multline)\}")
ENVIRONMENT = re.compile(r"\\begin\{(\w+\*?)\}.*\\end\{\1\}", re.DOTALL)
NAMED = re.compile(r"&(?!(?:amp|lt|gt|quot|apos);)[A-Za-z]\w*;")  # XML knows those five only
STOP = re.compile(r"[.,;:!?)]+")

logger = logging.getLogger(__name__)


def mathml(tex: str, display: bool) -> str:
    """Return a formula as MathML.

    Args:
        tex: the formula, without the signs around it.
        display: whether it has a line of its own.

    Raises:
        ValueError: the formula cannot be converted.
    """
    tex = NUMBERED.sub(r"\\\1{\2*}", tex)
    try:
        lines = in_lines(tex) if display else tex
        made = CONVERTER.convert_with_local_state(lines, displaystyle=display)
    except LatexError as error:
        reason = str(error).strip().rstrip(".")
        raise ValueError(f"the formula {tex.strip()!r} cannot be shown: {reason}") from error
    return corrected(made)


def in_lines(tex: str) -> str:
    r"""Give a formula of several lines, by \\ or an empty line, the environment that they need."""
    parts = [part for part in re.split(r"\n\s*\n", tex.strip()) if part.strip()]
    for place, part in enumerate(parts):
        if r"\\" in ENVIRONMENT.sub("", part):
            parts[place] = rf"\begin{{aligned}}{part}\end{{aligned}}"
    lines = r" \\ ".join(parts)
    return rf"\begin{{gathered}}{lines}\end{{gathered}}" if len(parts) > 1 else lines


def corrected(markup: str) -> str:
    """Return MathML that browsers draw as TeX would."""
    root = ElementTree.fromstring(NAMED.sub(lambda sign: html.unescape(sign[0]), markup))
    for element in root.iter():
        part_fence(element)
        lower_primes(element)
        for before, after in zip(list(element), list(element)[1:]):
            # TeX has no space between a bracket that opens and a function's name.
            opens = before.tag == "mo" and (before.text or "") in set("([{⟨")
            if opens and after.tag == "mspace" and after.get("width") == THIN:
                element.remove(after)
    return ElementTree.tostring(root, encoding="unicode")


def part_fence(element: ElementTree.Element) -> None:
    """Put a big bracket with an exponent into a row: by itself Chromium draws it small."""
    base = element[0] if element.tag in ("msup", "msub", "msubsup") else None
    if base is not None and base.get("minsize"):
        row = ElementTree.Element("mrow")
        row.append(base)
        element[0] = row


def lower_primes(element: ElementTree.Element) -> None:
    """Put a prime beside its letter: fonts have it raised, an exponent would raise it again."""
    if element.tag != "msup":
        return
    base, above = element
    prime = above[0] if above.tag == "mrow" and len(above) > 1 else above
    if prime.tag != "mo" or (prime.text or "") not in PRIMES:
        return
    prime.attrib |= {"lspace": "0", "rspace": "0"}
    row = ElementTree.Element("mrow")
    row.extend([base, prime])
    if prime is above:
        element.tag = "mrow"
        element[:] = list(row)
    else:
        above.remove(prime)
        element[:] = [row, above]


def written(node: nodes.Node, display: bool) -> str:
    """Return the MathML of a node, or its TeX and a warning if there is none."""
    try:
        return mathml(node.astext(), display)
    except ValueError as error:
        logger.warning(str(error), location=node, type="formulas")
        return f"<code>{html.escape(node.astext())}</code>"


def visit_inline(translator, node: nodes.math) -> None:
    """Write a formula of a line of text."""
    translator.body.append(translator.starttag(node, "span", "", CLASS="math notranslate"))
    translator.body.append(f"{written(node, display=False)}</span>")
    raise nodes.SkipNode


def visit_display(translator, node: nodes.math_block) -> None:
    """Write a formula that has its own line, with its number if it has a label."""
    translator.body.append(translator.starttag(node, "div", CLASS="math notranslate"))
    if node["number"]:
        number = get_node_equation_number(translator, node)
        translator.body.append(f'<span class="eqno">({number})')
        translator.add_permalink_ref(node, "Link to this equation")
        translator.body.append("</span>")
    translator.body.append(f"{written(node, display=True)}</div>\n")
    raise nodes.SkipNode


def keep_stops(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Keep a full stop behind a formula on the formula's line."""
    if app.builder.format != "html":
        return
    for formula in list(doctree.findall(nodes.math)):
        after = formula.next_node(descend=False, siblings=True)
        stop = STOP.match(after.astext()) if isinstance(after, nodes.Text) else None
        if stop is None:
            continue
        around = after.parent  # equal texts are equal nodes: the place says which one is meant
        place = next(k for k, node in enumerate(around.children) if node is after)
        around[place] = nodes.Text(after.astext()[stop.end() :])
        together = nodes.inline("", "", classes=["book-together"])
        formula.replace_self(together)
        together += [formula, nodes.Text(stop[0])]


# The font


def characters(pages: list[str]) -> set[str]:
    """Return what the formulas of pages are written with, in upright and in slanted letters."""
    found: set[str] = set()
    for page in pages:
        for formula in re.findall(r"<math\b.*?</math>", page, re.DOTALL):
            found |= set(html.unescape(re.sub(r"<[^>]*>", "", formula)))
            if re.search(r"<(msqrt|mroot)\b", formula):
                found.add("√")  # the browser draws it; the page does not write it
    return found | {italic(letter) for letter in found}


def italic(letter: str) -> str:
    """Return the sign by which a browser draws an <mi> of one letter; others stay as they are."""
    if letter == "h":
        return "ℎ"
    for first, last, slanted in (
        ("A", "Z", "𝐴"),
        ("a", "z", "𝑎"),
        ("Α", "Ω", "𝛢"),
        ("α", "ω", "𝛼"),
    ):
        if first <= letter <= last:
            return chr(ord(slanted) + ord(letter) - ord(first))
    return dict(zip("∂ϵϑϰϕϱϖ∇", "𝜕𝜖𝜗𝜘𝜙𝜚𝜛𝛻")).get(letter, letter)


def shrink(font: Path, wanted: set[str]) -> None:
    """Leave in a font only these characters, with the sizes that formulas stretch them to."""
    loaded = TTFont(font)
    options = subset.Options(flavor="woff", layout_features=[], notdef_outline=True)
    chosen = subset.Subsetter(options)
    chosen.populate(unicodes=[ord(one) for one in wanted])
    chosen.subset(loaded)
    loaded.flavor = "woff"
    loaded.save(font)


def finish(app: Sphinx, exception: Exception | None) -> None:
    """Write the font that the pages of a build need."""
    font = Path(app.outdir, "_static") / FONT
    if exception is None and app.builder.format == "html" and font.is_file():
        pages = [page.read_text(encoding="utf-8") for page in Path(app.outdir).rglob("*.html")]
        shrink(font, characters(pages))


def setup(app: Sphinx) -> dict:
    """Register the extension."""
    app.add_html_math_renderer("mathml", (visit_inline, None), (visit_display, None))
    app.connect("doctree-resolved", keep_stops)
    app.connect("build-finished", finish, priority=900)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
