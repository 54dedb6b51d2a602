#!/bin/sh
# Creates or updates the course's environment: sh tools/environment.sh FOLDER [PYTHON]
set -eu
folder=$1
wanted=${2:-}

suitable() {
    "$1" -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null
}

fail() {
    echo "$1" >&2
    exit 1
}

if ! suitable "$folder/bin/python"; then
    python=
    for candidate in ${wanted:-python3 python3.13 python3.12 python3.11 python3.10}; do
        if suitable "$candidate"; then
            python=$candidate
            break
        fi
    done
    [ -n "$python" ] || fail "The course needs Python 3.10, 3.11, 3.12 or 3.13, and ${wanted:-python3} here is \
$("${wanted:-python3}" -c 'import platform; print(platform.python_version())' 2>/dev/null || echo missing): \
install one of them and run make again, or name it as in make book PYTHON=python3.12."
    "$python" -c 'import ensurepip, venv' 2>/dev/null || fail "$python cannot create environments: install its \
venv package (on Debian and Ubuntu: apt install python3-venv) and run make again."
    echo "Creating the environment $folder with $("$python" --version)."
    "$python" -m venv --clear "$folder"
fi

echo "Installing the packages named in constraints.txt (a few minutes the first time)."
# --no-deps because the list is complete: pip then has nothing to resolve, and cannot bring back opencv-python,
# which imgaug asks for and pyproject.toml replaces by its headless build.
"$folder/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps -r constraints.txt &&
    "$folder/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e . ||
    fail "pip could not install the packages (its message is above): check the network and run make again."
touch "$folder/.installed"
