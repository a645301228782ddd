# Every target sets up what it needs: a fresh machine wants only Python 3.11 to 3.13, pip and make.
PYTHON ?= python3
BIN := .venv/bin
SEEDS ?= 100
FROM ?= 1

.PHONY: demo test chaos explore clients check lint types contracts versions bench bench-lock lock clean

.venv/installed: requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(None if (3, 11) <= sys.version_info < (3, 14) else "stormproof needs Python 3.11, 3.12 or 3.13; this is " + sys.version.split()[0] + ". Choose one: make PYTHON=python3.12 …")'
	$(PYTHON) -m venv --clear .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	$(BIN)/python -m compileall -q .venv/lib >/dev/null || true
	touch $@

demo: .venv/installed  ## one bot, two exchanges, six kinds of bad weather, in under a minute
	$(BIN)/stormproof demo

test: clients  ## everything that a checkout needs to be trusted
	$(BIN)/pytest -n 2

chaos: .venv/installed  ## the library, a fixed corpus of explored seeds, and the same runs twice: some ten minutes
	$(BIN)/pytest -n 2 -m chaos tests/suite --junitxml=chaos.xml

explore: .venv/installed  ## search for what nobody thought of: make explore SEEDS=200 FROM=1000
	$(BIN)/stormproof explore --seeds $(SEEDS) --from $(FROM)

clients: .venv/installed  ## the environment of the clients that nobody here wrote
	$(BIN)/python -m tests.wire.environment

check: lint types contracts test

lint: .venv/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/installed
	$(BIN)/mypy

contracts: .venv/installed
	$(BIN)/lint-imports

versions: .venv/installed  ## the same run on every supported Python that is installed
	$(BIN)/python -m tests.determinism.versions

.venv/rivals/installed: .venv/installed scenarios/bench/rivals.lock
	$(PYTHON) -m venv --clear .venv/rivals
	.venv/rivals/bin/pip install --quiet --disable-pip-version-check --require-hashes -r scenarios/bench/rivals.lock
	touch $@

bench: .venv/rivals/installed  ## what the simulation costs, against named floors
	$(BIN)/stormproof bench --rivals .venv/rivals/bin/python

bench-lock:  ## renew the lock of the engines that the bench compares with (needs uv)
	uv pip compile scenarios/bench/rivals.txt --universal --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --no-header --upgrade --output-file scenarios/bench/rivals.lock

lock:  ## renew requirements.lock and that of the clients (needs uv)
	uv pip compile pyproject.toml --extra dask --extra live --extra loopback --extra models --extra notebooks --extra postgres --group dev --universal --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --no-header --upgrade --output-file requirements.lock
	uv pip compile tests/wire/clients.in --universal --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --no-header --upgrade --output-file tests/wire/clients.lock

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
