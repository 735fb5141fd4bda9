"""Areas and crops of a recorded video, as the commands compute them."""

from typing import Any

from rmdn_tf.applications.view.guard import Refused
from rmdn_tf.applications.view.recording import Recording
from rmdn_tf.applications.view.shown_video import ShownVideo


def crop_of(
    video: ShownVideo, recording: Recording, aspect: str
) -> dict[str, Any]:
    raise Refused(501, "Not built yet.")


def shares_of(recording: Recording, areas: Any) -> dict[str, Any]:
    raise Refused(501, "Not built yet.")
