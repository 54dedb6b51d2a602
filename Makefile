# The commands of the course for those who have make: `make` lists them, course.py does the work.
# Written for make 3.81 and a plain sh, so that macOS's own tools suffice. Options, as in
# `make execute NOTEBOOK=chapters/x.ipynb`, reach course.py through the environment.

# Any Python can run course.py, which then looks for one that the course supports.
PYTHONS := python3 python3.13 python3.12 python3.11 python3.10 "$(PYTHON)"
ANY := $(shell for p in $(PYTHONS); do \
	"$$p" -c "from __future__ import annotations" 2>/dev/null && echo "$$p" && break; done)

COMMANDS = help install book pdf epub slides figures test unit notebooks test-jax test-colab execute evidence \
	live mutants bench cleaner links lab lint format lock address clean

.PHONY: $(COMMANDS)
$(COMMANDS):
	@COURSE_FACE=make "$(or $(ANY),python3)" course.py $@
