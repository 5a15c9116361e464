# make demo    the whole story on this machine; prints one address to open (ARGS="--once": played and checked, no browser)
# make test    lint, types and every test: the quick ones two at a time, those with real servers one by one
# make check   lint, types and the quick tests
# make evaluate    what fall detection is worth, on DATA (recordings; left out: simulated homes alone), into report.html
# make benchmarks  what a radar's frame costs, beside a plain parser
# make fuzz        harmed bytes into every parser, MINUTES each
# make train-falls  the networks that score who came down, anew, from simulated homes (an hour)
# make train-eye    a field's two networks, anew, from the labelled pictures in WILDLIFE (an hour on two cores)
# make lock    write requirements/*.txt again from pyproject.toml (UV=path of uv)

VENV := .venv
PYTHON ?= python3
UV ?= uv
BIN := $(VENV)/bin
LIVES := $(foreach seed,500000 800000 900000 1000000 1100000,build/descents-$(seed).npz)
WILDLIFE ?= data/wildlife
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_NO_INPUT := 1

.PHONY: demo test check lint servers lock evaluate benchmarks fuzz train-falls train-eye

demo: $(VENV)/demo.installed
	@exec $(BIN)/mimamori demo $(ARGS)

test: $(VENV)/test.installed servers lint
	$(BIN)/pytest -n 2 -m "not system" $(ARGS)
	$(BIN)/pytest -m system $(ARGS)

check: $(VENV)/test.installed lint
	$(BIN)/pytest -n 2 -m "not system" $(ARGS)

lint: $(VENV)/test.installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

# The broker, the databases and the browser that the system tests use. Without root they are left out, and those tests say so.
servers:
	@sh tests/system/install_servers.sh

# pip is what a venv lacks when Debian's python3-venv is not there: such a half-made one is made again.
$(VENV)/%.installed: requirements/%.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	    { echo "Python 3.11 or later is needed: make PYTHON=python3.11 ..." >&2; exit 1; }
	@test -x $(BIN)/pip || $(PYTHON) -m venv $(VENV) >/dev/null || \
	    { echo "cannot make $(VENV): install Python's venv module first (Debian: apt install python3-venv)" >&2; exit 1; }
	@echo "installing into $(VENV) what requirements/$*.txt names (once)"
	@$(BIN)/pip install --quiet --require-hashes --only-binary=:all: -r requirements/$*.txt
	@$(BIN)/pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

DATA ?=
DAYS ?= 3
FALLS ?= 88
MINUTES ?= 1
evaluate: $(VENV)/test.installed
	$(BIN)/mimamori evaluate falls $(DATA) --simulated $(DAYS) --falls $(FALLS) --html report.html $(ARGS)

benchmarks: $(VENV)/test.installed
	$(BIN)/python -m benchmarks falls $(ARGS)

fuzz: $(VENV)/test.installed
	$(BIN)/python -m benchmarks.fuzz --minutes $(MINUTES) $(ARGS)

build/descents-%.npz:
	@mkdir -p build
	$(BIN)/mimamori evaluate descents $@ --days 24 --falls 800 --seed $*

train-falls: $(VENV)/test.installed $(LIVES)
	$(BIN)/pip install --quiet --no-build-isolation -e ".[train]"
	$(BIN)/python -m models.falls.scorer $(LIVES)
	$(BIN)/python -m models.falls.scorer build/descents-1100000.npz --of sitting --epochs 30

train-eye: $(VENV)/test.installed
	$(BIN)/pip install --quiet --no-build-isolation -e ".[train]"
	$(BIN)/python -m simulators.field.export build/drawn
	$(BIN)/python -m models train --data $(WILDLIFE)/train.json --data build/drawn/drawn.json --check $(WILDLIFE)/check.json \
		--quiet $(WILDLIFE)/trailcam --rate 0.002 --minutes 35 --out build/nano
	$(BIN)/python -m models names --data $(WILDLIFE)/train.json --data build/drawn/drawn.json --check $(WILDLIFE)/check.json \
		--quiet $(WILDLIFE)/trailcam --detector build/nano/macaque_nano.json --out build/names

lock:
	sh requirements/lock.sh $(UV)
