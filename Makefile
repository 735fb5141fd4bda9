# `make demo` and `make test` are all a newcomer needs; both install first.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV ?= .venv
REQUIREMENTS ?= requirements.txt
RUN = $(VENV)/bin/python
RMDN_REAL_DATA ?= ../shared/data

# As `rmdn_tf` sets it, for modules that import TensorFlow first.
benchmark: export TF_ENABLE_ONEDNN_OPTS ?= 1

.PHONY: demo test test-quick lint benchmark docs docs-serve

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

lint: $(VENV)/installed
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/lint-imports --no-logo

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

$(VENV)/installed: $(REQUIREMENTS) setup.py
	test -x $(RUN) || $(PYTHON) -m venv $(VENV)
	$(RUN) -m pip install --quiet --no-compile \
		--requirement $(REQUIREMENTS)
	$(RUN) -m pip install --quiet --no-deps --editable .
	touch $@
