"""C3D in PyTorch, timed in a process of its own.

    python benchmarks/c3d_torch.py

`benchmarks.c3d_pytorch` starts it, with a Python that has PyTorch. It reads
commands, one a line, from its input, and answers each by a line of JSON:

    {"size": [h, w], "filters": [[8], ...], "clips": n, "threads": t}
    "forward"     seconds of the clock and of the CPU
    "training"    the same, forward and backward

It imports neither this package nor TensorFlow.
"""

import argparse
import json
import sys
import time

CLIP_LENGTH = 16


def build(filters, torch):
    """Returns C3D's convolutions up to conv5b, each with a ReLU."""
    layers, channels = [], 3
    for number, block in enumerate(filters):
        if number:
            size = (1, 2, 2) if number == 1 else (2, 2, 2)
            # Odd sizes are rounded up, as in TensorFlow's "same".
            layers.append(torch.nn.MaxPool3d(size, ceil_mode=True))
        for width in block:
            layers.append(torch.nn.Conv3d(channels, width, 3, padding=1))
            layers.append(torch.nn.ReLU(inplace=True))
            channels = width
    return torch.nn.Sequential(*layers)


def functions(task, torch):
    """Returns the two functions that are timed, by name."""
    torch.set_num_threads(task["threads"])
    torch.manual_seed(0)
    layout = torch.channels_last_3d if task["last"] else torch.contiguous_format
    network = build(task["filters"], torch).to(memory_format=layout)
    shape = (task["clips"], 3, CLIP_LENGTH, *task["size"])
    clips = torch.randn(shape).to(memory_format=layout)

    def forward():
        with torch.inference_mode():
            return float(network(clips).sum())

    def training():
        network.zero_grad(set_to_none=True)
        (network(clips) ** 2).mean().backward()
        return float(next(network.parameters()).grad.sum())

    return {"forward": forward, "training": training}


def main() -> None:
    """Answers each line until the input ends."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.parse_args()
    import torch

    timed = functions(json.loads(sys.stdin.readline()), torch)
    print(json.dumps({"version": torch.__version__}), flush=True)
    for line in sys.stdin:
        began, cpu_began = time.perf_counter(), time.process_time()
        timed[json.loads(line)]()
        took = time.perf_counter() - began
        cpu = time.process_time() - cpu_began
        print(json.dumps([took, cpu]), flush=True)


if __name__ == "__main__":
    main()
