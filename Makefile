# ChronoKG: `make demo` shows it, `make test` tests it; both set up what they need in .venv first.
PYTHON ?= python3
BIN := .venv/bin
UV := $(BIN)/uv
UV_VERSION := 0.13.9
READY := .venv/.ready
# Where it is set, every process compiles all that it imports anew: three seconds for each command that a test starts.
unexport PYTHONDONTWRITEBYTECODE

# What `make test` leaves to .ci/run (a Neo4j server) and to `make test-all` (docs/contributing.md).
FAST := not nightly and not neo4j and not train and not vllm

.PHONY: help setup demo test test-all lint format docs vllm clean

help:
	@echo "make demo    read the demo's documents and see medicine change its mind (report: demo-out/report.html)"
	@echo "make test    run the fast tests on two processors; what a change must pass, with a Neo4j server too, is .ci/run"
	@echo "make test-all  run all tests with all their examples, with a Neo4j server: nightly, and before a release"
	@echo "make lint    ruff, mypy --strict, import-linter"
	@echo "make docs    the documentation as a site, in build/docs"
	@echo "make vllm    an environment of its own for a vLLM server, in .venv-vllm (needs a GPU to be of use)"

setup: $(READY)

$(READY): pyproject.toml uv.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "ChronoKG needs Python 3.11 or newer, and $(PYTHON) is not. Try: make PYTHON=python3.11 …"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv \
		|| { echo "Python could not make a virtual environment in .venv (on Debian: the package python3-venv)."; exit 1; }
	@test -x $(UV) || $(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION) \
		|| { echo "The installer uv $(UV_VERSION) could not be fetched from the package index: is there a network?"; exit 1; }
	@# The machine's own certificates first, for networks that have theirs; then uv's.
	@$(UV) sync --frozen --quiet --system-certs --preview-features package-conflicts 2>/dev/null \
		|| $(UV) sync --frozen --quiet --preview-features package-conflicts \
		|| { echo "The packages that uv.lock names could not be fetched from the package index: is there a network?"; exit 1; }
	@touch $(READY)

demo: $(READY)
	@$(BIN)/python examples/demo/run.py

test: $(READY)
	@$(BIN)/python -m pytest -n 2 --dist loadgroup -m "$(FAST)" $(PYTEST)

test-all: $(READY)
	@.ci/nightly

lint: $(READY)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: $(READY)
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

docs: $(READY)
	@UV_PROJECT_ENVIRONMENT=.venv-docs $(UV) sync --frozen --only-group docs --quiet --preview-features package-conflicts \
		|| { echo "The packages that build the pages could not be fetched: is there a network?"; exit 1; }
	@NO_MKDOCS_2_WARNING=1 .venv-docs/bin/mkdocs build --clean --config-file .ci/mkdocs.yml && echo "build/docs/index.html"

vllm: $(READY)
	@UV_PROJECT_ENVIRONMENT=.venv-vllm $(UV) sync --frozen --only-group gpu --preview-features package-conflicts \
		|| { echo "vLLM could not be fetched: is there a network?"; exit 1; }
	@echo "Start it with: .venv-vllm/bin/vllm serve MODEL --host 127.0.0.1 --port 8000 --enable-prefix-caching --enable-prompt-tokens-details"

clean:
	rm -rf .venv .venv-vllm .venv-docs build/docs demo-out .mypy_cache .ruff_cache .pytest_cache .hypothesis
