"""Times `rmdn_tf.predict` from file to file against the bare C3D.

    python -m benchmarks.prediction_speed --video IN.mp4 [--rounds 3]
    python -m benchmarks.prediction_speed --video IN.mp4 --strides 16

For each clip stride, the bare C3D gets the same number of clips from memory, as
many at once. The ratio shows the cost of decoding, resizing, recurrence,
drawing and encoding. The weights are random, which costs the same. The two take
turns.

Then each step that competes with the network for the processors runs alone, on
frames of the video: its CPU time a frame.
"""

import argparse
import itertools
import os
import tempfile
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

import rmdn_tf  # noqa: F401  Before TensorFlow.

STRIDES = (1, 4, 8, 16)
NUM_CLIPS = 32

# Frames of each step that runs alone.
NUM_FRAMES = 128


def main() -> None:
    """Prints frames a second and C3D's share of the time, at every stride."""
    import tensorflow as tf

    from rmdn_tf.model.keras_network import KerasNetwork
    from rmdn_tf.model.parts import clip_network
    from rmdn_tf.model.presets import PRESETS
    from rmdn_tf.model.rmdn import build_rmdn
    from rmdn_tf.prediction import predicted_video, video_prediction
    from rmdn_tf.prediction.attention_model import AttentionModel
    from rmdn_tf.serving.network_cost import operations_of_clip

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--video", required=True)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--strides", nargs="*", type=int, default=STRIDES)
    parser.add_argument("--clips", type=int, default=NUM_CLIPS)
    options = parser.parse_args()
    config = PRESETS["paper"]
    keras_model = build_rmdn(config)
    model = AttentionModel(KerasNetwork(keras_model), config)
    network = clip_network(keras_model)
    c3d = tf.function(
        lambda clips: network(clips, training=False), jit_compile=False
    )
    operations = operations_of_clip(keras_model)
    print(f"C3D: {operations / 1e9:.1f} GFLOP a clip")
    print(
        "stride  frames/s end to end  frames/s C3D alone  share (rounds)  "
        "share of CPU time"
    )
    with tempfile.TemporaryDirectory() as directory:
        for stride in options.strides:
            at_once = predicted_video.clips_at_once(stride)
            clips = tf.random.normal([at_once, *network.input_shape[1:]])
            num_frames = options.clips * stride
            prediction = video_prediction.VideoPrediction(
                model,
                options.video,
                video_prediction.NetworkSettings(
                    num_frames=num_frames, clip_stride=stride
                ),
                video_prediction.DrawingSettings(f"{directory}/out.mp4"),
                video_prediction.NumberSettings(),
            )

            def alone(at_once=at_once, clips=clips):
                for _ in range(options.clips // at_once):
                    c3d(clips)[0, 0].numpy()

            times = []
            for _ in range(options.rounds + 1):  # The first warms up.
                whole = seconds(prediction.run)
                times.append((whole, seconds(alone)))
            whole, bare, of_whole, of_bare = np.array(
                [(a, b, c, d) for (a, c), (b, d) in times[1:]]
            ).T
            shares = ", ".join(f"{share:.2f}" for share in bare / whole)
            print(
                f"{stride:6d}  {num_frames / np.median(whole):19.1f}  "
                f"{num_frames / np.median(bare):18.1f}  "
                f"{np.median(bare / whole):.2f} ({shares})  "
                f"{np.median(of_bare / of_whole):.2f}",
                flush=True,
            )
        for name, cost in costs_of_steps(options.video, directory).items():
            print(f"{name}: {1e3 * cost:.2f} ms of CPU a frame")


def seconds(call) -> tuple[float, float]:
    """Returns how long a call takes, and its CPU time."""
    began, cpu_began = time.perf_counter(), time.process_time()
    call()
    return time.perf_counter() - began, time.process_time() - cpu_began


def costs_of_steps(video: str, directory: str) -> dict[str, float]:
    """Returns the CPU seconds a frame of each step around the network."""
    from rmdn_tf.model.presets import PRESETS
    from rmdn_tf.prediction.overlay import Overlay
    from rmdn_tf.video.decoding import FrameShrinker
    from rmdn_tf.video.reader import VideoReader
    from rmdn_tf.video.writer import VideoWriter

    overlay, densities = Overlay(), made_densities(NUM_FRAMES)
    shrink = FrameShrinker(PRESETS["paper"].input_size)
    frames, drawn = [], []
    with VideoReader(video) as reader:
        writer = VideoWriter(
            f"{directory}/steps.mp4", reader, overlay.blank(reader.first_frame)
        )
        steps = {
            "decoding": lambda: frames.extend(
                itertools.islice(reader, NUM_FRAMES)
            ),
            "shrinking": lambda: [shrink(frame) for frame in frames],
            "drawing": lambda: drawn.extend(map(overlay, frames, densities)),
            "encoding": lambda: [writer.write(frame) for frame in drawn],
        }
        with writer:
            return {
                name: seconds(step)[1] / max(1, len(frames))
                for name, step in steps.items()
            }


def made_densities(number: int) -> list:
    """Makes densities of frames, of 20 components, with a clip every 16."""
    from rmdn_tf.prediction.density import Density, DensityBetween

    shape = (number // 16 + 2, 20, 6)
    mixtures = np.random.default_rng(0).uniform(0.2, 0.8, shape)
    mixtures[..., 3:5] -= 3
    clips = [Density(one.astype(np.float32)) for one in mixtures]
    return [
        DensityBetween(clips[frame // 16], clips[frame // 16 + 1], share)
        for frame, share in ((n, (n % 16 + 0.5) / 16) for n in range(number))
    ]


if __name__ == "__main__":
    main()
