"""The exact metrics, against a blur of our choice or the paper's."""

import numpy as np

from rmdn_tf.evaluation.frames import Frames
from rmdn_tf.evaluation.protocols.protocol import Protocol, Scorer
from rmdn_tf.metrics.exact_batch import exact_scores
from rmdn_tf.metrics.ground_truth import GroundTruth


class ExactProtocol(Protocol):
    """Every metric by its definition, see `rmdn_tf.metrics.exact`."""

    name = "exact"
    metrics = (
        "bits",
        "log_likelihood",
        "information_gain",
        "auc_judd",
        "auc_borji",
        "auc_shuffled",
        "nss",
        "cc",
        "sim",
        "kl",
    )
    text = (
        "Exact definitions on float densities, one value a frame; every "
        "fixation counts, ties count half. bits: information gain over the "
        "uniform density, bits per fixation; log_likelihood: nats per "
        "fixation, of densities that sum to 1 over the pixels; "
        "information_gain: over the named baseline, bits per fixation; AUC: "
        "Mann-Whitney, against the pixels without a fixation (auc_judd), all "
        "pixels (auc_borji), and all fixations of the other videos "
        "(auc_shuffled); nss: std over all pixels; kl: nats."
    )

    def scorer(self, frames: Frames, mask: np.ndarray) -> Scorer:
        size = self.size(frames.video)
        truth = GroundTruth.of_fixations(
            frames.gaze.points,
            mask,
            *size,
            self.sigma * size[1],
            self.uniform_share,
            np.float32,
        )
        others = self.other_fixations(frames.video)
        return lambda log_maps, baseline, metrics=None: exact_scores(
            log_maps, truth, others, baseline, metrics
        )


class PaperProtocol(ExactProtocol):
    """The exact metrics, against the paper's true density."""

    name = "paper"
    text = (
        "The true density is the paper's. Its blur and uniform share are the "
        "paper's pair by which half of the observers best predict the other "
        "half, on a split that is not scored. " + ExactProtocol.text
    )
