"""Take the picture of the README and the landing page from a chapter: python -m tools.cover"""

import base64
import io
from pathlib import Path

import nbformat
from PIL import Image

from course_utils._files import replacing
from tools import toc

NOTEBOOK = Path("chapters/fashion_mnist_vae.ipynb")
FIGURE = "fig-manifold"
COVER = Path("_assets/manifold.png")


def stored_figure(root: Path = toc.ROOT) -> bytes:
    """Return the PNG file of the figure as the notebook stores it.

    Raises:
        LookupError: the notebook has no such figure, or was not executed.
    """
    for cell in nbformat.read(root / NOTEBOOK, as_version=4).cells:
        if cell.metadata.get("mystnb", {}).get("figure", {}).get("name") == FIGURE:
            for output in cell.get("outputs", ()):
                if picture := output.get("data", {}).get("image/png"):
                    return base64.b64decode(picture)
    raise LookupError(f"{NOTEBOOK} stores no picture {FIGURE}; run make execute first.")


def light(picture: bytes) -> bytes:
    """Return a PNG file with sixteen shades: a third of the bytes, for the first page."""
    shades = Image.open(io.BytesIO(picture)).convert("RGB").quantize(16, dither=Image.Dither.NONE)
    file = io.BytesIO()
    shades.save(file, "PNG", optimize=True)
    return file.getvalue()


if __name__ == "__main__":
    picture = light(stored_figure())
    with replacing(toc.ROOT / COVER) as part:
        part.write_bytes(picture)
    print(f"{COVER} is the picture {FIGURE} of {NOTEBOOK}")
