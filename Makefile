# Every target sets up what it needs: a fresh machine wants only Python 3.11 to 3.13, pip and make.
PYTHON ?= python3
BIN := .venv/bin
SEEDS ?= 100
FROM ?= 1

# What stands beside us in the environment (nats-server, toxiproxy-server, …) is found by its name, after the machine's own.
export PATH := $(PATH):$(CURDIR)/$(BIN):$(CURDIR)/.venv/judges/bin

.PHONY: demo test chaos wire wire-quick servers judges audit explore clients check lint types contracts versions bench bench-lock lock clean

.venv/installed: requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(None if (3, 11) <= sys.version_info < (3, 14) else "stormproof needs Python 3.11, 3.12 or 3.13; this is " + sys.version.split()[0] + ". Choose one: make PYTHON=python3.12 …")'
	$(PYTHON) -m venv --clear .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	$(BIN)/python -m compileall -q .venv/lib >/dev/null || true
	touch $@

demo: .venv/installed  ## one bot, two exchanges, six kinds of bad weather, in under a minute
	$(BIN)/stormproof demo

test: clients judges  ## everything that a checkout needs to be trusted
	$(BIN)/pytest -n 2

chaos: .venv/installed  ## the library, a fixed corpus of explored seeds, and the same runs twice: some ten minutes
	$(BIN)/pytest -n 2 -m chaos tests/suite --junitxml=chaos.xml

wire: servers  ## real servers, real processes, real sockets: some minutes
	$(BIN)/pytest -m wire tests/real

wire-quick: servers  ## the part of it that decides what lands
	$(BIN)/pytest -m "wire and quick" tests/real

servers: .venv/bin/toxiproxy-server  ## what the tests with real processes start: Toxiproxy (by Go) and PostgreSQL (by apt)
	.ci/postgres

.venv/bin/toxiproxy-server: .venv/installed
	@command -v go >/dev/null || { echo "Toxiproxy is built by Go 1.23 or later: install it from Debian's golang or go.dev"; exit 1; }
	GOBIN=$(CURDIR)/.venv/go go install github.com/Shopify/toxiproxy/v2/cmd/server@v2.12.0
	mv .venv/go/server $@

judges: .venv/judges/installed  ## the tools that judge what is shipped, in an environment of their own

.venv/judges/installed: .venv/installed deploy/judges.lock
	$(PYTHON) -m venv --clear .venv/judges
	.venv/judges/bin/pip install --quiet --disable-pip-version-check --require-hashes -r deploy/judges.lock
	touch $@

audit: judges  ## known weaknesses of what we depend on (asks PyPI); deploy/AUDIT.md says what came of it
	.venv/judges/bin/pip-audit --strict --disable-pip --require-hashes -r requirements.lock
	.venv/judges/bin/pip-audit --strict --disable-pip --require-hashes -r deploy/judges.lock

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

lock:  ## renew requirements.lock, and those of the clients, the judges and the image (needs uv)
	uv pip compile pyproject.toml --extra dask --extra live --extra loopback --extra models --extra notebooks --extra postgres --group dev --universal --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --no-header --upgrade --output-file requirements.lock
	uv pip compile tests/wire/clients.in --universal --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --no-header --upgrade --output-file tests/wire/clients.lock
	uv pip compile deploy/judges.in --universal --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --no-header --upgrade --output-file deploy/judges.lock
	uv pip compile pyproject.toml deploy/build.in --extra live --extra postgres --constraint requirements.lock --universal --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --no-header --output-file deploy/requirements.lock

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
