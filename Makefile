# Every command prepares .venv by itself: uv is fetched where it is missing, the packages come
# from the hashed lock, and the package's own build hook builds the console. Only what changed
# is done again.

UV := $(or $(shell command -v uv 2>/dev/null),.uv/bin/uv)
BIN := .venv/bin
PAGES := src/turnkeeper/web/static/.stamp
CONSOLE := $(shell find console -mindepth 1 \( -name node_modules -prune \) -o -print 2>/dev/null)
# Pages that should be there and are not: install again, whatever the dates say.
ifeq ($(TURNKEEPER_SKIP_CONSOLE)$(wildcard $(PAGES)),)
ifneq ($(wildcard console/package.json),)
MISSING := no-pages
endif
endif

.DEFAULT_GOAL := help
.PHONY: help demo test check bench client lock clean no-pages

help:
	@echo "make demo    run everything on a temporary SQLite and open on the phone page (ARGS='--port 8088')"
	@echo "make test    run every test (ARGS='-k accept' for some)"
	@echo "make check   lint, formatting and types, of the Python and of the console"
	@echo "make bench   measure, and print the ratios"
	@echo "make client  write docs/openapi.json and the console's client after a change to the API"
	@echo "make lock    bring the lock in step with pyproject.toml (UPGRADE=1 for the newest of everything)"
	@echo "make clean   remove what the other commands made"

demo: .venv/.turnkeeper
	@$(BIN)/turnkeeper demo $(ARGS)

# Two processes: one for the tests with real servers, one for the others (tests/conftest.py). With ARGS one is quicker.
TOGETHER = $(if $(ARGS),,-n 2 --dist loadfile --no-loadscope-reorder)
test: .venv/.turnkeeper
	@$(BIN)/python -m pytest $(TOGETHER) $(ARGS)

check: .venv/.turnkeeper
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python hatch_build.py check

bench: .venv/.turnkeeper
	@$(BIN)/python -m benchmarks $(ARGS)

client: .venv/.turnkeeper
	$(BIN)/python console/client/generate.py

# uv does not read pip's configuration: pass its index on, unless uv was told one.
INDEX = UV_DEFAULT_INDEX="$${UV_DEFAULT_INDEX:-$${PIP_INDEX_URL:-$$(python3 -m pip config get global.index-url 2>/dev/null)}}"

COMPILE = $(INDEX) $(UV) pip compile --quiet --universal --generate-hashes --no-emit-index-url \
	--custom-compile-command "make lock" $(if $(UPGRADE),--upgrade) pyproject.toml
lock: | $(UV)
	$(COMPILE) --group dev --group bench -o requirements/dev.txt
	$(COMPILE) -c requirements/dev.txt -o requirements/runtime.txt

clean:
	rm -rf .venv .uv dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
	rm -rf src/turnkeeper/web/static console/node_modules console/client/node_modules
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.uv/bin/uv:
	@echo "Fetching uv ..."
	@python3 -m venv .uv || { echo "uv is missing, and python3 cannot make the environment to put it in:" \
		"install uv, or python3 with its venv module (Debian: apt-get install python3-venv)." >&2; \
		rm -rf .uv; exit 1; }
	@.uv/bin/python -m pip install --quiet --disable-pip-version-check "uv>=0.9"

.venv/.packages: requirements/dev.txt | $(UV)
	@echo "Installing the locked packages into .venv ..."
	@$(UV) venv --quiet --allow-existing --python "$${UV_PYTHON:->=3.11}" .venv
	@$(INDEX) $(UV) pip sync --quiet --python $(BIN)/python --require-hashes requirements/dev.txt
	@touch $@

.venv/.turnkeeper: .venv/.packages pyproject.toml hatch_build.py $(CONSOLE) $(MISSING) | $(UV)
	@echo "Installing turnkeeper and its console ..."
	@$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation \
		--reinstall-package turnkeeper --editable .
	@touch $@
