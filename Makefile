# Two commands: `make demo` runs the whole path on real servers, `make test` proves it.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
UV := $(BIN)/uv
UV_VERSION := 0.13.9
INSTALLED := $(VENV)/.installed
LINE_LIMIT := 300

.DEFAULT_GOAL := help
.PHONY: help demo test check bench faults soak mutants lock clean servers

help: ## show this
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-7s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: servers ## run everything on real servers with real photographs (PHOTOS=12, EXIT=1 to stop at the end)
	@$(BIN)/darkroom demo $(if $(PHOTOS),--photos $(PHOTOS)) $(if $(EXIT),--exit)

test: servers ## every test, on real servers (ARGS="-k words" for some of them)
	@$(BIN)/pytest $(ARGS)

check: $(INSTALLED) ## lint, formatting, types, import rules, file length
	@$(BIN)/ruff check --no-cache .
	@$(BIN)/ruff format --no-cache --check .
	@$(BIN)/pyright
	@$(BIN)/lint-imports
	@git ls-files -co --exclude-standard -- '*.py' ':!events/generated.py' | xargs wc -l | awk '\
	  $$2 != "total" && $$1 > $(LINE_LIMIT) { print $$2 ": " $$1 " lines, the limit is $(LINE_LIMIT)"; long = 1 } \
	  END { exit long }'
	@! git grep -nE 'confluent_kafka[.]schema_registry' -- '*.py' ':!events' ':!tests' ':!bench' \
	  || { echo "only events/ (and bench/, for the reference) imports the schema registry's client"; exit 1; }
	@! git grep -nwE 'confluent_kafka.*(Producer|SerializingProducer|AIOProducer)' -- events projections web processors api \
	  || { echo "only producers/ and ops/ have a Kafka producer"; exit 1; }

bench: servers ## measure both sides of every figure, in a quarter of an hour (SIZE=large: longer; ARGS=names)
	@$(BIN)/python -m bench $(ARGS) $(if $(SIZE),--size $(SIZE))

faults: servers ## every fault once, on live servers under load, against an independent fold of the log
	@$(BIN)/pytest -s tests/faults $(ARGS)

soak: servers ## faults at random, under load (ROUNDS=20, SEED=1 for the same ones again)
	@$(BIN)/python -m tests.faults.soak $(or $(ROUNDS),20) $(SEED)

mutants: $(INSTALLED) ## small mistakes in the core rules: do the tests notice? (N=300, SEED=1)
	@$(BIN)/python -m tests.mutation --sample $(or $(N),300) --seed $(or $(SEED),1)

clean: ## stop what runs, and remove .venv, caches, and .darkroom with the local servers' data
	@if [ -x $(BIN)/darkroom ] && [ -e .darkroom/up.json ]; then $(BIN)/darkroom down; fi
	rm -rf $(VENV) .darkroom .pytest_cache .ruff_cache .hypothesis .import_linter_cache *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The lock names no registry: packages come from whichever index pip is set up for.
lock: $(VENV)/.uv ## resolve pyproject.toml again into requirements.lock
	$(UV) pip compile -q pyproject.toml --extra dev --extra demo --python-version 3.11 --no-emit-index-url \
	  --no-emit-find-links --no-annotate --custom-compile-command "make lock" -o requirements.lock

# Java, Maven and the servers' jars: costs nothing once they are there.
servers: $(INSTALLED)
	@$(BIN)/python -c "from ops.servers.jars import main; main()"

$(VENV)/pyvenv.cfg:
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) is missing: apt-get install python3.11 python3.11-venv" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "$(PYTHON) can't make a venv: apt-get install python3.11-venv" >&2; exit 1; }

$(VENV)/.uv: $(VENV)/pyvenv.cfg
	@$(BIN)/pip install -q --disable-pip-version-check uv==$(UV_VERSION)
	@touch $@

$(INSTALLED): requirements.lock pyproject.toml $(VENV)/.uv
	@$(UV) pip install -q --compile-bytecode --python $(BIN)/python -r requirements.lock
	@$(UV) pip install -q --python $(BIN)/python --no-deps -e .
	@touch $@
