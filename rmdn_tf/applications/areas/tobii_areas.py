"""Reads areas that Tobii Pro Lab has exported, a JSON file.

Their key frames work as in `rmdn_tf.applications.areas.area`: corners move
along straight lines, and an inactive key frame makes the area vanish.
"""

import codecs

import numpy as np

from rmdn_tf.applications.areas.area import Area, KeyFrame, make_area
from rmdn_tf.files.json_files import parse_json

# Shapes of the medium and of the frame may differ by this factor.
MAX_STRETCH = 1.02

_NUMBER = {"type": "number"}
_SIDE = {"type": "integer", "minimum": 1}

_KEY_FRAME = {
    "type": "object",
    "properties": {
        "IsActive": {"type": "boolean"},
        "Seconds": _NUMBER,
        "Vertices": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"X": _NUMBER, "Y": _NUMBER},
                "required": ["X", "Y"],
            },
        },
    },
    "required": ["IsActive", "Seconds", "Vertices"],
}

SCHEMA = {
    "type": "object",
    "properties": {
        "Media": {
            "type": "object",
            "properties": {"Width": _SIDE, "Height": _SIDE},
            "required": ["Width", "Height"],
        },
        "Aois": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "Name": {"type": "string", "minLength": 1},
                    "KeyFrames": {
                        "type": "array",
                        "items": _KEY_FRAME,
                        "minItems": 1,
                    },
                },
                "required": ["Name", "KeyFrames"],
            },
        },
    },
    "required": ["Media", "Aois"],
}


def parse_tobii(
    content: bytes, source: str, size: tuple[int, int]
) -> list[Area]:
    """Parses areas that Tobii Pro Lab has exported.

    Args:
        content: the file.
        source: its name in messages.
        size: (height, width) of the upright frame, in pixels.

    Returns:
        The areas, in the order of the file.

    Raises:
        ValueError: the file is invalid, or is that of a medium of another
            shape than the frame; the message names the place.
    """
    content = content.removeprefix(codecs.BOM_UTF8)
    document = parse_json(content, SCHEMA, source)
    media = document["Media"]
    unit = np.array([media["Width"], media["Height"]], np.float64)
    stretch = (unit[0] / unit[1]) / (size[1] / size[0])
    if not 1 / MAX_STRETCH <= stretch <= MAX_STRETCH:
        raise ValueError(
            f"Invalid {source} at $.Media. Expected the shape of the video, "
            f"{size[1]}x{size[0]}. Received: {media['Width']}x"
            f"{media['Height']}."
        )
    areas: dict[str, Area] = {}
    for number, one in enumerate(document["Aois"]):
        place = f"{source} at $.Aois[{number}]"
        if one["Name"] in areas:
            raise ValueError(
                f"Invalid {place}. Expected different names. Received: "
                f"'{one['Name']}' again."
            )
        try:
            frames = [_key_frame(frame, unit) for frame in one["KeyFrames"]]
            areas[one["Name"]] = make_area(one["Name"], frames)
        except ValueError as error:
            raise ValueError(f"Invalid {place}. {error}") from error
    return [*areas.values()]


def _key_frame(frame: dict, unit: np.ndarray) -> KeyFrame:
    corners = [(point["X"], point["Y"]) for point in frame["Vertices"]]
    vanishes = not frame["IsActive"]
    if not corners and vanishes:
        return KeyFrame(frame["Seconds"], None, vanishes)
    pairs = np.reshape(np.array(corners, np.float64), [-1, 2]) / unit
    return KeyFrame(frame["Seconds"], pairs, vanishes)
