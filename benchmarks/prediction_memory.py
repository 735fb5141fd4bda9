"""Watches the memory of `rmdn_tf.predict` on a long or a large video.

    python -m benchmarks.prediction_memory [--minutes 10]
    python -m benchmarks.prediction_memory --seconds 2 --size 4320 7680  # 8K

Makes a video of drifting noise with sound, 640x360 at 30 frames a second, and
predicts it with the model of the package. Linux only: reads /proc.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time

import av
import numpy as np

RATE, SOUND_RATE = 30, 48000


def main() -> None:
    """Prints the memory ten times during the run, and its peak."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seconds", type=float, help="in place of --minutes")
    parser.add_argument(
        "--size",
        type=int,
        nargs=2,
        default=(360, 640),
        metavar=("HEIGHT", "WIDTH"),
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        video = os.path.join(directory, "in.mp4")
        num_frames = round((options.seconds or options.minutes * 60) * RATE)
        write_video(video, num_frames, *options.size)
        command = [
            *(sys.executable, "-m", "rmdn_tf.predict", "--video", video),
            *("--output", os.path.join(directory, "out.mp4")),
        ]
        began = time.perf_counter()
        process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        sizes = []
        while process.poll() is None:
            sizes.append(resident_mebibytes(process.pid))
            time.sleep(0.1)
        seconds = time.perf_counter() - began
    print(f"exit code {process.returncode}, {num_frames} frames in all")
    print(f"{num_frames / seconds:.1f} frames a second, loading included")
    tenths = np.array_split(sizes, 10)
    print("MiB, largest of each tenth:", *(round(t.max()) for t in tenths))
    print(f"peak {max(sizes):.0f} MiB")


def resident_mebibytes(pid: int) -> float:
    """Returns the resident memory of a process; 0 if it has ended."""
    try:
        with open(f"/proc/{pid}/status") as file:
            lines = dict(line.split(":", 1) for line in file)
    except FileNotFoundError:
        return 0.0
    return int(lines.get("VmRSS", "0 kB").split()[0]) / 1024


def write_video(path: str, num_frames: int, height: int, width: int) -> None:
    """Writes a video of drifting noise and a tone."""
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 256, (height // 8, width // 4, 3), np.uint8)
    noise = noise.repeat(8, 0).repeat(8, 1)
    with av.open(path, "w") as container:
        options = {"preset": "ultrafast"}
        stream = container.add_stream("libx264", RATE, options)
        stream.width, stream.height = width, height
        stream.pix_fmt = "yuv420p"
        sound = container.add_stream("aac", SOUND_RATE)
        for number in range(num_frames):
            left = 2 * number % width
            picture = np.ascontiguousarray(noise[:, left : left + width])
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            container.mux(stream.encode(frame))
            container.mux(sound.encode(tone(number)))
        container.mux(stream.encode())
        container.mux(sound.encode())


def tone(number: int) -> av.AudioFrame:
    """Returns the sound of a frame."""
    length = SOUND_RATE // RATE
    times = np.arange(number * length, (number + 1) * length) / SOUND_RATE
    wave = (8000 * np.sin(2 * np.pi * 440 * times)).astype(np.int16)
    frame = av.AudioFrame.from_ndarray(wave[None], "s16", "mono")
    frame.sample_rate, frame.pts = SOUND_RATE, number * length
    return frame


if __name__ == "__main__":
    main()
