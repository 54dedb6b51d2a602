#!/bin/sh
# Renews the two lists of exact versions, valid on Python 3.10 to 3.13: sh tools/lock.sh UV
set -eu
uv=$1
compile() {
    "$uv" pip compile pyproject.toml --universal --python-version 3.10 --no-annotate --quiet \
        --custom-compile-command "make lock" "$@"
}
# `jupyter-book` and its theme move slowly: --upgrade takes the newest versions within the ranges.
compile --upgrade --output-file constraints.txt >/dev/null
# What KERAS_BACKEND=jax needs on top: the lines that the first list does not have.
compile --extra jax --constraint constraints.txt >constraints-jax.all
grep -vxF -f constraints.txt constraints-jax.all >constraints-jax.txt
rm constraints-jax.all
echo "constraints.txt and constraints-jax.txt are renewed; run make test before you commit them."
