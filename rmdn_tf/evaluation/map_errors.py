"""What can be wrong with the maps of another tool."""


class MapError(ValueError):
    """Maps on disk that are missing, damaged, invalid or ambiguous."""


class NoPredictionError(MapError):
    """A frame without a prediction.

    Args:
        message: what is missing, and where.
        kind: "missing" or "black".
        path: the black map, or the folder or file that lacks a map.

    Attributes:
        kind: "missing" for a map that is not there, "black" for one of zeros.
        path: the black map; or the folder or file that lacks a map.
    """

    def __init__(self, message: str, kind: str, path: str):
        super().__init__(
            f"{message} To go on, choose --missing_maps uniform or skip."
        )
        self.kind = kind
        self.path = path
