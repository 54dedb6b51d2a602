"""Scanned pages: generated and real ones, classical cleaning, the trained cleaner, OCR, files.

A page is a float32 array (height, width, 1) or (height, width): 0 is black, 1 is white. Each file
of this package is a subject; what the chapter Cleaning documents uses is named here.
"""

from course_utils.documents.classical import background_subtraction, median_paper, sauvola
from course_utils.documents.cleaner import Cleaning, clean_and_compare, clean_page
from course_utils.documents.corpus import (
    Pair,
    find_noisy_office,
    load_noisy_office,
    patches,
    split_at_random,
    split_by_page,
)
from course_utils.documents.dirt import DIRT
from course_utils.documents.everyday import generate_everyday_pages
from course_utils.documents.generator import Pages, generate_pages
from course_utils.documents.network import apply_network, load_cleaner
from course_utils.documents.ocr import character_error_rate, find_tesseract, read_text

__all__ = [
    "DIRT",
    "Cleaning",
    "Pages",
    "Pair",
    "apply_network",
    "background_subtraction",
    "character_error_rate",
    "clean_and_compare",
    "clean_page",
    "find_noisy_office",
    "find_tesseract",
    "generate_everyday_pages",
    "generate_pages",
    "load_cleaner",
    "load_noisy_office",
    "median_paper",
    "patches",
    "read_text",
    "sauvola",
    "split_at_random",
    "split_by_page",
]
