# Two commands do everything on a machine with Python 3.11, pip, make and git:
# `make study` and `make test`.

PYTHON ?= python3
BIN := .venv/bin
PAGES := README.md bench/README.md $(wildcard docs/*.md)

.PHONY: study dashboard test portable oldest check bench docs figures pins clean

study: .venv/installed ## launch or go on with the study of scikit-learn's digits
	$(BIN)/kouka launch digits --data digits --train-size 1000 --validation 0.2 \
		--epochs 12 --batch-size 32 --width 0.125 --measure 64 --search 4 --confirm 3

dashboard: .venv/installed ## watch the studies in optuna-dashboard
	$(BIN)/kouka dashboard

test: .venv/installed ## run the tests
	$(BIN)/pytest

portable: .venv/installed ## run the tests that another machine could fail as such machines would
	$(BIN)/python -m tests.portable

oldest: .venv/installed ## run the tests with the oldest versions that pyproject.toml allows
	$(BIN)/pip install --quiet uv
	$(BIN)/uv venv --quiet --clear --python $(BIN)/python .oldest
	$(BIN)/uv pip install --quiet --python .oldest --resolution lowest-direct \
		--requirement pyproject.toml --all-extras
	$(BIN)/uv pip install --quiet --python .oldest --no-deps --editable .
	.oldest/bin/pytest

check: .venv/installed ## all checks but the tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/cog -I . --check $(PAGES)

bench: .venv/installed ## the quick rows of bench/README.md, under ten minutes
	$(BIN)/python -m bench.efficiency --workers auto
	$(BIN)/python -m bench.rivals article

docs: .venv/installed ## write the generated parts of the pages anew
	$(BIN)/cog -I . -r $(PAGES)

figures: .venv/installed ## draw the pictures of docs/ anew; takes Chrome or Chromium
	$(BIN)/python -m docs.figures
	$(BIN)/python -m docs.images

pins: .venv/installed ## choose the newest versions that pyproject.toml allows
	$(BIN)/pip install uv
	$(BIN)/uv pip compile pyproject.toml --all-extras \
		--universal --python-version 3.11 --generate-hashes --no-annotate --no-header \
		--upgrade --quiet --output-file requirements-lock.txt

# Every version comes from requirements-lock.txt, hashes checked; kouka itself adds nothing to them.
.venv/installed: pyproject.toml requirements-lock.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --require-hashes --requirement requirements-lock.txt
	$(BIN)/pip install --quiet --no-deps --no-build-isolation --editable .
	touch $@

clean: ## remove the environment; studies and reports stay
	rm -rf .venv .oldest
