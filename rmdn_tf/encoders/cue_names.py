"""Names of the cues that stand beside the features of a cell."""

from collections.abc import Sequence

# Those of `rmdn_tf.encoders.faces`.
FACE_CUES = ("face", "eyes", "size", "share")


def motion_cue_names(
    motion_lags: Sequence[int], camera: bool = False, onset_lag: int = 0
) -> tuple[str, ...]:
    """Lists the cues of motion in the order of `rmdn_tf.encoders.motion`.

    Args:
        motion_lags: frames back to each earlier frame.
        camera: whether cues are relative to the camera; then one tells cuts.
        onset_lag: with `camera`, frames back to the frame that what has
            appeared is missing in; 0 leaves these cues out.

    Returns:
        One name for each number of a cell.
    """
    if not camera:
        plain = ("mean", "largest")
        return tuple(f"{part}{lag}" for part in plain for lag in motion_lags)
    relative = ("mean", "largest", "excess")
    names = [f"{part}{lag}" for lag in motion_lags for part in relative]
    if onset_lag:
        names += [f"changed{onset_lag}", f"gained{onset_lag}"]
    return (*names, "cut")
