"""Sphinx extension: one style sheet for each page, without the rules that no page uses.

The theme's style sheets are made for all pages that anybody could write, and a browser shows
nothing before it has the last of them. After the build, this extension joins the sheets that a page
loads, in their order, and leaves out the rules of the theme whose classes occur in no page and no
script. The sheets themselves stay, for the slides.

The theme colours a page when a script has said which colours. A page without scripts says "auto":
for it, each rule of the light colours is one of "auto", too, and each rule of the dark ones where
the device asks for dark.
"""

import posixpath
import re
import zlib
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

import tinycss2
from sphinx.application import Sphinx
from tinycss2 import ast

LINK = re.compile(r'[ \t]*<link\b[^>]*\brel="stylesheet"[^>]*>\n?')
HREF = re.compile(r'\bhref="([^"?#]+)[^"]*"')
IMPORT = re.compile(r"""@import\s+["']([^"':]+)["']\s*;""")
INLINE = re.compile(r"<script\b[^>]*>(.+?)</script>", re.DOTALL)
NAMES = re.compile(r'\b(?:class|id)="([^"]*)"')
ADDRESS = re.compile(r"""url\(\s*(["']?)(?!data:|https?:|/|#)([^"')]+)\1\s*\)""")
OWN = ("book.css", "live.css")  # ours: every rule is used, some of them in the PDF only
THEME = re.compile(r"""\[data-theme=["']?(light|dark)["']?\]""")
AUTO = '[data-theme="auto"]'
GROUPS = ("media", "supports", "layer", "container")  # at-rules that hold rules
WRITTEN_IN_PARTS = ("bs-tooltip", "bs-popover")  # names that a script puts together


def words(pages: Iterable[str], scripts: Iterable[str]) -> set[str]:
    """Return the names of classes and ids in pages, and whatever may be one in scripts."""
    found = {name for page in pages for names in NAMES.findall(page) for name in names.split()}
    for script in scripts:
        found.update(re.findall(r"[A-Za-z_][\w-]*", script))
    return found


def is_data(script: Path) -> bool:
    """Whether a script only holds data: the texts that the search knows, or a figure's networks."""
    return script.name == "sections.js" or script.parent.name == "data"


def is_used(selector: list[ast.Node], names: set[str]) -> bool:
    """Whether all classes and ids that a selector asks for occur. What stands in :not() may not."""
    asked = [token.value for token in selector if isinstance(token, ast.HashToken)]
    for dot, token in pairwise(selector):
        if (
            isinstance(dot, ast.LiteralToken)
            and dot.value == "."
            and isinstance(token, ast.IdentToken)
        ):
            asked.append(token.value)
    return all(name in names or name.startswith(WRITTEN_IN_PARTS) for name in asked)


def parts(prelude: list[ast.Node]) -> list[list[ast.Node]]:
    """Return the selectors of a rule."""
    selectors: list[list[ast.Node]] = [[]]
    for token in prelude:
        if isinstance(token, ast.LiteralToken) and token.value == ",":
            selectors.append([])
        else:
            selectors[-1].append(token)
    return selectors


def short(tokens: list[ast.Node]) -> str:
    """Write tokens without comments, and with one space where there was any."""
    kept = [token for token in tokens if not isinstance(token, ast.Comment)]
    for token in kept:
        if isinstance(token, ast.WhitespaceToken):
            token.value = " "
    return tinycss2.serialize(kept).strip()


def for_themes(selectors: list[str], content: str) -> str:
    """Write a rule, and what it says where no script has chosen between light and dark."""
    light = [THEME.sub(AUTO, one) for one in selectors if themes(one) == {"light"}]
    dark = [THEME.sub(AUTO, one) for one in selectors if themes(one) == {"dark"}]
    rule = f"{','.join([*selectors, *light])}{{{content}}}"
    if dark:
        rule += f"\n@media (prefers-color-scheme:dark){{{','.join(dark)}{{{content}}}}}"
    return rule


def themes(selector: str) -> set[str]:
    """Return the themes that a selector names."""
    return {found[1] for found in THEME.finditer(selector)}


