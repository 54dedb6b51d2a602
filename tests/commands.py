"""Commands of the course as a reader calls them, from the repository's root."""

import subprocess
import sys

from tools import toc


def run_python(*arguments: object, **options: object) -> subprocess.CompletedProcess:
    """Run Python with these arguments; return its status and what it said."""
    command = [sys.executable, *map(str, arguments)]
    return subprocess.run(
        command, capture_output=True, text=True, cwd=toc.ROOT, timeout=500, **options
    )
