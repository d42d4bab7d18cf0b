# The first Python from 3.11 on; PYTHON=… names another.
PYTHON ?= $(firstword $(foreach name,python3.11 python3.12 python3.13 python3.14 python3 python, \
  $(shell $(name) -c 'import sys; sys.version_info >= (3, 11) and print("$(name)")' 2>/dev/null)))
VENV_PYTHON := .venv/bin/python
# NB=06, or NB="06 07": these notebooks only.
NOTEBOOKS = $(or $(foreach number,$(or $(NB),*),$(wildcard notebooks/$(number)_*.ipynb)), \
  $(error no notebook has the number $(NB)))

# What is compiled is kept for the next run, of this machine only: it is made for its processor.
export JAX_COMPILATION_CACHE_DIR ?= $(CURDIR)/.jax-cache/$(shell uname -n)
export JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS ?= 0
# What cannot be read from there is compiled anew, and no notebook should show that. (Level 3: some
# processors are told by XLA, as an error, that each program was made for another; jax#38445.)
export PYTHONWARNINGS ?= ignore:Error reading persistent compilation cache
export TF_CPP_MIN_LOG_LEVEL ?= 3

# Modules that are visible only through the caller's shell must not pass for installed ones.
unexport PYTHONHOME PYTHONPATH

.PHONY: report test lint test-units test-notebooks bench bench-networks bench-rivals lock clean

report: .venv/.installed
	$(VENV_PYTHON) report.py $(NB)

# --keep-going: what follows is checked even if something has failed.
test: .venv/.installed
	@$(MAKE) --no-print-directory --keep-going --jobs=1 \
	  $(if $(NB),test-notebooks,lint test-units test-notebooks)

lint: .venv/.installed
	$(VENV_PYTHON) -m ruff format --check . && $(VENV_PYTHON) -m ruff check .

# A file's tests stay together; in alphabetical order, because one of the first takes longest.
test-units: .venv/.installed
	$(VENV_PYTHON) -m pytest -n auto --dist loadfile --no-loadscope-reorder tests

# The kernel has to come from .venv, not from a `python3` registered in the user's home,
# and what the notebooks draw goes to a directory that is thrown away. Two at a time, as in
# `make report`, the longest first.
test-notebooks: .venv/.installed
	figures=$$(mktemp -d) && trap 'rm -rf "$$figures"' EXIT && trap 'exit 130' INT && \
	TQDM_DISABLE=1 PRUNE_UTILS_FIGURES="$$figures" $(VENV_PYTHON) -m pytest \
	  -n 2 --dist loadfile --no-loadscope-reorder \
	  --nbval-lax --nbval-current-env --nbval-cell-timeout=1800 $$(ls -r $(NOTEBOOKS))

# PyTorch has an environment of its own, so that nothing of the report can come to depend on it.
bench: .venv/.installed .bench-venv/.installed
	$(VENV_PYTHON) benchmarks/bench.py
	TQDM_DISABLE=1 $(VENV_PYTHON) benchmarks/profile_step.py

# How long tracing and pruning take, and how fast the pruned networks are; beside Torch-Pruning.
bench-networks: .venv/.installed .bench-venv/.installed
	$(VENV_PYTHON) benchmarks/bench_networks.py

# Ours beside what others do, on the same networks. Fashion-MNIST is looked for where Debian's package
# puts it; FASHION_MNIST=folder names another place.
bench-rivals: .venv/.installed .bench-venv/.installed
	TQDM_DISABLE=1 $(VENV_PYTHON) benchmarks/bench_rivals.py

.bench-venv/.installed: benchmarks/requirements.txt
	rm -rf .bench-venv
	"$(PYTHON)" -m venv .bench-venv
	.bench-venv/bin/python -m pip install --quiet -r benchmarks/requirements.txt
	touch $@

.venv/.installed: requirements.txt pyproject.toml
	@test -n "$(PYTHON)" || { echo "No Python from 3.11 on was found (python3.11 … python3.14, python3, \
	python). Install one, or name it: make PYTHON=…" >&2; exit 1; }
	rm -rf .venv
	"$(PYTHON)" -m venv .venv
	$(VENV_PYTHON) -m pip install --quiet --require-hashes -r requirements.txt
	$(VENV_PYTHON) -m pip install --quiet --no-deps --no-build-isolation -e .
	touch $@

# One version of each package for every platform and Python version. setuptools is added
# because the editable install builds with what is in .venv.
lock:
	"$(PYTHON)" -m venv .lock-venv
	.lock-venv/bin/python -m pip install --quiet uv==0.13.9
	echo setuptools | .lock-venv/bin/python -m uv pip compile --quiet --no-config --upgrade \
	  --universal --python-version 3.11 --fork-strategy fewest --all-extras --generate-hashes \
	  --no-annotate --no-emit-package prune-utils --custom-compile-command 'make lock' \
	  --output-file requirements.txt - pyproject.toml
	rm -rf .lock-venv

clean:
	rm -rf .jax-cache .venv .lock-venv .bench-venv .report-staging* .pytest_cache .ruff_cache .hypothesis build *.egg-info
	find . -name __pycache__ -prune -exec rm -rf {} +
