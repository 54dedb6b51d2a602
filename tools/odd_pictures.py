"""Folders of pictures with a few odd ones, of seven kinds, on which `find_odd` is measured.

`python -m tools.odd_pictures` makes one folder of each kind, with files that cannot be read among
the pictures, runs the command on it, and prints how many of the odd ones are among the first ten.

The score was chosen on the kinds of `CHOSEN_ON`; the others only report.
"""

import argparse
import csv
import functools
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from course_utils import data

Kind = Callable[[np.random.Generator, bool, int], Image.Image]


def _finished(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """A photograph of what was drawn: slightly blurred, in light that varies, with noise."""
    pixels = np.asarray(image.filter(ImageFilter.GaussianBlur(0.8)), dtype=np.float32)
    pixels = pixels * rng.uniform(0.9, 1.08) + rng.normal(0, 4, pixels.shape)
    return Image.fromarray(np.clip(np.rint(pixels), 0, 255).astype(np.uint8))


def bottle(rng: np.random.Generator, odd: bool, which: int) -> Image.Image:
    """A drawn bottle; odd: without its cap, scratched, another label, tilted, with a hole."""
    image = Image.new("RGB", (128, 192), (225, 228, 232))
    draw = ImageDraw.Draw(image)
    x, y = 64 + rng.integers(-4, 5), 12 + rng.integers(-4, 5)
    green = tuple(int(v) for v in np.array([40, 110, 70]) + rng.integers(-12, 13, 3))
    defect = which % 5 if odd else -1
    draw.rounded_rectangle((x - 30, y + 52, x + 30, y + 165), 12, fill=green)
    draw.polygon([(x - 30, y + 64), (x - 10, y + 32), (x + 10, y + 32), (x + 30, y + 64)], green)
    draw.rectangle((x - 10, y + 12, x + 10, y + 36), fill=green)
    if defect != 0:
        draw.rectangle((x - 12, y + 2, x + 12, y + 16), fill=(180, 40, 40))
    label = (60, 90, 190) if defect == 1 else (235, 225, 190)
    draw.rectangle((x - 30, y + 88, x + 30, y + 135), fill=label)
    draw.ellipse((x - 12, y + 100, x + 12, y + 124), fill=(170, 120, 60))
    if defect == 2:
        draw.line((x - 24, y + 70, x - 4, y + 108, x + 22, y + 160), fill=(240, 245, 240), width=4)
    if defect == 3:
        image = image.rotate(14, fillcolor=(225, 228, 232))
    if defect == 4:
        draw.ellipse((x + 2, y + 62, x + 24, y + 84), fill=(225, 228, 232))
    return _finished(image, rng)


def gear(rng: np.random.Generator, odd: bool, which: int) -> Image.Image:
    """A grey gear at any angle; odd: teeth missing, cracked, with a hole, rusty, no bore."""
    side = 140
    image = Image.new("RGB", (side, side), (58, 60, 66))
    draw = ImageDraw.Draw(image)
    centre, start = side / 2 + rng.integers(-3, 4), rng.uniform(0, 2 * np.pi)
    defect, points, num_teeth = which % 5 if odd else -1, [], 12
    for k in range(num_teeth):
        outer = 46 if defect == 0 and k < 2 else 60
        for shift, radius in ((-0.22, 46), (-0.14, outer), (0.14, outer), (0.22, 46)):
            angle = start + 2 * np.pi * k / num_teeth + shift
            points.append((centre + radius * np.cos(angle), centre + radius * np.sin(angle)))
    grey = int(165 + rng.integers(-8, 9))
    draw.polygon(points, fill=(grey, grey, grey + 6))

    def disc(x, y, radius, fill):
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=fill)

    if defect != 4:
        disc(centre, centre, 14, (58, 60, 66))
    if defect == 1:
        draw.line(
            (centre + 14, centre + 6, centre + 30, centre, centre + 46, centre + 20),
            fill=(50, 50, 54),
            width=4,
        )
    if defect == 2:
        disc(centre - 30, centre + 8, 8, (58, 60, 66))
    if defect == 3:
        disc(centre + 4, centre - 32, 11, (160, 95, 50))
    return _finished(image, rng)


def _crop(photograph: np.ndarray, side: int, rng: np.random.Generator) -> Image.Image:
    top, left = (int(rng.integers(0, size - side)) for size in photograph.shape[:2])
    crop = photograph[top : top + side, left : left + side]
    return Image.fromarray(np.rot90(crop, int(rng.integers(4))).copy()).convert("RGB")


def _stained(image: Image.Image, rng: np.random.Generator, colour: tuple) -> Image.Image:
    stain = Image.new("L", image.size, 0)
    side = image.width
    x, y = rng.uniform(0.3, 0.7, 2) * side
    r = side * rng.uniform(0.14, 0.2)
    ImageDraw.Draw(stain).ellipse((x - r, y - 0.7 * r, x + r, y + 0.7 * r), fill=220)
    return Image.composite(
        Image.new("RGB", image.size, colour), image, stain.filter(ImageFilter.GaussianBlur(2))
    )


def gravel(rng: np.random.Generator, odd: bool, which: int) -> Image.Image:
    """A piece of a photograph of gravel; odd: grass, bricks, or gravel with a stain."""
    from skimage import data as photographs

    if odd and which % 5 < 2:
        return _crop(photographs.grass() if which % 5 else photographs.brick(), 96, rng)
    image = _crop(photographs.gravel(), 96, rng)
    return _stained(image, rng, (25, 25, 25) if which % 2 else (235, 235, 235)) if odd else image


