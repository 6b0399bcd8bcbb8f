# Thin on purpose: each target is a line or two. scripts/setup.sh prepares .venv, and is quick when
# nothing is missing.
PY := .venv/bin/python
SETUP := @bash scripts/setup.sh
# tests run on at most four cores at a time; JOBS=0 runs them in one process
JOBS ?= auto
# compiled files are kept: without them each process of the tests compiles the whole program again
unexport PYTHONDONTWRITEBYTECODE
PYTEST := QT_QPA_PLATFORM=offscreen $(PY) -m pytest -n $(JOBS) --maxprocesses 4 --dist worksteal

.PHONY: run test check glass lint format bench fleet-bench faults attacks soak walk fleet-demo screenshots doctor weights deb docs calibration clean

run: # start the kiosk; without a display, its tour
	$(SETUP) run
	@$(PY) run_kiosk.py run $(ARGS)

test: # every test; make test ARGS="tests/unit/door -k claim"
	$(SETUP) test
	@$(PYTEST) $(ARGS)

glass: # every screen on every size of display, in both languages and all text sizes
	$(SETUP) test
	@EVERY_GLASS=1 $(PYTEST) -q tests/ui/test_every_glass.py $(ARGS)

check: # before a commit, in under a minute: style, format, types, contracts and the fast tests
	$(SETUP) test
	@bash scripts/lint.sh
	@$(PYTEST) -q -m "not slow" tests/unit $(ARGS)

lint: # style, format, types and import contracts
	$(SETUP) test
	@bash scripts/lint.sh

format: # correct style and format where ruff can
	$(SETUP) test
	@.venv/bin/ruff check --fix-only --quiet . && .venv/bin/ruff format .

bench: # make bench [ARGS="--data DIR"]: each part beside its alternatives; a table, and build/bench.json
	$(SETUP) bench
	@$(PY) benchmarks/bench.py $(ARGS)

fleet-bench: # make fleet-bench [ARGS="--people 5000"]: a fleet at a real PostgreSQL; build/fleet.json
	$(SETUP) test
	@$(PY) -m benchmarks.fleet_bench $(ARGS)

faults: # kills, full disks, broken cameras, a fleet's failures, attacks: build/faults.json, fleet-faults.json, attacks.json
	$(SETUP) test
	@QT_QPA_PLATFORM=offscreen $(PY) -m tests.faults.harness $(ARGS)
	$(if $(ARGS),,@QT_QPA_PLATFORM=offscreen $(PY) -m tests.faults.fleet_faults)
	$(if $(ARGS),,@QT_QPA_PLATFORM=offscreen $(PY) -m tests.attacks.harness)

attacks: # every attack of docs/threat-model.md; make attacks ARGS="--only A1"
	$(SETUP) test
	@QT_QPA_PLATFORM=offscreen $(PY) -m tests.attacks.harness $(ARGS)

soak: # a busy day at the door as fast as this machine can; memory and open files must stay flat
	$(SETUP) test
	@$(PY) -m tests.faults.soak $(ARGS)

walk: # daily chores by real clicks and keys on six sizes of glass; make walk ARGS="--size 800x480"
	$(SETUP) walk
	@$(PY) -m tests.walk.harness $(ARGS)

fleet-demo: # a desk and three doors with one list, one of them cut off; pictures in build/fleet-demo
	$(SETUP) test
	@$(PY) -m scripts.fleet_demo $(ARGS)

screenshots: # every screen in both languages, into docs/screenshots
	$(SETUP) run
	@$(PY) -m scripts.screenshots docs/screenshots

doctor: # what is missing on this machine
	$(SETUP) run
	@$(PY) run_kiosk.py doctor

weights: # make weights POOL=DIR [ARGS="--epochs 40"]: repeat the training of the shipped network
	$(SETUP) test
	@$(PY) run_kiosk.py train distil "$(POOL)" $(ARGS)

deb: # build the Debian package; then, as root: scripts/test_deb.sh build/munjigi_*.deb
	$(SETUP) run
	@bash scripts/build_deb.sh

docs: # the documentation as a site, with the API, in build/site
	$(SETUP) docs
	@$(PY) -m mkdocs build --quiet --strict

NETWORKS ?= dlib siamese
CACHE ?= build/faces

# make calibration DATA=DIR [NETWORKS="dlib siamese"] [CACHE=build/faces] [ARGS=--reference]
calibration: # measure the tables of docs/calibration.md
	$(SETUP) test
	@$(PY) benchmarks/calibration.py "$(DATA)" --networks $(NETWORKS) --cache "$(CACHE)" $(ARGS)

clean:
	rm -rf .venv build weights/cache