def pruned(css: str | list[ast.Node], names: set[str] | None) -> str:
    """Return a style sheet without comments, and without rules that ask for other names.

    Args:
        css: the style sheet, or its tokens.
        names: classes and ids that occur; None keeps all rules.
    """
    left = []
    for rule in tinycss2.parse_stylesheet(css, skip_comments=True, skip_whitespace=True):
        if isinstance(rule, ast.QualifiedRule):
            used = [one for one in parts(rule.prelude) if names is None or is_used(one, names)]
            if used:
                left.append(for_themes(list(map(short, used)), short(rule.content)))
        elif isinstance(rule, ast.AtRule) and rule.lower_at_keyword in GROUPS and rule.content:
            if inside := pruned(rule.content, names):
                left.append(f"@{rule.at_keyword} {short(rule.prelude)}{{{inside}}}")
        elif isinstance(rule, ast.AtRule):
            end = ";" if rule.content is None else f"{{{short(rule.content)}}}"
            left.append(f"@{rule.at_keyword} {short(rule.prelude)}".rstrip() + end)
    return "\n".join(left)


def moved(css: str, old: str, new: str) -> str:
    """Let the addresses in a style sheet of the folder `old` lead to the same from `new`."""

    def lead(match: re.Match) -> str:
        path = posixpath.relpath(posixpath.normpath(posixpath.join(old, match[2])), new)
        return f'url("{path}")'

    return ADDRESS.sub(lead, css)


def read(sheet: str, out: Path, names: set[str], folder: str) -> str:
    """Return a style sheet with those that it imports, without what no page uses.

    Args:
        sheet: its place in the built book.
        out: the folder of the book.
        names: classes and ids that occur.
        folder: where the style sheet will stand.
    """
    css, here = (out / sheet).read_text(encoding="utf-8"), posixpath.dirname(sheet)
    used = None if posixpath.basename(sheet) in OWN else names
    imported = [posixpath.normpath(posixpath.join(here, one)) for one in IMPORT.findall(css)]
    own = moved(pruned(IMPORT.sub("", css), used), here, folder)
    return "\n".join([*(read(one, out, names, folder) for one in imported), own])


def sheets(html: str, folder: str) -> list[str]:
    """Return the style sheets of a page in a folder of the book, in order, as seen from its top."""
    tags = (HREF.search(tag) for tag in LINK.findall(html))
    return [posixpath.normpath(posixpath.join(folder, tag[1])) for tag in tags if tag]


def finish(app: Sphinx, exception: Exception | None) -> None:
    """Give the pages of a build their one style sheet."""
    if exception is not None or app.builder.format != "html":
        return
    out = Path(app.outdir)
    files = [file for file in out.rglob("*.html") if "_static" not in file.parts]
    pages = {file: file.read_text(encoding="utf-8") for file in files}
    files = [file for file in (out / "_static").rglob("*.js") if not is_data(file)]
    scripts = [file.read_text(encoding="utf-8") for file in files]
    scripts += [script for html in pages.values() for script in INLINE.findall(html)]
    names = words(pages.values(), scripts)
    target, made = "_static/styles", {}
    for file, html in pages.items():
        folder = file.parent.relative_to(out).as_posix()
        wanted = tuple(sheets(html, folder))
        if len(wanted) < 2 or not all((out / sheet).is_file() for sheet in wanted):
            continue
        if wanted not in made:
            joined = "\n".join(read(sheet, out, names, target) for sheet in wanted)
            name = f"pages-{zlib.crc32(' '.join(wanted).encode()):08x}.css"
            (out / target / name).write_text(joined, encoding="utf-8", newline="\n")
            made[wanted] = f"{target}/{name}?v={zlib.crc32(joined.encode()):08x}"
        address = posixpath.relpath(made[wanted], folder)
        first = LINK.search(html)
        rest = LINK.sub("", html[first.end() :])
        link = f'<link rel="stylesheet" href="{address}">\n'
        file.write_text(html[: first.start()] + link + rest, encoding="utf-8", newline="\n")


def setup(app: Sphinx) -> dict:
    """Register the extension."""
    app.connect("build-finished", finish, priority=950)  # when light_pages has done its part
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