def tissue(rng: np.random.Generator, odd: bool, which: int) -> Image.Image:
    """A piece of a stained section; odd: of other photographs, or with a fold or a bubble."""
    from skimage import data as photographs

    if odd and which % 5 < 2:
        other = photographs.coffee() if which % 5 else photographs.chelsea()
        return _crop(other, 110, rng)
    image = _crop(photographs.immunohistochemistry(), 110, rng)
    return _stained(image, rng, (70, 30, 90) if which % 2 else (245, 245, 250)) if odd else image


@functools.cache
def _fashion() -> data.FashionMNIST:
    return data.load_fashion_mnist()


def _garment(rng: np.random.Generator, odd: bool, which: int, normal: int) -> Image.Image:
    images = _fashion()
    name = rng.choice([k for k in range(10) if k != normal]) if odd else normal
    pixels = images.x_test[rng.choice(np.flatnonzero(images.y_test == name)), ..., 0]
    side = int(rng.choice([28, 56, 100]))
    small = Image.fromarray(np.rint(255 * pixels).astype(np.uint8))
    return small.resize((side, side), Image.Resampling.BICUBIC)


def trousers(rng: np.random.Generator, odd: bool, which: int) -> Image.Image:
    """A photograph of trousers; odd: of another garment."""
    return _garment(rng, odd, which, 1)


def boots(rng: np.random.Generator, odd: bool, which: int) -> Image.Image:
    """A photograph of an ankle boot; odd: of another garment."""
    return _garment(rng, odd, which, 9)


def digits(rng: np.random.Generator, odd: bool, which: int) -> Image.Image:
    """A handwritten zero; odd: another digit."""
    images, labels = data.load_digits28()
    members = np.flatnonzero(labels != 0 if odd else labels == 0)
    pixels = images[rng.choice(members), ..., 0]
    shift = rng.integers(-2, 3, 2)
    pixels = np.roll(pixels, shift, (0, 1))
    return Image.fromarray(np.rint(255 * (1 - pixels)).astype(np.uint8)).resize((64, 64))


CHOSEN_ON: dict[str, Kind] = {"bottles": bottle, "gravel": gravel, "trousers": trousers}
REPORTED: dict[str, Kind] = {"gears": gear, "tissue": tissue, "boots": boots, "zeros": digits}
KINDS = {**CHOSEN_ON, **REPORTED}

# Files of all kinds, and what stands between them

FORMATS = ((".png", {}), (".jpg", {"quality": 90}), (".webp", {"quality": 90}), (".bmp", {}))


def write_folder(folder: Path, kind: str, count: int, num_odd: int, seed: int = 0) -> list[str]:
    """Write pictures of a kind into a new folder, in several formats and sizes; name the odd ones.

    Among them are files that cannot be read: an empty one, text, half a picture, a folder.
    """
    folder.mkdir(parents=True)
    rng = np.random.default_rng([seed, len(kind)])
    is_odd = np.zeros(count, bool)
    is_odd[rng.choice(count, num_odd, replace=False)] = True
    odd = []
    for i in range(count):
        picture = KINDS[kind](rng, bool(is_odd[i]), len(odd))
        factor = rng.choice([1.0, 1.5, 2.0])
        picture = picture.resize([round(side * factor) for side in picture.size])
        suffix, options = FORMATS[rng.integers(len(FORMATS))]
        name = f"{kind}-{i:04d}{suffix}"
        picture.save(folder / name, **options)
        if is_odd[i]:
            odd.append(name)
    whole = (folder / name).read_bytes()
    (folder / "half.png").write_bytes(whole[: len(whole) // 2])
    (folder / "empty.jpg").touch()
    (folder / "notes.txt").write_text("These are no pictures.\n")
    (folder / "text.png").write_text("This is no picture either.\n")
    (folder / "others").mkdir()
    return odd


def measure(folder: Path, odd: list[str]) -> str:
    """Run the command on a folder; say where the odd ones are, and what it took."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    out = folder.with_name(f"{folder.name}-odd")
    command = [sys.executable, "-m", "course_utils.find_odd", str(folder), "--out", str(out)]
    subprocess.run(command, check=True, capture_output=True, cwd=Path(__file__).parents[1])
    wall, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = sum(getattr(after, f) - getattr(before, f) for f in ("ru_utime", "ru_stime"))
    with open(out / "scores.csv", encoding="utf-8", newline="") as file:
        ranks = sorted(int(row["rank"]) for row in csv.DictReader(file) if row["file"] in odd)
    hits = sum(rank <= 10 for rank in ranks)
    return (
        f"{hits} of {len(odd)} among the first ten, ranks {ranks}; {wall:.0f} seconds, "
        f"{cpu:.0f} of the processor, at most {after.ru_maxrss / 1024:.0f} MB"
    )


def main() -> int:
    """Measure the command on each kind; the folders stay where --keep says."""
    parser = argparse.ArgumentParser(prog="python -m tools.odd_pictures", description=__doc__)
    parser.add_argument("kinds", nargs="*", metavar="KIND", help=", ".join(KINDS))
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--odd", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, help="a folder for the pictures and the sheets")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        for kind in arguments.kinds or KINDS:
            folder = (arguments.keep or Path(temporary)) / kind
            odd = write_folder(folder, kind, arguments.count, arguments.odd, arguments.seed)
            print(f"{kind}: {measure(folder, odd)}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
