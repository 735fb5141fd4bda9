"""EyeLink `.asc` files in the layout of edf2asc, with known gaze."""

from tfrecords_tools.trackers import eyelink
from tfrecords_tools.trackers.options import GazeOptions

HEADER = """\
** CONVERTED FROM D:\\exp\\results\\p07\\p07.edf using edfapi 4.2.1 Win32
** DATE: Fri Nov 20 10:42:11 2026
** TYPE: EDF_FILE BINARY EVENT SAMPLE TAGGED
** VERSION: EYELINK II 1
** SOURCE: EYELINK CL
** EYELINK II CL v5.15 Jan 24 2018
** CAMERA: Eyelink GL Version 1.2 Sensor=AH7
** SERIAL NUMBER: CLG-BAF38
** CAMERA_CONFIG: BAF38200.SCD
** RECORDED BY Psychtoolbox demo EyeLink_SimpleVideo session name: p07
**

"""
DISPLAY = "MSG\t1000 DISPLAY_COORDS 0 0 1919 1079"
CALIBRATED = (
    "MSG\t1100 !CAL VALIDATION HV9 LR {eye:<5} GOOD ERROR {error:.2f} avg. "
    "0.90 max  OFFSET 0.27 deg. 3.6,5.3 pix."
)


def message(time, text):
    return f"MSG\t{time} {text}"


def start(time, eyes="RIGHT", columns="", rate=500):
    """Returns the lines that begin a block of recording."""
    eyes = eyes.replace(" ", "\t")
    options = f"RATE\t {rate}.00\tTRACKING\tCR\tFILTER\t2"
    return [
        message(time, f"RECCFG CR {rate} 2 1 {eyes[0]}"),
        message(time, "ELCLCFG MTABLER"),
        message(time, "GAZE_COORDS 0.00 0.00 1919.00 1079.00"),
        message(time, "THRESHOLDS R 102 242"),
        f"START\t{time} \t{eyes}\tSAMPLES\tEVENTS",
        "PRESCALER\t1",
        "VPRESCALER\t1",
        "PUPIL\tAREA",
        f"EVENTS\tGAZE\t{eyes}\t{options}",
        f"SAMPLES\tGAZE\t{eyes}\t{columns}{options}\tINPUT",
    ]


def end(time):
    return [f"END\t{time} \tSAMPLES\tEVENTS\tRES\t  47.75\t  45.92"]


def fixation(onset, duration, x, y, eye="R"):
    """Returns start and end of a fixation, as the tracker finds it."""
    last = onset + duration - 2
    return [
        f"SFIX {eye}   {onset}",
        f"EFIX {eye}   {onset}\t{last}\t{duration}\t"
        f"{x:7.1f}\t{y:7.1f}\t   1342",
    ]


def saccade(onset, duration, eye="R"):
    return [
        f"SSACC {eye}  {onset}",
        f"ESACC {eye}  {onset}\t{onset + duration - 2}\t{duration}\t  970.1\t"
        "  531.8\t  512.4\t  310.0\t   9.72\t    412",
    ]


def blink(onset, duration, eye="R"):
    return [
        f"SBLINK {eye} {onset}",
        f"EBLINK {eye} {onset}\t{onset + duration - 2}\t{duration}",
    ]


def sample(time, *numbers, more="\t  127.0\t..."):
    """Returns a sample; None is a missing number."""
    cells = ["   ." if n is None else f"{n:7.1f}" for n in numbers]
    return "\t".join([str(time), *cells]) + more


def write_asc(path, *parts, newline="\n", encoding="utf-8"):
    """Writes lines and lists of lines; returns the path as text."""
    lines = [DISPLAY]
    for part in parts:
        lines += [part] if isinstance(part, str) else part
    text = HEADER + "\n".join(lines) + "\n"
    path.write_bytes(text.replace("\n", newline).encode(encoding))
    return str(path)


def read_asc(path, **options):
    """Reads the gaze of an `.asc` file that must be recognized."""
    with open(path, errors="replace") as file:
        assert eyelink.recognizes(file.read().splitlines()[:100])
    return eyelink.read(path, GazeOptions(**options))


def psychtoolbox_trial(shown_ms, lines, onset=10_000, first=1, offset=0):
    """Returns a trial of Psychtoolbox's EyeLink_SimpleVideo."""
    frames = [
        text
        for number, ms in enumerate(shown_ms, first)
        for text in (
            message(onset + ms + offset, f"Frame to be displayed {number}"),
            message(
                onset + ms + offset,
                f"{offset} !V VFRAME {number} 640 300 expected.mov",
            ),
        )
    ]
    return [
        message(onset - 500, "TRIALID 1"),
        message(onset - 499, "!V CLEAR 115 115 115"),
        *start(onset - 110),
        message(onset + 1, "STIM_ONSET"),
        message(onset + 1, "!V IAREA RECTANGLE 1 880 470 1040 630 BOX_IA"),
        *frames,
        *lines,
        message(onset + 3000, "BLANK_SCREEN"),
        *end(onset + 3100),
        message(onset + 3101, "!V TRIAL_VAR video_file expected.mov"),
        message(onset + 3101, "TRIAL_RESULT 0"),
    ]
