"""Flags of `rmdn view`, and the limits that they set."""

import dataclasses

from rmdn_tf.commands.settings import argument, setting
from rmdn_tf.prediction.settings import model_setting

# Names and addresses of this machine that no other machine reaches.
LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclasses.dataclass(frozen=True)
class ViewSettings:
    """What to show:"""

    video: str | None = argument(
        None, "A video, a picture, or a folder of them."
    )
    model: str = model_setting()
    other_model: str | None = setting(
        None, "Another model, to compare with the first one."
    )
    data_dir: str | None = setting(
        None,
        "A prepared dataset, to compare with people: its videos are listed, "
        "with their fixations.",
    )
    split: str = setting("test", "Split of the dataset.")


@dataclasses.dataclass(frozen=True)
class ServerSettings:
    """The server:"""

    open: bool = setting(True, "Open the page in the browser.")
    host: str = setting(
        "127.0.0.1",
        "Address to listen at. An address of this machine in a network lets "
        "other machines reach the page, without encryption.",
    )
    port: int = setting(0, "Port to listen at.", default_text="a free one")
    max_gigabytes: float = setting(
        8.0, "Room on disk for all uploads, and for all that is made of videos."
    )
    max_minutes: float = setting(60.0, "Longest video.")

    def __post_init__(self) -> None:
        if not 0 <= self.port < 2**16:
            raise ValueError(
                "Invalid `port`. Expected 0 to 65535. "
                f"Received: port={self.port}."
            )
        for name in ("max_gigabytes", "max_minutes"):
            value = getattr(self, name)
            if not 0 < value < 1e6:
                raise ValueError(
                    f"Invalid `{name}`. Expected a positive number. "
                    f"Received: {name}={value}."
                )

    @property
    def limits(self) -> "Limits":
        """The limits of the videos."""
        return Limits(
            int(self.max_gigabytes * 1e9), self.max_minutes * 60, MAX_VIDEOS
        )


# Uploaded videos at once.
MAX_VIDEOS = 20


@dataclasses.dataclass(frozen=True)
class Limits:
    """Limits of the videos of a server.

    Attributes:
        num_bytes: on disk, of all together.
        seconds: longest video.
        videos: number of uploads at once.
    """

    num_bytes: int
    seconds: float
    videos: int = MAX_VIDEOS
