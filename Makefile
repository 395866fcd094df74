# Every target sets up what it needs in .venv by itself; a second call finds the stamps and is quick.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
OUT := out

export OMP_NUM_THREADS ?= 1

.DELETE_ON_ERROR:
.PHONY: help demo test check docs clean

help:
	@echo "make demo    read the sample documents, print the facts, write $(OUT)/demo.sqlite and $(OUT)/demo.html"
	@echo "make test    run all tests"
	@echo "make check   format, lint, types, import layers, docs and tests: what a change must pass"
	@echo "make docs    build the documentation into site/"
	@echo "make clean   remove what was built; .venv stays"

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "lexloom needs Python 3.11 or newer; set PYTHON=")'
	$(PYTHON) -m venv $(VENV)

# what an installation is made of: the files that name dependencies, and the kernels that it compiles
SOURCES := pyproject.toml constraints.txt setup.py $(wildcard src/lexloom/nn/kernels/cpp/*)

# one stamp per set of dependencies, older than those files when they change
$(VENV)/.stamp-runtime: $(SOURCES) | $(BIN)/python
	$(PIP) install --quiet --constraint constraints.txt --editable .
	@touch $@

$(VENV)/.stamp-%: $(SOURCES) | $(BIN)/python
	$(PIP) install --quiet --constraint constraints.txt --editable '.[$(subst +,$(comma),$*)]'
	@touch $@

comma := ,

demo: $(VENV)/.stamp-runtime
	@rm -f $(OUT)/demo.sqlite $(OUT)/demo.sqlite-wal $(OUT)/demo.sqlite-shm $(OUT)/demo.html
	@mkdir -p $(OUT)
	$(BIN)/lexloom extract examples/documents/*.txt --graph $(OUT)/demo.sqlite --html $(OUT)/demo.html
	@echo "graph: $(OUT)/demo.sqlite   page: $(OUT)/demo.html"

test: $(VENV)/.stamp-test
	$(BIN)/python -m pytest -n 2 $(PYTEST_ARGS)

check: $(VENV)/.stamp-dev+docs+test
	./check

docs: $(VENV)/.stamp-docs
	$(BIN)/mkdocs build --strict

clean:
	rm -rf $(OUT) build dist site src/*.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +
