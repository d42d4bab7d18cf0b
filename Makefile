# The first Python from 3.11 on; PYTHON=… names another.
PYTHON ?= $(firstword $(foreach name,python3.11 python3.12 python3.13 python3.14 python3 python, \
  $(shell $(name) -c 'import sys; sys.version_info >= (3, 11) and print("$(name)")' 2>/dev/null)))
VENV_PYTHON := .venv/bin/python
# NB=06, or NB="06 07": these notebooks only.
NOTEBOOKS = $(foreach number,$(or $(NB),*),$(or $(wildcard notebooks/$(number)_*.ipynb), \
  $(error no notebook has the number $(number))))

# What is compiled is kept for the next run, of this machine only: it is made for its processor.
export JAX_COMPILATION_CACHE_DIR ?= $(CURDIR)/.jax-cache/$(shell uname -n)
export JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS ?= 0
# What cannot be read from there is compiled anew, and no notebook should show that. (Level 3: some
# processors are told by XLA, as an error, that each program was made for another; jax#38445.)
export PYTHONWARNINGS ?= ignore:Error reading persistent compilation cache,ignore:Error writing \
persistent compilation cache
export TF_CPP_MIN_LOG_LEVEL ?= 3

# Modules that are visible only through the caller's shell must not pass for installed ones.
unexport PYTHONHOME PYTHONPATH

UV := uv==0.13.9
# Tests that need nothing but the package's own dependencies; digits and k-means come with one of the
# report's.
CORE := adam adversarial bounds compare composed convolution criteria elimination ensemble \
  gradients models networks orders pruning rivals statistics tables tasks traced_training training
UNITS := -n auto --dist loadfile --no-loadscope-reorder

.PHONY: report test lint test-units test-notebooks test-site test-oldest test-newest test-wheel site \
  bench bench-networks bench-rivals bench-explore verdicts lock clean

report: .venv/.installed
	$(VENV_PYTHON) report.py $(NB)

# --keep-going: what follows is checked even if something has failed.
test: .venv/.installed
	@$(MAKE) --no-print-directory --keep-going --jobs=1 \
	  $(if $(NB),test-notebooks,lint test-units test-notebooks test-site)

lint: .venv/.installed
	$(VENV_PYTHON) -m ruff format --check . && $(VENV_PYTHON) -m ruff check .

# A file's tests stay together; in alphabetical order, because one of the first takes longest.
test-units: .venv/.installed
	$(VENV_PYTHON) -m pytest $(UNITS) tests

# With the oldest versions that pyproject.toml allows, and with the newest there are. (What is by now
# deprecated in old ones is no fault of theirs.)
test-oldest: DEPRECATED := -W ignore::DeprecationWarning
test-oldest test-newest: test-%: .%-venv/.installed
	.$*-venv/bin/python -m pytest $(UNITS) $(DEPRECATED) tests --ignore tests/test_environment.py

