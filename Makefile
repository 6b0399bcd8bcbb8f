# Thin on purpose: each target is a line or two; scripts/setup.sh does the set-up and is quick when nothing is missing.
PY := .venv/bin/python

.PHONY: run test lint bench faults soak screenshots doctor weights calibration deb clean

run:
	@bash scripts/setup.sh run
	@$(PY) run_kiosk.py run $(ARGS)

test:
	@bash scripts/setup.sh test
	@QT_QPA_PLATFORM=offscreen $(PY) -m pytest $(ARGS)

lint:
	@bash scripts/setup.sh test
	@.venv/bin/ruff check . && .venv/bin/mypy && .venv/bin/lint-imports

bench: # make bench [ARGS="--data DIR"]: every part beside what would be used instead; a table, and build/bench.json
	@bash scripts/setup.sh bench
	@$(PY) benchmarks/bench.py $(ARGS)

faults: # kills, full disks, torn files, broken cameras: a table, and build/faults.json
	@bash scripts/setup.sh test
	@QT_QPA_PLATFORM=offscreen $(PY) -m tests.faults.harness $(ARGS)

soak: # a busy day at the door as fast as this machine can: memory and open files stay flat
	@bash scripts/setup.sh test
	@$(PY) -m tests.faults.soak $(ARGS)

screenshots:
	@bash scripts/setup.sh run
	@$(PY) scripts/screenshots.py docs/screenshots

doctor:
	@bash scripts/setup.sh run
	@$(PY) run_kiosk.py doctor

weights: # make weights POOL=DIR [ARGS="--epochs 40"]: repeats the training of the shipped network
	@bash scripts/setup.sh test
	@$(PY) run_kiosk.py train distil "$(POOL)" $(ARGS)

deb: # make deb, then as root: scripts/test_deb.sh build/munjigi_*.deb
	@bash scripts/setup.sh run
	@bash scripts/build_deb.sh

calibration: # make calibration DATA=DIR [NETWORKS="dlib siamese"] [CACHE=build/faces] [ARGS=--reference]: docs/calibration.md anew
	@bash scripts/setup.sh test
	@$(PY) benchmarks/calibration.py "$(DATA)" --networks $(or $(NETWORKS),dlib siamese) --cache "$(or $(CACHE),build/faces)" $(ARGS)

clean:
	rm -rf .venv build weights/cache
