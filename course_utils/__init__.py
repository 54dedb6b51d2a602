"""What the notebooks of the course share; each module is a subject, from data to claims."""

import os
import sys

import numpy


def check_versions(python: tuple[int, ...], numpy_version: str) -> None:
    """Raise ImportError unless the course runs on a Python such as (3, 12) and NumPy "2.1.3"."""
    if not (3, 10) <= tuple(python[:2]) <= (3, 13):
        raise ImportError(
            f"the course runs on Python 3.10 to 3.13, but this is Python {python[0]}.{python[1]}: "
            "choose another kernel or environment."
        )
    if int(numpy_version.split(".")[0]) < 2:
        raise ImportError(
            f"the course needs NumPy 2 or later, but this is NumPy {numpy_version}: "
            "install it with `pip install 'numpy>=2'`."
        )


check_versions(sys.version_info, numpy.__version__)

# Before Keras is imported: its backend, and the level of TensorFlow's C++ log, which is no reading.
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
