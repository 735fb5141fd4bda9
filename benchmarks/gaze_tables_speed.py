"""Times the reading of tables of gaze.

    python -m benchmarks.gaze_tables_speed [MILLIONS]

Writes a `gaze.csv` and an export in Tobii's layout, and prints the seconds of
CPU that each takes to read.
"""

import argparse
import os
import tempfile
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from tfrecords_tools.trackers.formats import read_gaze
from tfrecords_tools.trackers.options import GazeOptions

TOBII = (
    "Recording timestamp [μs]\tParticipant name\tPresented Stimulus name\t"
    "Gaze point X [MCS norm]\tGaze point Y [MCS norm]\tValidity left"
)


def write_plain(file, num_rows: int) -> None:
    file.write("video,observer,t_ms,x,y\n")
    for row in range(num_rows):
        place = f"{300 + row % 50}.25,{200 + row % 40}.5"
        file.write(f"clip,{row // 10**5},{row % 10**5 * 4},{place}\n")


def write_tobii(file, num_rows: int) -> None:
    file.write(TOBII + "\n")
    for row in range(num_rows):
        begin = f"{row * 4000}\tP{row // 10**5}\tclip.mp4"
        file.write(f"{begin}\t0,5{row % 999:03}\t0,4{row % 99:03}\tValid\n")


def main() -> None:
    """Prints a line for each kind of table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "millions", type=float, nargs="?", default=2, help="of rows"
    )
    num_rows = int(parser.parse_args().millions * 10**6)
    with tempfile.TemporaryDirectory() as directory:
        for write in (write_plain, write_tobii):
            path = os.path.join(directory, f"{write.__name__}.csv")
            with open(path, "w", encoding="utf-8") as file:
                write(file, num_rows)
            began = time.process_time()
            table = read_gaze(path, GazeOptions())
            seconds = time.process_time() - began
            rows = sum(map(len, table.rows.values()))
            print(f"{write.__name__}: {rows} rows in {seconds:.1f} s of CPU")


if __name__ == "__main__":
    main()
