"""Names of the cues that stand beside the features of a cell."""

from collections.abc import Sequence


def motion_cue_names(
    motion_lags: Sequence[int], camera: bool = False, onset_lag: int = 0
) -> tuple[str, ...]:
    """Lists the cues of motion in the order of `rmdn_tf.encoders.motion`.

    Args:
        motion_lags: frames back to each earlier frame.
        camera: cues are relative to the camera, and tell cuts.
        onset_lag: frames back to the frame that tells what has appeared since;
            0 for none.

    Returns:
        One name for each number of a cell.
    """
    if not camera:
        parts = ("mean", "largest")
        return tuple(f"{part}{lag}" for part in parts for lag in motion_lags)
    parts = ("mean", "largest", "excess")
    names = [f"{part}{lag}" for lag in motion_lags for part in parts]
    if onset_lag:
        names += [f"changed{onset_lag}", f"gained{onset_lag}"]
    return (*names, "cut")
