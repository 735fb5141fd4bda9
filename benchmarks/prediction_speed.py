"""Times `rmdn_tf.predict` from file to file against the bare C3D.

    python -m benchmarks.prediction_speed --video IN.mp4 [--rounds 3]

For each clip stride, the bare C3D gets the same number of clips from memory, as
many at once. The ratio shows the cost of decoding, resizing, recurrence,
drawing and encoding. The weights are random, which costs the same. The two take
turns.
"""

import argparse
import os
import tempfile
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

import rmdn_tf  # noqa: F401  Before TensorFlow.

STRIDES = (1, 4, 8, 16)
NUM_CLIPS = 32


def main() -> None:
    """Prints frames a second and C3D's share of the time, at every stride."""
    import tensorflow as tf

    from rmdn_tf.model.keras_network import KerasNetwork
    from rmdn_tf.model.parts import clip_network
    from rmdn_tf.model.presets import PRESETS
    from rmdn_tf.model.rmdn import build_rmdn
    from rmdn_tf.prediction import predicted_video, video_prediction
    from rmdn_tf.prediction.attention_model import AttentionModel

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--video", required=True)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    config = PRESETS["paper"]
    keras_model = build_rmdn(config)
    model = AttentionModel(KerasNetwork(keras_model), config)
    network = clip_network(keras_model)
    c3d = tf.function(
        lambda clips: network(clips, training=False), jit_compile=False
    )
    print("stride  frames/s end to end  frames/s C3D alone  share (rounds)")
    with tempfile.TemporaryDirectory() as directory:
        for stride in STRIDES:
            at_once = predicted_video.clips_at_once(stride)
            clips = tf.random.normal([at_once, *network.input_shape[1:]])
            num_frames = NUM_CLIPS * stride
            prediction = video_prediction.VideoPrediction(
                model,
                options.video,
                video_prediction.NetworkSettings(num_frames, stride),
                video_prediction.DrawingSettings(f"{directory}/out.mp4"),
                video_prediction.NumberSettings(),
            )

            def alone(at_once=at_once, clips=clips):
                for _ in range(NUM_CLIPS // at_once):
                    c3d(clips)[0, 0].numpy()

            times = []
            for _ in range(options.rounds + 1):  # The first warms up.
                whole = seconds(prediction.run)
                times.append((whole, seconds(alone)))
            whole, bare = np.array(times[1:]).T
            shares = ", ".join(f"{share:.2f}" for share in bare / whole)
            print(
                f"{stride:6d}  {num_frames / np.median(whole):19.1f}  "
                f"{num_frames / np.median(bare):18.1f}  "
                f"{np.median(bare / whole):.2f} ({shares})",
                flush=True,
            )


def seconds(call) -> float:
    """Returns how long a call takes."""
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
