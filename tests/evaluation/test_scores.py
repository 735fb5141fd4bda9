"""Sums of scores over videos and seconds."""

import pickle

import numpy as np
import pytest

from rmdn_tf.evaluation.scores import Scores

PREDICTORS = ("TCB", "human", "model")
METRICS = ("bits", "nss")


def frames_of(seed, num_frames=200, num_seconds=9):
    """Returns seconds, fixations and scores; sums of the scores are exact."""
    generator = np.random.default_rng(seed)
    fixations = generator.integers(0, 4, num_frames)
    values = {
        predictor: {
            metric: np.where(
                fixations > (predictor == "human"),
                generator.integers(-40, 40, num_frames) / 8,
                np.nan,
            )
            for metric in METRICS
        }
        for predictor in PREDICTORS
    }
    return generator.integers(0, num_seconds, num_frames), fixations, values


def add(scores, video_id, frames, part=slice(None)):
    seconds, fixations, values = frames
    values = {
        p: {m: row[part] for m, row in of.items()} for p, of in values.items()
    }
    scores.add(video_id, seconds[part], fixations[part], values)


def made(videos):
    scores = Scores(PREDICTORS, METRICS)
    for video_id, frames in videos.items():
        add(scores, video_id, frames)
    return scores


def everything(scores):
    """Returns all that can be read, as nested lists."""
    ids = scores.video_ids
    return [
        ids,
        [scores.num_frames[v] for v in ids],
        [scores.num_without_fixation[v] for v in ids],
        [scores.num_fixations[v] for v in ids],
        *(
            np.asarray(rows).tolist()
            for p in PREDICTORS
            for m in METRICS
            for rows in (
                scores.by_video(p, m),
                scores.by_time(p, m, range(1, scores.num_seconds + 1)),
                *(scores.in_common(p, other, m) for other in PREDICTORS),
            )
        ),
    ]


@pytest.fixture
def videos():
    return {name: frames_of(seed) for seed, name in enumerate("abc")}


@pytest.mark.parametrize("predictor", PREDICTORS)
@pytest.mark.parametrize("metric", METRICS)
def test_means_are_those_of_the_frames(videos, predictor, metric):
    scores = made(videos)
    rows = {v: of[2][predictor][metric] for v, of in videos.items()}
    assert scores.video_means(predictor, metric) == pytest.approx(
        {v: np.nanmean(row) for v, row in rows.items()}, rel=1e-12
    )
    assert scores.mean(predictor, metric) == pytest.approx(
        np.nanmean(np.concatenate(list(rows.values()))), rel=1e-12
    )


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_adding_does_not_matter(videos, seed):
    generator = np.random.default_rng(seed)
    parts = [
        (video_id, part)
        for video_id in videos
        for part in np.array_split(generator.permutation(200), 7)
    ]
    scores = Scores(PREDICTORS, METRICS)
    for index in generator.permutation(len(parts)):
        video_id, part = parts[index]
        add(scores, video_id, videos[video_id], part)
    assert everything(scores) == everything(made(videos))


def test_seconds_may_come_late_and_before_others():
    scores = Scores(("TCB",), ("bits",))
    for second, value in [(1, 10.0), (4, 40.0), (0, 1.0), (4, 2.0)]:
        values = {"TCB": {"bits": np.array([value])}}
        scores.add("a", np.array([second]), np.array([1]), values)
    sums, counts = scores.by_time("TCB", "bits", [1, 2, 3, 4, 5])
    np.testing.assert_array_equal(sums, [[1, 10, 0, 0, 42]])
    np.testing.assert_array_equal(counts, [[1, 1, 0, 0, 2]])
    sums, counts = scores.by_time("TCB", "bits", [1, 4, 10, 20])
    np.testing.assert_array_equal(sums, [[1, 10, 42, 0]])
    np.testing.assert_array_equal(counts, [[1, 1, 2, 0]])
    assert scores.scored_in([1, 4, 10, 20]).tolist() == [[1, 1, 1, 0]]
    assert scores.scored_in([3, 4, 5]).tolist() == [[1, 0, 1]]


