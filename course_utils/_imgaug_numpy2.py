"""Import imgaug 0.4.0 on NumPy 2.

imgaug is unmaintained, and reads `np.sctypes`, a dictionary of NumPy's types that NumPy 2.0 removed
(https://numpy.org/doc/stable/numpy_2_0_migration_guide.html). `import_imgaug()` puts it back first.
"""

import importlib
from types import ModuleType

import numpy as np


def restore_sctypes() -> None:
    """Put `np.sctypes` back if NumPy has no such name; leave it alone if it has."""
    if not hasattr(np, "sctypes"):
        np.sctypes = {  # noqa: NPY201 - the removed name is what this module is for
            "int": [np.int8, np.int16, np.int32, np.int64],
            "uint": [np.uint8, np.uint16, np.uint32, np.uint64],
            "float": [np.float16, np.float32, np.float64, np.longdouble],
            "complex": [np.complex64, np.complex128, np.clongdouble],
            "others": [bool, object, bytes, str, np.void],
        }


def import_imgaug() -> ModuleType:
    """Return the module imgaug, with its augmenters; ImportError says what is not installed."""
    restore_sctypes()
    try:
        importlib.import_module("imgaug.augmenters")
        return importlib.import_module("imgaug")
    except ImportError as error:
        raise ImportError(
            f"imgaug cannot be imported ({error}); install the packages of requirements.txt."
        ) from error
