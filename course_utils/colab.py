"""Colab and Kaggle: install what the runtime lacks, and leave the rest of it alone."""

import importlib.util
import subprocess
import sys

# What the course imports, by the name that pip knows it by. TensorFlow, Keras and NumPy are missing
# here on purpose: they are the runtime's own and are never touched.
REQUIREMENTS = {
    "imgaug": "imgaug==0.4.0",
    "cv2": "opencv-python-headless",  # imgaug's, as are the next three
    **{
        name: name for name in ("imageio", "shapely", "six", "matplotlib", "pooch", "scipy", "tqdm")
    },
    "PIL": "pillow",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
}


def install_missing() -> None:
    """Install the packages of the course that cannot be found; print nothing.

    Each is installed without its dependencies, so that pip cannot replace a package that is there;
    RuntimeError says that pip could not. The first cell of every notebook calls it, in Colab and on
    Kaggle only.
    """
    missing = [
        name for module, name in REQUIREMENTS.items() if importlib.util.find_spec(module) is None
    ]
    if not missing:
        return
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    command += ["--no-deps", *missing]
    pip = subprocess.run(command, capture_output=True, text=True, check=False)
    if pip.returncode != 0:
        lines = pip.stderr.strip().splitlines() or ["no message"]
        raise RuntimeError(
            f"pip could not install {', '.join(missing)}: check the network and run this cell "
            f"again (pip said: {lines[-1]})."
        )
    importlib.invalidate_caches()
