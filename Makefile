# Every command of the course; `make` lists them.
# Written for make 3.81 and a plain sh, so that macOS's own tools suffice.

VENV := .venv
PY := $(VENV)/bin/python
READY := $(VENV)/.installed
PYTHON ?=
NOTEBOOK ?=
MUTANT ?=
WORKERS ?= 2
NBVAL := --nbval --nbval-current-env --nbval-cell-timeout=900 -n $(WORKERS) --dist loadfile

export TF_CPP_MIN_LOG_LEVEL = 3

.DEFAULT_GOAL := help
.PHONY: help install book test unit test-jax test-colab execute evidence mutants bench cleaner lab lint format lock address clean

help:  ## list the commands
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{printf "%-17s %s\n", $$1, $$2}'

install: $(READY)  ## create or update the environment in .venv (every other command does so by itself)

$(READY): constraints.txt requirements.txt pyproject.toml
	@sh tools/environment.sh $(VENV) $(PYTHON)

book: $(READY)  ## build the HTML book
	@$(PY) -m course_utils.data || true  # the book is built from stored outputs
	@# --all: an incremental build does not repeat a warning of the last one; NumPy as the back end,
	@# because the page on course_utils imports Keras, and TensorFlow takes seconds to start
	@KERAS_BACKEND=numpy $(VENV)/bin/jupyter-book build . --all -W -n --keep-going --quiet
	@echo "The book is ready; open this file in a browser:"
	@echo "$(CURDIR)/_build/html/index.html"

test: $(READY)  ## run the unit tests, re-execute every notebook, check the built book
	@$(PY) -m pytest $(NBVAL) -m "not colab" tests $$($(PY) -m tools.toc)

unit: $(READY)  ## run the quick tests only: no notebook is executed, no book built
	@$(PY) -m pytest -m "not colab" --ignore=tests/test_book.py tests

test-jax: $(READY)  ## the same as test without the book, on Keras' JAX backend
	@$(PY) -m pip install --quiet --disable-pip-version-check --no-deps -r constraints-jax.txt
	@KERAS_BACKEND=jax $(PY) -m pytest $(NBVAL) -m "not colab" --ignore=tests/test_book.py tests $$($(PY) -m tools.toc)

test-colab: $(READY)  ## run each notebook alone in an environment with Colab's versions
	@$(PY) -m pytest -n $(WORKERS) -m colab tests/test_colab.py

execute: $(READY)  ## re-execute the notebooks and store their outputs (NOTEBOOK=chapters/x.ipynb for one)
	@$(PY) -m tools.execute $(NOTEBOOK)
	@$(PY) -m tools.cover

evidence: $(READY)  ## measure the claims over seeds and store numbers and outputs (NOTEBOOK=chapters/x.ipynb for one)
	@$(PY) -m tools.evidence --workers $(WORKERS) $(NOTEBOOK)
	@$(PY) -m tools.cover

mutants: $(READY)  ## plant mistakes one by one and see whether they are noticed (MUTANT=name for one)
	@$(PY) -m tools.mutants --workers $(WORKERS) $(MUTANT)

bench: $(READY)  ## measure time and memory of the notebooks (NOTEBOOK=chapters/x.ipynb for one)
	@$(PY) -m tools.bench $(NOTEBOOK)

cleaner: $(READY)  ## train the cleaner of scans that ships with the course (better with NOISY_OFFICE_DIR set)
	@$(PY) -m tools.train_cleaner

lab: $(READY)  ## open the notebooks in JupyterLab
	@$(VENV)/bin/jupyter lab

lint: $(READY)  ## check the style of the code, notebooks included
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check .

format: $(READY)  ## put the code into that style
	@$(VENV)/bin/ruff check --fix .
	@$(VENV)/bin/ruff format .  # notebooks at 76 columns: chapters/ruff.toml

lock: $(READY)  ## renew constraints.txt, the exact tested versions, from requirements.txt
	@$(PY) -m pip install --quiet --disable-pip-version-check uv
	@sh tools/lock.sh $(VENV)/bin/uv

address: $(READY)  ## set where the course lives: make address URL=https://github.com/owner/name [BRANCH=main]
	@$(PY) -m tools.set_address "$(URL)" $(if $(BRANCH),--branch "$(BRANCH)")

clean:  ## remove what was built (not the environment)
	rm -rf _build .cache .pytest_cache .ruff_cache build *.egg-info
