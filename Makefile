# Two commands: "make run" and "make test". Each target sets up what it needs, on a machine that has
# only Python 3.11-3.13 (with venv), git and make. PORT, HOST, ECARD_VAR and ECARD_DATA are passed on.
.DEFAULT_GOAL := help
.SUFFIXES:
PY := .venv/bin/python
CHECKED := $(wildcard biometrics ecard uploads wsgi.py)
WORKERS ?= 2
# a third of a small run is waiting; a full one measures
GATE_WORKERS ?= $(if $(FULL),$(WORKERS),3)
export PYTHON
# An empty value means no: byte code is kept, whatever the shell says, or each start compiles anew.
export PYTHONDONTWRITEBYTECODE :=

help:  ## this list
	@echo "Start with:  make run    then, in a second terminal:  make demo"
	@grep -hE '^[a-z-]+:.*## ' Makefile | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 24

environment:  ## makes .venv with every pinned package (all the others do this first)
	@packaging/environment

run: environment  ## serves the API with the demo region on 127.0.0.1:8000 (PORT=, HOST=, ECARD_VAR=)
	@$(PY) -m ecard run

demo: environment  ## plays a phone against the running server, then ten years of a family (ECARD_DATA=, or PORTRAIT= and LIVE=)
	@$(PY) -m ecard demo

test: environment  ## lint, types, import contracts, tests
	@$(MAKE) --no-print-directory -j 2 lint suite
	@echo 'All is well. Next: "make run" and "make demo" to see it, "make gates" for the slow checks.'

suite: environment  # beside lint, which needs one core for a while
	$(PY) -m pytest -q -n $(WORKERS)

lint: environment  ## style, format and types
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy $(CHECKED) packaging/setup_environment.py

gates:  ## every slow check at a smaller n; FULL=1 at full size, its figures kept in docs/measured/ (ONLY=tests/... for a part)
	@packaging/environment --gates
	ECARD_GATES=1 $(if $(FULL),ECARD_FULL=1) $(PY) -m pytest -q -m gate -n $(GATE_WORKERS) \
	  --dist loadfile --no-loadscope-reorder $(ONLY)

bench: BENCH := $(or $(OUT),var/bench)
bench: environment  ## measures faces and uploads, and prints every target beside what was measured (OUT=, ECARD_DATA=, FULL=1)
	@$(PY) -m biometrics.evaluation speed --out "$(BENCH)/speed"
	@$(PY) -m biometrics.evaluation threads --seconds 60 --warm 30 --rounds 3 --turn 10 --out "$(BENCH)/threads"
	@$(PY) -m biometrics.evaluation targets --speed "$(BENCH)/speed" --threads "$(BENCH)/threads" \
		--match docs/measured/faces/resnet docs/measured/faces/yunet-mobilefacenet
	@$(PY) -m uploads.evaluation speed --out "$(BENCH)/uploads"
	@$(PY) -m uploads.evaluation clean --out "$(BENCH)/clean" \
		$(if $(ECARD_DATA),--dir "$(ECARD_DATA)/documents")
	@$(if $(ECARD_DATA),$(PY) -m uploads.evaluation hostile --dir "$(ECARD_DATA)/hostile" \
		--out "$(BENCH)/hostile",echo "hostile files: ECARD_DATA is not set, left out")
	@$(if $(ECARD_DATA),$(PY) -m uploads.evaluation documents --dir "$(ECARD_DATA)/documents" --known \
		--every $(if $(FULL),1,4) --out "$(BENCH)/documents",echo "specimens: ECARD_DATA is not set, left out")
	@$(PY) -m uploads.evaluation targets --speed "$(BENCH)/uploads" --clean "$(BENCH)/clean" \
		--hostile "$(BENCH)/hostile" --documents "$(BENCH)/documents"

migrate: environment  ## brings the database up to date
	@$(PY) -m ecard migrate

openapi: environment  ## writes docs/openapi.json
	@$(PY) -m ecard openapi

docs: openapi  ## writes the generated pages: settings, error codes, states
	@$(PY) -m ecard docs

audit-verify: environment  ## walks the audit chain and names any row changed, removed or added
	@$(PY) -m ecard audit-verify

backup: environment  ## database and file store into TO, keys into TO.keys: make backup TO=path
	@$(PY) -m ecard backup "$(or $(TO),$(error say where to: make backup TO=path))"

restore: environment  ## puts a backup back, into an empty data folder: make restore FROM=path (KEYS=path)
	@$(PY) -m ecard restore "$(or $(FROM),$(error say where from: make restore FROM=path))" $(if $(KEYS),--keys "$(KEYS)")

clean:  ## removes .venv and caches, never the data in var/
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage build dist
	find biometrics ecard uploads tests packaging -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: help environment run demo test suite lint gates bench migrate openapi docs audit-verify backup restore clean
