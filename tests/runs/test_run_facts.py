"""What is known of a run is read from its files."""

import json

from rmdn_tf.runs.paths import default_directory
from rmdn_tf.runs.run_facts import describe_run


def test_a_card_keeps_its_links_to_pages_and_loses_those_to_files(tmp_path):
    (tmp_path / "MODEL_CARD.md").write_text(
        "See [limits](../docs/limits.md#all) and [Keras](https://keras.io)."
    )
    assert describe_run(tmp_path) == {
        "model_card": "See limits and [Keras](https://keras.io)."
    }


def test_the_shipped_model_is_described_by_its_card():
    card = describe_run(default_directory())["model_card"]
    words = " ".join(card.split())
    assert "Xu, Jiang, Sun, Ye and Wang" in words and "](../" not in card


def test_all_datasets_of_a_run_and_its_start_are_told(tmp_path):
    settings = {
        "dataset": {"name": "clips"},
        "mixed": [{"name": "faces"}, {"name": "scenes"}],
        "model": {},
        "training": {},
        "init_from": "0123",
    }
    told = {"dataset": "clips", "mixed": ["faces", "scenes"]}
    file = tmp_path / "training.json"
    file.write_text(json.dumps(settings))
    assert describe_run(tmp_path) == told | {"init_from": "0123"}
    file.write_text(json.dumps(settings | {"mixed": None, "init_from": None}))
    assert describe_run(tmp_path) == {"dataset": "clips"}


def test_test_scores_say_what_they_were_computed_on(tmp_path):
    scores = {
        "dataset": "demo",
        "num_frames": 96,
        "num_videos": 2,
        "scores": {"model": {"bits": {"mean": 1.5, "low": 1.0, "high": 2.0}}},
    }
    (tmp_path / "test_scores.json").write_text(json.dumps(scores))
    assert describe_run(tmp_path) == {
        "test": {
            "bits": 1.5,
            "scored_frames": "96 frames of 2 videos of the split test of demo",
        }
    }
