"""What the spatial experiment compares its models with."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf
from scipy.stats import norm

from experiments.spatial.attention_center import AttentionCenter
from experiments.spatial.baselines import (
    MIXTURE,
    PRODUCT,
    Baselines,
    mixture,
    product,
)
from experiments.spatial.faces import face_map
from experiments.spatial.folds import FACES, SIZE, Fold, group_of
from experiments.spatial.maps import (
    StoredMaps,
    normalized,
    some_frames,
    write_maps,
)
from experiments.spatial.score import all_frames, stored_models, write_scores
from rmdn_tf.data.annotations import Video
from rmdn_tf.data.records import Fixations
from tfrecords_tools.sources.video_database import SCENES

pytestmark = pytest.mark.slow

NUM_FRAMES = 6
OBSERVERS = 8


def _video(name, centres, spread=0.02, seed=0):
    """A video whose observers look around one of some points, in turn."""
    rng = np.random.default_rng(seed)
    frame, observer = np.divmod(np.arange(NUM_FRAMES * OBSERVERS), OBSERVERS)
    centre = np.array(centres)[observer % len(centres)]
    x, y = np.clip(rng.normal(centre, spread), 0, 1).T.astype(np.float32)
    gaze = Fixations(frame, x, y, observer)
    return Video(name, (), (100, 200), 10.0, NUM_FRAMES, gaze)


def _fold(spreads, held_out="held"):
    """A fold of a group of two videos for each spread."""
    groups = [
        {
            f"{n}-{k}": _video(f"{n}-{k}", [(0.5, 0.5)], s, 2 * n + k)
            for k in range(2)
        }
        for n, s in enumerate(spreads)
    ]
    return Fold([held_out], groups)


def test_nine_clips_have_faces_and_a_scene_is_in_one_group():
    assert len(FACES) == len(set(FACES)) == 9
    for names in SCENES.values():
        assert len({group_of(name) for name in names}) == 1


def test_the_blur_of_the_observers_is_chosen_on_all_videos_of_a_fold():
    chosen = []
    # The last group alone, as one scene was once, would choose the small blur.
    for spreads in ((0.1, 0.1, 0.1, 0.005), (0.005,) * 4):
        baselines = Baselines([_fold(spreads)])
        baselines.human()
        chosen.append(baselines.chosen["human"][0])
    assert chosen[0][0] > 2 * chosen[1][0]


def _log_of_normal(x, y, scale):
    rows, columns = SIZE
    along = norm.logpdf((np.arange(columns) + 0.5) / columns, x, scale)
    down = norm.logpdf((np.arange(rows) + 0.5) / rows, y, scale)
    return (down[:, None] + along)[None]


def test_a_product_with_a_centre_is_that_of_the_powers():
    maps, centre = _log_of_normal(0.3, 0.6, 0.2), _log_of_normal(0.5, 0.5, 0.2)
    joined = normalized(product(maps, centre, 1.0, 0.0, 1.0))
    # The product of two normals of one scale lies half way between them.
    expected = normalized(_log_of_normal(0.4, 0.55, 0.2 / np.sqrt(2)))
    likely = expected > expected.max() - 4  # Far away the floor counts.
    np.testing.assert_allclose(joined[likely], expected[likely], atol=0.06)


def test_a_frame_without_a_face_has_the_centre_alone():
    centre = normalized(_log_of_normal(0.5, 0.5, 0.2))
    none = np.full_like(centre, -np.inf)
    np.testing.assert_allclose(
        normalized(mixture(none, centre, 0.4)), centre, atol=1e-9
    )
    face = normalized(_log_of_normal(0.2, 0.2, 0.05))
    np.testing.assert_allclose(
        np.exp(mixture(face, centre, 0.4)),
        0.6 * np.exp(centre) + 0.4 * np.exp(face),
    )


def test_faces_share_the_gaze_by_their_probability_and_scale_with_their_box():
    faces = np.array([[0.9, 0.25, 0.5, 0.1, 0.2], [0.3, 0.75, 0.5, 0.2, 0.1]])
    density = face_map(faces, (64, 64))
    assert density.sum() == pytest.approx(1)
    left, right = density[:, :32], density[:, 32:]
    assert left.sum() == pytest.approx(0.75, abs=0.01)
    assert right.sum(0).std() < left.sum(0).std() / 2  # Wider, and fewer.
    x = (np.arange(32) + 0.5) / 64
    spread = np.sqrt(left.sum(0) @ (x - 0.25) ** 2 / left.sum())
    assert spread == pytest.approx(0.03, rel=0.05)
    assert not face_map(np.zeros([0, 5]), (64, 64)).any()


@pytest.mark.parametrize("family", [PRODUCT, MIXTURE])
def test_a_map_that_tells_the_gaze_gets_more_weight(family, tmp_path):
    places = [(0.2, 0.3), (0.8, 0.3), (0.5, 0.8), (0.3, 0.6)]
    videos = {
        str(n): _video(str(n), [place], 0.05, n)
        for n, place in enumerate(places)
    }
    fold = Fold(["held"], [{v: one} for v, one in videos.items()])
    settings = {}
    for name, shift in {"right": 0, "wrong": 1}.items():
        for number, video_id in enumerate(videos):
            x, y = places[(number + shift) % len(places)]
            maps = np.repeat(_log_of_normal(x, y, 0.05), NUM_FRAMES, 0)
            write_maps(tmp_path / name, {video_id: normalized(maps)})
        baselines = Baselines([fold])
        baselines.joined("it", StoredMaps([tmp_path / name]), family)
        settings[name] = baselines.chosen["it"][0][0]
    assert settings["right"] >= 0.5
    assert settings["wrong"] == min(s[0] for s in family.settings)


def test_stored_maps_of_several_seeds_are_their_mean_density(tmp_path):
    video = _video("a", [(0.5, 0.5)])
    maps = [
        np.repeat(_log_of_normal(x, 0.5, 0.1), NUM_FRAMES, 0) + 3.0
        for x in (0.3, 0.7)
    ]
    for seed, own in enumerate(maps):
        write_maps(tmp_path / f"full-{seed}", {"a": own})
    (stored,) = stored_models(tmp_path, ["full"]).values()
    found = np.exp(normalized(stored.log_maps(some_frames(video), SIZE)))
    expected = sum(np.exp(normalized(one)) for one in maps) / 2
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-9)
    with pytest.raises(FileNotFoundError, match="no-motion"):
        stored_models(tmp_path, ["no-motion"])


def test_scores_are_those_of_the_groups_and_of_the_pairs(tmp_path):
    videos = {
        name: _video(name, [(0.5, 0.5)], 0.03, seed)
        for seed, name in enumerate(["a", "b", "c", "d"])
    }
    for name, x in {"old": 0.6, "full": 0.5}.items():
        maps = np.repeat(_log_of_normal(x, 0.5, 0.1), NUM_FRAMES, 0)
        write_maps(tmp_path / name, {v: maps for v in videos})
    folds = [
        Fold([v], [{w: videos[w]} for w in videos if w != v]) for v in videos
    ]
    baselines = Baselines(folds)
    predictors = {
        "TCB": baselines.centre(),
        **stored_models(tmp_path, ["old", "full"]),
        "human": baselines.human(),
    }
    write_scores(
        predictors,
        videos,
        {"a": "faces", "b": "faces", "c": "none", "d": "none"},
        ["full"],
        baselines,
        tmp_path / "scores",
    )
    text = (tmp_path / "scores/tables.md").read_text()
    assert [x for x in text.splitlines() if x.startswith("##")] == [
        "## all: 4 videos",
        "## faces: 2 videos",
        "## none: 2 videos",
    ]
    (gain, *_) = (x for x in text.splitlines() if x.startswith("| full - old"))
    # Nats of a shift of one scale, half a square, in bits.
    bits = float(gain.split("|")[2].split("±")[0])
    assert bits == pytest.approx(0.5 / np.log(2), abs=0.1)
    assert "full - TCB" in text and "full - human" not in text


def test_a_batch_of_all_frames_masks_the_end_of_short_videos():
    short = dataclasses.replace(_video("b", [(0, 0)]), num_frames=2)
    batch = all_frames({"a": _video("a", [(0, 0)]), "b": short})
    assert batch["frame_mask"].numpy().sum(1).tolist() == [NUM_FRAMES, 2]


def test_the_map_of_attention_center_has_its_output_as_the_centre_of_mass(
    real_data,
):
    path = real_data / "models/attention_center.tflite"
    if not path.exists():
        pytest.skip(f"'{path}' is missing.")
    network = AttentionCenter(path)
    frame = np.full((240, 320, 3), 90, np.uint8)
    frame[40:80, 200:260] = (255, 220, 40)
    density = np.exp(network.log_map(tf.constant(frame), (48, 64)))
    point = network.point()
    x = (density.sum(0) / density.sum()) @ (10 * np.arange(64) + 5)
    y = (density.sum(1) / density.sum()) @ (10 * np.arange(48) + 5)
    np.testing.assert_allclose([x, y], point, atol=2)
    assert x > 320 and y < 240
