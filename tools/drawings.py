"""The diagrams as files for any program: drawings whose colours are given, light or dark."""

import re

SVG = "http://www.w3.org/2000/svg"
COLOUR = re.compile(r"var\((--diagram-[a-z-]+),\s*(#[0-9a-f]+)\)")
DARK = re.compile(r"@media \(prefers-color-scheme: dark\) \{\s*:root \{(.*?)\}\s*\}", re.DOTALL)


def resolved(drawing: str, dark: bool = False) -> str:
    """Return a drawing without variables and without a choice by the device.

    Raises:
        ValueError: a variable has no value.
    """
    values = {}
    if dark:
        block = DARK.search(drawing)
        if block is None:
            raise ValueError("the drawing has no colours for the dark")
        values = dict(re.findall(r"(--diagram-[a-z-]+):\s*(#[0-9a-f]+)", block[1]))
    text = COLOUR.sub(lambda found: values.get(found[1], found[2]), DARK.sub("", drawing))
    if left := re.search(r"var\([^)]*\)?", text):
        raise ValueError(f"a colour of the drawing is left open: {left[0]}")
    return text
