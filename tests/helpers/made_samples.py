"""Frames with fixations drawn from mixtures, without a network."""

import numpy as np

from rmdn_tf.calibration.fitting import Numbers
from rmdn_tf.calibration.sample import Sample
from rmdn_tf.model.moments import parameters_from_moments

# A centre that is not the middle of the frame.
CENTRE = np.array(
    [[0.6, 0.5, 0.6, 0.2, 0.1, 0.2], [0.4, 0.4, 0.4, 0.1, 0.2, 0]]
)


def made_sample(
    num_videos=20, frames=5, fixations=40, seed=0, numbers=None
) -> Sample:
    """Draws fixations from made-up mixtures under some numbers.

    Args:
        num_videos: number of videos, of `frames` frames a second apart.
        frames: number of frames of each.
        fixations: number of fixations on each frame.
        seed: of mixtures and fixations.
        numbers: dict of sharpness, spread and share, of the true density; the
            sample holds the mixtures without these. None for identity.
    """
    generator = np.random.default_rng(seed)
    num_frames, num_components = num_videos * frames, 6
    shape = (num_frames, num_components)
    components = np.stack(
        [
            generator.dirichlet(np.ones(num_components), num_frames),
            *generator.uniform(0.1, 0.9, (2, *shape)),
            *generator.uniform(0.02, 0.08, (2, *shape)),
            generator.uniform(-0.6, 0.6, shape),
        ],
        -1,
    )
    true = numbers or {"sharpness": 1, "spread": 1, "share": 0}
    points = [
        _draw(_changed(one, **true), fixations, generator) for one in components
    ]
    return Sample(
        parameters_from_moments(components),
        np.repeat([f"v{n:02}" for n in range(num_videos)], frames),
        np.tile(np.arange(frames), num_videos),
        np.tile(np.arange(frames, dtype=float), num_videos),
        np.concatenate(points).astype(np.float32),
        np.repeat(np.arange(num_frames), fixations),
    )


def numbers_of(sharpness=1.0, spread=1.0, share=0.0) -> Numbers:
    """Returns numbers with the centre `CENTRE`."""
    return Numbers(sharpness, spread, share, parameters_from_moments(CENTRE))


def _changed(components, sharpness, spread, share):
    own, centre = components.copy(), CENTRE.copy()
    own[:, 0] **= sharpness
    own[:, 0] *= (1 - share) / own[:, 0].sum()
    own[:, 3:5] *= spread
    centre[:, 0] *= share
    return np.concatenate([own, centre])


def _draw(components, number, generator):
    """Draws points inside the frame: of a density that is 1 over the frame."""
    points = _draw_anywhere(components, 4 * number, generator)
    return points[((points >= 0) & (points <= 1)).all(-1)][:number]


def _draw_anywhere(components, number, generator):
    chosen = components[
        generator.choice(len(components), number, p=components[:, 0])
    ]
    u, v = generator.normal(size=(2, number))
    r = chosen[:, 5]
    noise = np.stack([u, r * u + np.sqrt(1 - r**2) * v], -1)
    return chosen[:, 1:3] + chosen[:, 3:5] * noise
