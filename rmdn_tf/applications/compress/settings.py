"""Settings of the compression of a video."""

import dataclasses

from rmdn_tf.applications.compress.encoders import ENCODERS, METHODS, Encoder
from rmdn_tf.applications.compress.map_formats import MAP_FORMATS
from rmdn_tf.commands.settings import setting

# Kilobits a second. Encoders count bits in 31 bits.
_MOST_BITRATE = 2_000_000


def _of_codecs(name: str) -> str:
    """Returns the text of a default that depends on the codec."""
    values = [f"{getattr(e, name)} for {c}" for c, e in ENCODERS.items()]
    return ", ".join(values)


@dataclasses.dataclass(frozen=True)
class CompressionSettings:
    """The video to write:

    How a video is encoded, and the map for another encoder.
    """

    output: str | None = setting(
        None, "Compressed video with sound, such as OUT.mp4."
    )
    codec: str = setting("libx264", "Encoder.", tuple(ENCODERS))
    quality: int | None = setting(
        None,
        "CRF of the encoder: a smaller number is a better picture.",
        default_text=_of_codecs("usual"),
    )
    bitrate: int | None = setting(
        None, "Kilobits a second of the pictures, instead of a quality."
    )
    preset: str | None = setting(
        None,
        "Preset of the encoder: slower ones make smaller files.",
        default_text=_of_codecs("preset"),
    )
    method: str | None = setting(
        None,
        "roi tells the encoder where people look; blur removes detail "
        "elsewhere, before the encoder; both does both.",
        METHODS,
        _of_codecs("method"),
    )
    strength: float = setting(
        1.0,
        "How strongly bits follow attention, at most 4; 0 compresses without "
        "it.",
    )
    map: str | None = setting(
        None, "File of quantiser offsets for an encoder of your own."
    )
    map_format: str = setting(
        MAP_FORMATS[0], "Encoder that reads the file of --map.", MAP_FORMATS
    )
    sound: bool = setting(True, "Keep the sound of the video.")

    def __post_init__(self) -> None:
        encoder = self.encoder
        if self.quality is not None and self.bitrate is not None:
            raise ValueError(
                "Invalid --bitrate. Expected a quality or a bitrate. Received: "
                f"--quality {self.quality} and --bitrate {self.bitrate}."
            )
        quality = self.crf
        _require(
            encoder.best <= quality <= encoder.worst,
            f"{encoder.best} to {encoder.worst} for {self.codec}",
            quality=quality,
        )
        _require(
            self.bitrate is None or 1 <= self.bitrate <= _MOST_BITRATE,
            f"1 to {_MOST_BITRATE}",
            bitrate=self.bitrate,
        )
        _require(
            self.preset is None or self.preset in encoder.presets,
            f"one of {', '.join(encoder.presets)} for {self.codec}",
            preset=self.preset,
        )
        _require(0 <= self.strength <= 4, "0 to 4", strength=self.strength)
        if encoder.method == "blur" and self.method in ("roi", "both"):
            raise ValueError(
                f"Invalid --method. FFmpeg does not tell {self.codec} of "
                "regions. Expected blur; or write --map for SvtAv1EncApp. "
                f"Received: {self.method}."
            )

    @property
    def encoder(self) -> Encoder:
        """What the codec takes."""
        return ENCODERS[self.codec]

    @property
    def crf(self) -> int:
        """The quality as a number."""
        return self.encoder.usual if self.quality is None else self.quality

    @property
    def offset_strength(self) -> float:
        """The strength for `offsets_of`: weaker if the encoder needs that."""
        share = self.encoder.share if "roi" in self.methods else 1
        return share * self.strength

    @property
    def methods(self) -> tuple[str, ...]:
        """Names of the methods to use: "roi", "blur" or both."""
        method = self.method or self.encoder.method
        return ("roi", "blur") if method == "both" else (method,)


def _require(is_valid: bool, expected: str, **received: object) -> None:
    ((name, value),) = received.items()
    if not is_valid:
        raise ValueError(
            f"Invalid --{name}. Expected {expected}. Received: {value}."
        )
