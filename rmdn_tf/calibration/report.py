"""What calibration found, as JSON and in words."""

import math

import numpy as np

import rmdn_tf
from rmdn_tf.calibration.finetuning import Tuned
from rmdn_tf.calibration.fitting import LEAST, MOST, SHARES, Numbers
from rmdn_tf.calibration.sample import Sample
from rmdn_tf.calibration.validation import Gain
from rmdn_tf.commands.wording import counted
from rmdn_tf.metrics.intervals import Difference
from rmdn_tf.model.moments import moments


def calibration_facts(
    sample: Sample,
    numbers: Numbers,
    gain: Gain,
    *,
    model: dict,
    dataset: dict,
    tuned: Tuned | None = None,
) -> dict:
    """Collects what is known of a calibration, for JSON.

    Args:
        sample: the frames that the numbers were fitted to.
        numbers: the numbers.
        gain: what they gain.
        model: path and SHA-256 of the model.
        dataset: name, SHA-256 and split of the dataset.
        tuned: the model whose head was tuned; None if none is saved.

    Returns:
        `model`, `dataset`, `numbers`, `bits` and the version of the package; if
        heads were tuned, `finetuning`. In `numbers`, `centre` has the moments
        of its components.
    """
    centre = np.stack(moments(numbers.centre), -1).astype(float)
    facts = {
        "model": model,
        "dataset": dataset
        | {
            "num_frames": sample.num_frames,
            "num_videos": len(np.unique(sample.videos)),
            "num_fixations": len(sample.points),
        },
        "numbers": vars(numbers) | {"centre": centre.tolist()},
        "bits": {
            "before": float(gain.before),
            "fitted": float(gain.fitted),
            "cross_validated": float(gain.validated),
            "gain": _difference(gain.difference),
            "is_clear": gain.is_clear,
            "tested_on": "videos" if gain.gap_seconds is None else "blocks",
            "num_tested": gain.num_units,
            "gap_seconds": gain.gap_seconds,
        },
        "rmdn-tf": rmdn_tf.__version__,
    }
    if gain.tuned is not None and gain.tuning is not None:
        facts["finetuning"] = {
            "cross_validated": float(gain.tuned),
            "gain": _difference(gain.tuning),
            "is_saved": tuned is not None,
            "num_epochs": tuned and tuned.num_epochs,
            "share": tuned and tuned.share,
        }
    return facts


def _difference(difference: Difference) -> dict[str, float | None]:
    return {
        name: float(value) if math.isfinite(value) else None
        for name, value in vars(difference).items()
    }


def describe(facts: dict) -> str:
    """Tells in words what calibration found.

    Args:
        facts: of `calibration_facts`.

    Returns:
        Some lines.
    """
    data, bits = facts["dataset"], facts["bits"]
    is_one = bits["tested_on"] == "blocks"
    units = (
        counted(bits["num_tested"], "block" if is_one else "video")
        + " of one video" * is_one
    )
    lines = [
        f"{data['name']}, {data['split']}: "
        f"{counted(data['num_frames'], 'frame')} of "
        f"{counted(data['num_videos'], 'video')}, "
        f"{counted(data['num_fixations'], 'fixation')}",
        "",
        "bits per fixation, more than a uniform density (mean over frames)",
        f"  before                           {bits['before']:7.3f}",
        f"  calibrated, on the same frames   {bits['fitted']:7.3f}",
        f"  calibrated, cross-validated      {bits['cross_validated']:7.3f}",
        f"    gain                           {_gain(bits['gain'], units)}",
    ]
    tuning = facts.get("finetuning")
    if tuning:
        tuned = tuning["cross_validated"]
        lines += [
            f"  fine-tuned, cross-validated      {tuned:7.3f}",
            f"    gain over calibrated           "
            f"{_gain(tuning['gain'], units)}",
        ]
    lines += [
        "",
        *_numbers_in_words(facts["numbers"]),
        "",
        *_conclusion(bits),
        *(_conclusion_of_tuning(tuning) if tuning else ()),
    ]
    return "\n".join(lines)


def _gain(gain: dict, units: str) -> str:
    interval = (
        "no interval"
        if gain["low"] is None
        else f"95 %: {gain['low']:+.3f} to {gain['high']:+.3f}"
    )
    return f"{gain['mean']:+7.3f}  ({interval}; {units})"


def _conclusion_of_tuning(tuning: dict) -> list[str]:
    if tuning["is_saved"]:
        return [
            f"The model is fine-tuned: {tuning['share']:.0%} of the way to "
            f"what {counted(tuning['num_epochs'], 'epoch')} learned.",
        ]
    return [
        "Fine-tuning gains nothing beyond chance: the model is calibrated "
        "only.",
    ]


def _numbers_in_words(numbers: dict) -> list[str]:
    sharpness, spread = numbers["sharpness"], numbers["spread"]
    more = "more" if sharpness >= 1 else "less"
    wide = "wider" if spread >= 1 else "narrower"
    share = numbers["share"]
    x, y = _middle(numbers["centre"])
    lines = [
        f"sharpness {sharpness:5.2f}  people agree {more} on the places that "
        "the model prefers (1: as it expects)",
        f"spread    {spread:5.2f}  fixations scatter {wide} around these "
        "places (1: as it expects)",
        f"share     {share:5.2f}  {share:.0%} of the fixations follow the "
        f"centre bias of the dataset, whose middle is ({x:.2f}, {y:.2f})",
    ]
    limits = {"sharpness": (LEAST, MOST), "spread": (LEAST, MOST)}
    for name, (least, most) in (limits | {"share": (0, SHARES[1])}).items():
        if not least * 1.001 < numbers[name] < most * 0.999 and numbers[name]:
            lines.append(
                f"{name} is at the limit of what is searched: check the data."
            )
    return lines


def _middle(centre: list) -> tuple[float, float]:
    table = np.array(centre)
    x, y = table[:, 0] @ table[:, 1:3]
    return float(x), float(y)


def _conclusion(bits: dict) -> list[str]:
    lines = []
    if bits["tested_on"] == "blocks":
        lines += [
            "Only one video: parts of it, "
            f"{bits['gap_seconds']:.1f} s apart, tested each other, and the "
            "centre bias is one Gaussian at the middle of the frame. Other "
            "videos may gain less: prepare more of them to know.",
        ]
    if not bits["is_clear"]:
        lines += [
            "No gain beyond chance: prefer the model as it was, or give more "
            "videos.",
        ]
    return lines
