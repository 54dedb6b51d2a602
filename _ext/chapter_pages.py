"""Sphinx extension: a long chapter is read page by page.

`chapter_pages` in _config.yml names, for a chapter, the sections that begin a new page of it. The
HTML stays one file, so links, paper, the search of the browser and readers without scripts lose
nothing: book.js shows one page at a time. Each section bears the number of its page as a class,
`book-page-2` for example; what stands before the first section belongs to page 1.
"""

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging

LOGGER = logging.getLogger(__name__)
# In the head, before anything is drawn: later pages do not appear for a moment and go again. The
# attribute says that this script stays where it stands (light_pages.py).
EARLY = """\
<script data-cfasync="false">
(function (whole) {
  try { whole = localStorage.getItem("book-whole-chapters") === "yes"; } catch (error) { }
  if (!whole) document.documentElement.classList.add("book-paged");
})(false);
</script>"""


def number_pages(doctree: nodes.document, starts: list[str]) -> list[str]:
    """Give each section of a chapter the number of its page as a class.

    Args:
        doctree: the chapter.
        starts: the ids of the sections that begin a new page, in their order.

    Returns:
        the ids that begin no page: because no section has them, or the order is another one.
    """
    page, left = 1, list(starts)
    chapter = next(iter(doctree.findall(nodes.section)), None)
    for section in chapter.children if chapter is not None else ():
        if not isinstance(section, nodes.section):
            continue
        if left and left[0] in section["ids"]:
            page += 1
            del left[0]
        section["classes"].append(f"book-page-{page}")
    return left


def mark(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Number the pages of a chapter that has several."""
    starts = app.config.chapter_pages.get(docname)
    for name in number_pages(doctree, starts) if starts else ():
        LOGGER.warning("chapter_pages: no section %r in this place", name, location=docname)


def add_script(app: Sphinx, pagename: str, templatename: str, context: dict, *_: object) -> None:
    """Let a chapter of several pages begin with its first."""
    if pagename in app.config.chapter_pages:
        context["metatags"] = context.get("metatags", "") + EARLY


def setup(app: Sphinx) -> dict:
    """Register the extension."""
    app.add_config_value("chapter_pages", {}, "html", types=(dict,))
    app.connect("doctree-resolved", mark)
    app.connect("html-page-context", add_script, priority=950)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
