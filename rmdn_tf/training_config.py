"""How a network is trained: the settings, and the presets of them."""

import dataclasses

import keras

from rmdn_tf.windows import CLIP_LENGTH


@dataclasses.dataclass(frozen=True)
class TrainingConfig:
    """How the network is trained; the defaults are the paper's.

    Attributes:
        num_epochs: at most so many.
        batch_size: B, over all devices. The paper does not say.
        window_frames: L; 65 gives 50 clips at stride 1.
        fixations_per_frame: A. The paper does not say.
        optimizer: "rmsprop" or "adam".
        learning_rate: of the first epochs.
        decay: factor on the learning rate, each epoch after `decay_after`.
        decay_after: epochs at the first learning rate.
        clip_norm: bound on the norm, over all weights, of the gradient of the
            mean loss of a fixation. The paper clips at 20 too, but the
            gradient of a sum, which is larger by the number of fixations.
        patience: epochs without a better validation loss before it stops.
        flip: mirror half of the windows, each drawn anew; hence not together
            with `carry_state`, whose windows continue each other.
        carry_state: go through the videos in time order with the LSTM's state
            carried from window to window (truncated backpropagation), instead
            of random cuts that start from zero.
        seed: of weights, order, cuts, fixations and flips.
    """

    num_epochs: int = 40
    batch_size: int = 8
    window_frames: int = 65
    fixations_per_frame: int = 16
    optimizer: str = "rmsprop"
    learning_rate: float = 3e-4
    decay: float = 0.95
    decay_after: int = 8
    clip_norm: float = 20.0
    patience: int = 5
    flip: bool = False
    carry_state: bool = False
    seed: int = 0

    def __post_init__(self):
        for name in (
            "num_epochs",
            "batch_size",
            "fixations_per_frame",
            "patience",
            "learning_rate",
            "clip_norm",
            "decay",
        ):
            value = getattr(self, name)
            if not value > 0:
                raise ValueError(
                    f"Invalid `{name}`. Expected a positive number. "
                    f"Received: {name}={value}."
                )
        if self.seed < 0:
            raise ValueError(
                "Invalid `seed`. Expected 0 or more. Received: "
                f"seed={self.seed}."
            )
        if self.flip and self.carry_state:
            raise ValueError(
                "Invalid `carry_state`. Expected windows that are not "
                "mirrored. Received: carry_state=True with flip=True."
            )
        if self.window_frames < CLIP_LENGTH:
            raise ValueError(
                f"Invalid `window_frames`. Expected {CLIP_LENGTH} or more, one "
                f"clip. Received: window_frames={self.window_frames}."
            )
        if self.optimizer not in OPTIMIZERS:
            raise ValueError(
                f"Invalid `optimizer`. Expected one of {list(OPTIMIZERS)}. "
                f"Received: optimizer='{self.optimizer}'."
            )

    def learning_rate_at(self, epoch: int) -> float:
        """The learning rate of an epoch, counted from 0."""
        decays = max(0, epoch + 1 - self.decay_after)
        return self.learning_rate * self.decay**decays


OPTIMIZERS = {
    "rmsprop": keras.optimizers.RMSprop,
    "adam": keras.optimizers.Adam,
}

PRESETS = {
    "paper": TrainingConfig(),
    "small": TrainingConfig(
        num_epochs=30,
        batch_size=4,
        optimizer="adam",
        learning_rate=1e-3,
        decay=0.85,
        decay_after=15,
        patience=10,
        flip=True,
    ),
}
