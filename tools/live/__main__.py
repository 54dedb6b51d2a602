"""Make what the living figures load: python -m tools.live [--scripts]

Bundles the figures' sources in live/ into _assets/live (that needs Node), then runs the notebooks
whose networks and pictures the figures show, stores their outputs, and exports from the same run.
`--scripts` bundles only.
"""

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

from tools import execute, toc
from tools.live.exports import EXPORTS

SOURCES = toc.ROOT / "live"


def bundle() -> int:
    """Bundle the scripts; return the status of the tool that does it."""
    npm = shutil.which("npm")
    if npm is None:
        print("The scripts of the living figures need Node 20 or newer: install it, then run this "
              "again. (The book as it stands needs none.)", file=sys.stderr)  # fmt: skip
        return 1
    status = 0
    if not (SOURCES / "node_modules").is_dir():
        status = subprocess.call([npm, "ci", "--silent"], cwd=SOURCES)
    return status or subprocess.call([npm, "run", "--silent", "build"], cwd=SOURCES)


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m tools.live", description=__doc__)
    parser.add_argument("--scripts", action="store_true", help="bundle only, run no notebook")
    options = parser.parse_args(arguments)
    if status := bundle():
        return status
    if options.scripts:
        return 0
    order = [path for path in toc.notebooks() if Path(path).as_posix() in EXPORTS]
    return execute.main([str(path) for path in order])


if __name__ == "__main__":
    sys.exit(main())
