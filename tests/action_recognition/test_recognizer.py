"""Recognizers as they are saved: values that no training writes."""

import dataclasses
import json

import numpy as np
import pytest

from rmdn_tf.action_recognition.linear_svm import (
    LinearClassifier,
    save_classifier,
)
from rmdn_tf.action_recognition.recipes import AttentionConfig, NetworkConfig
from rmdn_tf.action_recognition.recognizer import (
    CENTRE_FILE,
    CLASSIFIER_FILE,
    RECOGNIZER_FILE,
    VERSION,
    FrameForm,
    load_recognizer,
)
from rmdn_tf.files.arrays import write_arrays

DOCUMENT = {
    "version": VERSION,
    "use": "attention",
    "network": dataclasses.asdict(NetworkConfig()),
    "attention": dataclasses.asdict(AttentionConfig(source="tcb")),
    "frames": dataclasses.asdict(FrameForm((16, 20), None, 0.0)),
    "made_by": {"attention": {}},
    "arrays": "0" * 64,
}


def write(directory, document):
    classifier = LinearClassifier(("a", "b"), np.zeros([3, 2]), np.zeros(2))
    save_classifier(directory / CLASSIFIER_FILE, classifier)
    centre = np.zeros([4, 6], np.float32)
    write_arrays(directory / CENTRE_FILE, parameters=centre)
    (directory / RECOGNIZER_FILE).write_text(json.dumps(document))


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("$", []),
        ("version", None),
        ("version", VERSION + 1),
        ("use", ["attention"]),
        ("use", "none"),
        ("network", None),
        ("network.network", 3),
        ("network.features", []),
        ("network.clip_stride", 0),
        ("network.seed", "0"),
        ("attention", []),
        ("attention.model", None),
        ("attention.tcb_share", 2),
        ("frames.size", [16]),
        ("frames.size", [10**9, 10**9]),
        ("frames.max_size", "20"),
        ("frames.frames_per_second", None),
        ("frames.frames_per_second", 1e300),
        ("made_by", "me"),
        ("arrays", 3),
    ],
)
def test_a_value_of_another_kind_is_refused_with_its_place(
    tmp_path, place, value
):
    document = json.loads(json.dumps(DOCUMENT))
    if place == "$":
        document = value
    else:
        *parents, last = place.split(".")
        part = document
        for key in parents:
            part = part[key]
        part[last] = value
        place = f"$.{place}"
    write(tmp_path, document)
    with pytest.raises(ValueError) as error:
        load_recognizer(tmp_path)
    assert f"'{tmp_path / RECOGNIZER_FILE}' at {place}" in str(error.value)


@pytest.mark.parametrize("name", ["network", "attention"])
def test_a_setting_of_a_newer_release_is_refused_as_such(tmp_path, name):
    changed = {name: DOCUMENT[name] | {"colour": 1}}
    write(tmp_path, DOCUMENT | changed)
    with pytest.raises(ValueError, match="'colour', perhaps of a newer rel"):
        load_recognizer(tmp_path)


@pytest.mark.parametrize(
    "arrays", [{}, {"parameters": np.zeros(6)}, {"other": np.zeros([4, 6])}]
)
def test_a_centre_of_another_shape_is_refused(tmp_path, arrays):
    write(tmp_path, DOCUMENT)
    write_arrays(tmp_path / CENTRE_FILE, **arrays)
    with pytest.raises(ValueError, match="centre.npz'. Expected `parameters`"):
        load_recognizer(tmp_path)