def test_seconds_add_up_to_videos(videos):
    videos["short"] = frames_of(9, num_seconds=2)
    scores = made(videos)
    for predictor in PREDICTORS:
        seconds = scores.by_time(predictor, "nss", [2, 3, scores.num_seconds])
        assert seconds[0].shape == (4, 3)
        for rows, totals in zip(
            seconds, scores.by_video(predictor, "nss"), strict=True
        ):
            np.testing.assert_array_equal(rows.sum(1), totals)


def test_a_frame_without_fixation_is_counted_and_in_no_mean():
    scores = Scores(("TCB",), ("bits",))
    values = {"TCB": {"bits": np.array([2.0, np.nan, 4.0, np.nan])}}
    scores.add("a", np.zeros(4, int), np.array([1, 0, 3, 0]), values)
    assert scores.num_frames["a"] == 4
    assert scores.num_without_fixation["a"] == 2
    assert scores.num_fixations["a"] == 4
    assert scores.mean("TCB", "bits") == 3.0
    assert scores.by_video("TCB", "bits")[1].tolist() == [2.0]


def test_a_video_without_a_score_has_no_mean_but_is_there():
    scores = Scores(("TCB",), ("bits",))
    values = {"TCB": {"bits": np.array([np.nan])}}
    scores.add("a", np.array([3]), np.array([0]), values)
    scores.add("b", np.zeros(0, int), np.zeros(0, int), {})
    assert scores.video_ids == ["a", "b"]
    assert scores.video_means("TCB", "bits") == {}
    assert np.isnan(scores.mean("TCB", "bits"))
    for rows in scores.in_common("TCB", "TCB", "bits"):
        assert rows.tolist() == [0.0, 0.0]


def test_no_video_at_all_is_an_empty_table():
    scores = Scores(PREDICTORS, METRICS)
    assert scores.video_ids == []
    assert scores.num_seconds == 0
    assert scores.scored_in([0]).shape == (0, 1)
    for rows in scores.by_time("TCB", "bits", [0]):
        assert rows.shape == (0, 1)
    for rows in scores.by_video("TCB", "bits"):
        assert rows.shape == (0,)


def test_videos_come_in_the_order_asked_for(videos):
    scores = made(videos)
    totals = dict(zip("abc", scores.by_video("model", "bits")[0], strict=True))
    sums, counts = scores.by_video("model", "bits", ["c", "a", "none"])
    assert sums.tolist() == [totals["c"], totals["a"], 0.0]
    assert counts[2] == 0


@pytest.mark.parametrize("metric", METRICS)
def test_two_predictors_meet_on_the_frames_that_both_are_scored_on(
    videos, metric
):
    scores = made(videos)
    sums, others, counts = scores.in_common("TCB", "human", metric, ["b", "a"])
    for place, video_id in enumerate(["b", "a"]):
        values = videos[video_id][2]
        first, second = values["TCB"][metric], values["human"][metric]
        both = ~np.isnan(first) & ~np.isnan(second)
        assert both.sum() < np.isfinite(first).sum()
        assert sums[place] == first[both].sum()
        assert others[place] == second[both].sum()
        assert counts[place] == both.sum()


def test_an_infinite_score_stays_infinite():
    scores = Scores(("TCB", "model"), ("bits",))
    values = {
        "TCB": {"bits": np.array([1.0, 2.0])},
        "model": {"bits": np.array([-np.inf, 5.0])},
    }
    scores.add("a", np.array([0, 1]), np.array([1, 1]), values)
    assert scores.mean("model", "bits") == -np.inf
    assert scores.mean("TCB", "bits") == 1.5
    assert scores.by_time("model", "bits", [1, 2])[0].tolist() == [
        [-np.inf, 5.0]
    ]
    sums, others, _ = scores.in_common("model", "TCB", "bits")
    assert (sums, others) == (-np.inf, 3.0)


def test_memory_does_not_grow_with_the_frames_of_a_second():
    sizes = [
        len(pickle.dumps(made({"a": frames_of(0, num_frames)})))
        for num_frames in (100, 10_000)
    ]
    # The numbers of frames take a byte or two more.
    assert sizes[1] - sizes[0] < 20
