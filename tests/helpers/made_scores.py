"""Made-up scores of a split."""

import numpy as np

from rmdn_tf.evaluation.scores import Scores

PREDICTORS = {
    # Level, and how much of it comes and goes with the video.
    "uniform": (0.0, 0.0),
    "centre": (0.9, 0.3),
    "TCB": (1.2, 0.35),
    "human": (2.6, 0.3),
    "model": (1.7, 0.55),
    "model+TCB": (1.75, 0.5),
}
BEST_MAPS = {
    "TCB": (1.2, 0.35),
    "TCB, best maps": (1.3, 0.4),
    "model+TCB": (1.75, 0.5),
    "model+TCB, best maps": (1.9, 0.5),
}
METRICS = ("bits", "auc_judd", "nss", "cc", "sim", "kl")
LABELS = ("diving", "golf", "kicking", "riding")
FRAMES_PER_SECOND = 24


def made_scores(num_videos=23, metrics=METRICS, seed=0, predictors=PREDICTORS):
    """Returns scores in which early looks are near the centre."""
    generator = np.random.default_rng(seed)
    scores = Scores(predictors, metrics)
    for number in range(num_videos):
        num_frames = int(generator.integers(50, 500))
        seconds = np.arange(num_frames) // FRAMES_PER_SECOND
        fixations = generator.poisson(3, num_frames)
        ease = generator.normal()
        values = {
            name: {
                metric: _scale(metric, level + spread * ease + noise)
                for metric in metrics
            }
            for name, (level, spread) in predictors.items()
            for noise in [_noise(generator, seconds, level, fixations)]
        }
        for of in values.get("human", {}).values():
            of[fixations < 2] = np.nan
        scores.add(f"video_{number:03}", seconds, fixations, values)
    return scores


def made_labels(video_ids):
    """Returns one action of each video, and two of every seventh."""
    return {
        video_id: (LABELS[i % 4], LABELS[(i + 1) % 4])[: 1 + (i % 7 == 0)]
        for i, video_id in enumerate(video_ids)
    }


def _noise(generator, seconds, level, fixations):
    central = 1.5 * np.exp(-seconds / 1.5) * (0 < level < 2)
    noise = generator.normal(0, 0.8, len(seconds)) * (level > 0)
    return np.where(fixations > 0, central + noise, np.nan)


def _scale(metric, values):
    """Turns bits into plausible numbers of the metric."""
    squashed = np.tanh(values / 3)
    return {
        "bits": values,
        "log_likelihood": values * np.log(2) - 10,
        "auc_judd": 0.5 + 0.5 * squashed,
        "sim": 0.5 + 0.5 * squashed,
        "nss": values,
        "kl": np.exp(-values / 2) * 2,
    }.get(metric, squashed)
