PYTHON ?= python3.11
STUDY ?=
STUDIES ?=
STUDY_NAME ?= emoji
ARGS ?=
SIZES ?=
KILLS ?= 20
BIN := .venv/bin
# Each job is a process: without bytecode on disk, each compiles the library anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: run plan new rehearse compare verify test test-studies test-faults test-cluster kernels lint format docs report benchmark benchmark-scale profile compare-readers wheel lock clean help

run: .venv/installed ## train, measure and report the default study (STUDY=config/other.yaml: another one)
	$(BIN)/python scripts/check_study.py "$(or $(STUDY),config/config.yaml)"
	PATH="$(CURDIR)/$(BIN):$$PATH" python scripts/alone.py snakemake --cores all --resources gpu=1 $(if $(STUDY),--configfile "$(STUDY)")

plan: .venv/installed ## what a study will cost, before any of it runs (STUDY=config/other.yaml; ARGS="--cores 64 --gpus 4 --without imagenet")
	$(BIN)/python scripts/plan_study.py "$(or $(STUDY),config/config.yaml)" $(ARGS)

new: .venv/installed ## write a study of your own, each key explained (STUDY=config/mine.yaml; it asks, or ARGS="--arrays file.npy")
	$(BIN)/python scripts/new_study.py "$(or $(STUDY),config/mine.yaml)" $(ARGS)

rehearse: .venv/installed ## prove a study on a miniature of it, from downloads to report (STUDY=config/yaras2024.yaml)
	$(BIN)/python scripts/rehearse.py "$(or $(STUDY),config/config.yaml)" $(ARGS)

compare: .venv/installed ## results of several studies beside each other (STUDIES="emoji mine", names as in results/)
	$(BIN)/python scripts/compare_studies.py $(STUDIES)

verify: .venv/installed ## whether a finished study's tables and inputs are still those that it recorded (STUDY=config/other.yaml)
	$(BIN)/python scripts/verify_study.py "$(or $(STUDY),config/config.yaml)"

# Files in the order given, the long ones first: the last of them must not keep one process waiting.
PYTEST = PATH="$(CURDIR)/$(BIN):$$PATH" pytest -n 2 --dist loadfile --no-loadscope-reorder

test: .venv/installed .peers/installed lint ## the tests, but for whole studies
	$(PYTEST) -m "not study" tests/workflow tests/unit

test-studies: .venv/installed .peers/installed ## whole studies, small, from their data to the report
	$(PYTEST) -m study tests/workflow

# The copies of the project that it makes run `make` themselves, with this environment.
test-faults: .venv/installed ## a study that is killed (KILLS=5: so often), a full disk, damaged files
	KILLS=$(KILLS) $(PYTEST) tests/faults

# As root on Debian it installs Slurm itself; where it cannot, it says what is missing, and fails.
test-cluster: .venv/installed ## a study on a Slurm of two nodes that runs here, and the other profiles (as root)
	PATH="$(CURDIR)/$(BIN):$$PATH" pytest tests/cluster

# Other processors sum in another order: numbers must not depend on it by more than tests allow.
NUMERIC = $(addprefix tests/unit/,claims closing effects measures models origin training test_copies.py test_errata.py) \
	--ignore tests/unit/models/test_hub.py
kernels: .venv/installed ## the tests of numbers as on older processors, on one thread and on two
	PATH="$(CURDIR)/$(BIN):$$PATH" ATEN_CPU_CAPABILITY=default ONEDNN_MAX_CPU_ISA=SSE41 \
		OPENBLAS_CORETYPE=Prescott OMP_NUM_THREADS=1 pytest -n 2 --dist loadfile $(NUMERIC)
	PATH="$(CURDIR)/$(BIN):$$PATH" ATEN_CPU_CAPABILITY=avx2 ONEDNN_MAX_CPU_ISA=AVX2 \
		OPENBLAS_CORETYPE=Haswell OMP_NUM_THREADS=2 pytest -n 2 --dist loadfile $(NUMERIC)

lint: .venv/installed ## check style and the workflow
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/snakefmt --check Snakefile workflow
	$(BIN)/snakemake --lint

format: .venv/installed ## put the code in its standard form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/snakefmt Snakefile workflow

docs: .venv/installed ## the documentation as a site in site/, with the default study's figures where it has run
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

report: run ## the same as run: the report is part of the study

benchmark: .venv/installed .peers/installed ## speed and memory against the obvious way, and against other packages
	$(BIN)/python tests/benchmark.py
	$(BIN)/python tests/benchmark_peers.py

# A million pairs need 9 GB of disk in the folder of temporary files, and 4 GB of memory a job.
benchmark-scale: .venv/installed ## time and memory up to a million pairs, an hour (SIZES="1000 10000": less): writes docs/performance.md
	$(BIN)/python tests/benchmark_scale.py $(SIZES)

profile: .venv/installed ## where the time of a finished study went (STUDY_NAME=other): writes docs/performance.md
	$(BIN)/python tests/profile_study.py $(STUDY_NAME)

compare-readers: .venv/installed .peers/installed ## what other tools read from odd files: writes docs/readers.md
	$(BIN)/python tests/compare_readers.py

wheel: .venv/installed ## the library alone, as a wheel in dist/
	$(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-deps --wheel-dir dist .
	rm -rf build scripts/modality_gap.egg-info

lock: ## write requirements.lock anew (needs uv)
	uv pip compile pyproject.toml --group workflow --group docs --group dev --universal --python-version 3.11 \
		--no-emit-index-url --no-header --no-annotate --quiet --upgrade \
	| sed -E "/>= '3.12'|== 'win32'$$|emscripten' and|and sys_platform == 'emscripten'/d; \
		s/ ; python_full_version < '3.12'$$//; s/ ; sys_platform != 'emscripten'$$//; \
		s/python_full_version < '3.15' and //; s/^(greenlet|hf-xet)(==[^ ]*).*/\1\2/" \
	> requirements.lock

clean: ## delete everything that was made, except the environment
	rm -rf .snakemake logs benchmarks dist rehearsals site
	find results -mindepth 1 -not -name README.md -delete

help: ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 18

.venv/installed: requirements.lock
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	touch $@

# What our numbers and times are compared with; clip-benchmark needs an older NumPy than ours.
.peers/installed: .venv/installed tests/peers.txt
	rm -rf .peers
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps \
		--target .peers -r tests/peers.txt
	touch $@
