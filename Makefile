PYTHON ?= python3.11
VENV_PYTHON := .venv/bin/python

# Modules that are visible only through the caller's shell must not pass for installed ones.
unexport PYTHONHOME PYTHONPATH

.PHONY: report test lint test-units test-notebooks bench bench-networks bench-rivals lock clean

report: .venv/.installed
	$(VENV_PYTHON) report.py

# --keep-going: what follows is checked even if something has failed.
test: .venv/.installed
	@$(MAKE) --no-print-directory --keep-going --jobs=1 lint test-units test-notebooks

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
	  --nbval-lax --nbval-current-env --nbval-cell-timeout=1800 $$(ls -r notebooks/*.ipynb)

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
	rm -rf .venv .lock-venv .bench-venv .report-staging* .pytest_cache .ruff_cache .hypothesis build *.egg-info
	find . -name __pycache__ -prune -exec rm -rf {} +