# The package as others get it: built, installed without the report's dependencies, and tested.
test-wheel: .venv/.installed
	rm -rf dist build .wheel-venv
	$(VENV_PYTHON) -m uv build --quiet --out-dir dist
	"$(PYTHON)" -m venv .wheel-venv
	.wheel-venv/bin/python -m pip install --quiet dist/*.whl \
	  beartype dm-haiku equinox hypothesis pytest pytest-xdist
	cd tests && ! ../.wheel-venv/bin/python -c 'import matplotlib' 2>/dev/null
	cd tests && ! ../.wheel-venv/bin/python -c 'import IPython' 2>/dev/null
	.wheel-venv/bin/pytest $(UNITS) -o pythonpath= -k 'not digits and not folding_is_exact' $(CORE:%=tests/test_%.py)

# The kernel has to come from .venv, not from a `python3` registered in the user's home,
# and what the notebooks draw goes to a directory that is thrown away. Two at a time, as in
# `make report`, the longest first. Half of the report's seeds take less time, and a verdict that
# hangs on the other half shows. (F1 in 04 keeps its seeds, 08 those of its rare units, and 09 has
# its own.)
test-notebooks: export PRUNE_UTILS_SEEDS ?= 128
test-notebooks: .venv/.installed
	figures=$$(mktemp -d) && trap 'rm -rf "$$figures"' EXIT && trap 'exit 130' INT && \
	TQDM_DISABLE=1 PRUNE_UTILS_FIGURES="$$figures" $(VENV_PYTHON) -m pytest \
	  -n 2 --dist loadfile --no-loadscope-reorder \
	  --nbval-lax --nbval-current-env --nbval-cell-timeout=1800 $$(ls -r $(NOTEBOOKS))

# The report as pages, from the notebooks as they are, and the explorable among them.
site: .venv/.installed
	rm -rf _site
	$(VENV_PYTHON) site/pages.py _site

# In a browser, where one is found.
test-site: .venv/.installed
	$(VENV_PYTHON) -m pytest -n 2 -rs site/tests

# A first call is measured as one.
bench bench-networks bench-rivals: export JAX_ENABLE_COMPILATION_CACHE := false

# PyTorch has an environment of its own, so that nothing of the report can come to depend on it.
bench: .venv/.installed .bench-venv/.installed
	$(VENV_PYTHON) benchmarks/bench.py
	TQDM_DISABLE=1 $(VENV_PYTHON) benchmarks/bench_step.py
	$(VENV_PYTHON) benchmarks/bench_processes.py
	TQDM_DISABLE=1 $(VENV_PYTHON) benchmarks/profile_step.py

# How long tracing and pruning take, and how fast the pruned networks are; beside Torch-Pruning.
bench-networks: .venv/.installed .bench-venv/.installed
	$(VENV_PYTHON) benchmarks/bench_networks.py

# Ours beside what others do, on the same networks. Fashion-MNIST is looked for where Debian's package
# puts it; FASHION_MNIST=folder names another place.
bench-rivals: .venv/.installed .bench-venv/.installed
	TQDM_DISABLE=1 $(VENV_PYTHON) benchmarks/bench_rivals.py

bench-explore: .venv/.installed
	$(VENV_PYTHON) benchmarks/bench_explore.py

# The verdicts under other keys, versions and processors: hours, even with PRUNE_UTILS_SEEDS=128.
verdicts: .venv/.installed .oldest-venv/.installed .newest-venv/.installed
	$(VENV_PYTHON) benchmarks/verdicts.py

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

.oldest-venv/.installed: RESOLUTION := lowest-direct
.newest-venv/.installed: RESOLUTION := highest
.oldest-venv/.installed .newest-venv/.installed: pyproject.toml
	rm -rf $(@D)
	"$(PYTHON)" -m venv $(@D)
	$(@D)/bin/python -m pip install --quiet $(UV)
	$(@D)/bin/python -m uv pip install --quiet --no-config --python $(@D)/bin/python \
	  --resolution $(RESOLUTION) setuptools -e '.[test]'
	touch $@

# One version of each package for every platform and Python version. setuptools is added
# because the editable install builds with what is in .venv.
lock:
	"$(PYTHON)" -m venv .lock-venv
	.lock-venv/bin/python -m pip install --quiet $(UV)
	echo setuptools | .lock-venv/bin/python -m uv pip compile --quiet --no-config --upgrade \
	  --universal --python-version 3.11 --fork-strategy fewest --all-extras --generate-hashes \
	  --no-annotate --no-emit-package prune-utils --custom-compile-command 'make lock' \
	  --output-file requirements.txt - pyproject.toml
	rm -rf .lock-venv

clean:
	rm -rf _site .jax-cache .venv .*-venv .report-staging* .pytest_cache .ruff_cache .hypothesis build dist *.egg-info
	find . -name __pycache__ -prune -exec rm -rf {} +
