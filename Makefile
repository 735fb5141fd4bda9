# `make demo` and `make test` are all a newcomer needs; both install first.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV ?= .venv
REQUIREMENTS ?= requirements.txt
RUN = $(VENV)/bin/python
RMDN_REAL_DATA ?= ../shared/data

# As `rmdn_tf` sets it, for modules that import TensorFlow first.
benchmark: export TF_ENABLE_ONEDNN_OPTS ?= 1

.PHONY: demo install requirements test test-quick test-pinned lint benchmark docs docs-serve

# A public clip that the model which comes along was not trained on.
REAL_CLIP = $(wildcard $(RMDN_REAL_DATA)/dhf1k/video/002.AVI)

demo: $(VENV)/installed
	$(RUN) train_tf.py --dataset demo --num_epochs 6
ifeq ($(REAL_CLIP),)
	$(RUN) -m tfrecords_tools.demo_video runs/demo.mp4
	$(RUN) -m rmdn_tf.predict --video runs/demo.mp4 --output runs/overlay.mp4
else
	$(RUN) -m rmdn_tf.predict --video $(REAL_CLIP) --output runs/overlay.mp4
endif

test: $(VENV)/installed
	$(RUN) -m pytest

test-quick: $(VENV)/installed
	$(RUN) -m pytest -m "not slow"

# The tests that CI runs on the pinned set. On the newest set it runs all tests.
test-pinned: $(VENV)/installed
	$(RUN) -m pytest -m "versions or not slow"

lint: $(VENV)/installed
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports --no-logo

docs docs-serve: export NO_MKDOCS_2_WARNING = 1

docs: $(VENV)/installed
	$(RUN) -m mkdocs build --strict

docs-serve: $(VENV)/installed
	$(RUN) -m mkdocs serve

benchmark: $(VENV)/installed
	$(RUN) -m benchmarks.training_speed
	$(RUN) -m benchmarks.training_growth
	$(RUN) -m benchmarks.metrics_speed
	$(RUN) -m benchmarks.interval_coverage
	$(RUN) -m benchmarks.training_memory

# The package alone, at the pinned versions, without what only developers need.
install:
	test -x $(RUN) || $(PYTHON) -m venv $(VENV)
	$(INSTALL_UV)
	$(RUN) -m uv pip install --quiet --constraints $(REQUIREMENTS) .

# Exact versions with hashes: the oldest TensorFlow with all extras, and the newest
# version of everything, without Apache Beam, which does not allow the newest NumPy.
requirements: $(VENV)/installed
	$(COMPILE) --python-version 3.11 --all-extras \
		--output-file requirements.txt
	$(COMPILE) --python-version 3.13 --upgrade \
		--extra azure --extra gs --extra hdfs --extra http --extra s3 \
		--extra dask --extra serving --extra view --extra notebook --extra dev \
		--extra litert --extra onnx --extra openvino \
		--output-file requirements-newest.txt

COMPILE = $(RUN) -m uv pip compile pyproject.toml --quiet --generate-hashes \
	--no-emit-index-url --custom-compile-command "make requirements"

# uv, at the version and with the hashes of the requirements.
INSTALL_UV = sed -n '/^uv==/,/[^\]$$/p' $(REQUIREMENTS) > $(VENV)/uv.txt \
	&& $(RUN) -m pip install --quiet --require-hashes \
		--requirement $(VENV)/uv.txt

$(VENV)/installed: $(REQUIREMENTS) pyproject.toml setup.py
	test -x $(RUN) || $(PYTHON) -m venv $(VENV)
	$(INSTALL_UV)
	$(RUN) -m uv pip install --quiet --require-hashes \
		--requirements $(REQUIREMENTS)
	$(RUN) -m uv pip install --quiet --no-deps --no-build-isolation --editable .
	touch $@
