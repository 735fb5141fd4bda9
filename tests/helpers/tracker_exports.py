"""Writes the same gaze as different eye trackers export it.

The video has 64x48 pixels and 25 frames a second. One observer, `P1`, looks for
100 ms at A, blinks for 30 ms, looks at A until 200 ms and then at B. A video of
4:3 fills a screen of 640x480; on that of 800x480 it has bars of 80 pixels left
and right.
"""

from tfrecords_tools.sources.folder import Folder
from tfrecords_tools.trackers.options import GazeOptions

A, B = (16.0, 36.0), (48.0, 24.0)
FRAMES = range(10)
"""Frames with gaze: 90 ms reach frame 2, 130 to 190 ms frames 3 and 4, and
from 200 ms on B is seen in frames 4 to 9; the later one wins frame 4."""
PLACES = [A] * 4 + [B] * 6

STEP_MS = 10
BLINK = (100, 110, 120)
SAMPLES = [
    (t, None if t in BLINK else A if t < 200 else B)
    for t in range(0, 400, STEP_MS)
]
FIXATIONS = [(0, 90, A), (130, 60, A), (200, 190, B)]


def write_lines(path, lines, encoding="utf-8", end="\n"):
    """Writes lines of text; returns the path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes("".join(line + end for line in lines).encode(encoding))
    return path


def write_gaze_csv(path):
    """Writes the table that this project defines."""
    rows = ["video,observer,t_ms,x,y"]
    for t, place in SAMPLES:
        x, y = place or ("", "")
        rows.append(f"clip,P1,{t},{x},{y}")
    return write_lines(path, rows)


def _number(value, decimal="."):
    return f"{value:.4f}".replace(".", decimal)


def write_tobii_pro(path, decimal=",", encoding="utf-8-sig"):
    """Pro Lab: microseconds, pixels of the screen, rows of other sensors."""
    names = (
        "Recording timestamp [μs]|Computer timestamp [μs]|Sensor|Project name|"
        "Participant name|Recording name|Event|Event value|"
        "Gaze point X [DACS px]|Gaze point Y [DACS px]|"
        "Gaze point left X [DACS px]|Gaze point left Y [DACS px]|"
        "Validity left|Validity right|Presented Stimulus name|"
        "Presented Media name|Presented Media width [px]|"
        "Presented Media height [px]|Presented Media position X [DACS px]|"
        "Presented Media position Y [DACS px]|Eye movement type"
    ).split("|")
    rows = ["\t".join(names)]

    def add(t, sensor, event, place, stimulus):
        x, y = (
            (_number(80 + 10 * place[0], decimal), _number(10 * place[1]))
            if place
            else ("", "")
        )
        y = y.replace(".", decimal)
        valid = ("Valid" if place else "Invalid") if sensor else ""
        media = f"{stimulus}.AVI" if stimulus else ""
        box = ("640", "480", "80", "0") if stimulus else ("",) * 4
        kind = "Fixation" if place else "EyesNotFound"
        cells = (t, t + 9, sensor, "Study", "P1", "Recording1", event)
        cells += (media if event else "", x, y, x, y, valid, valid, stimulus)
        rows.append("\t".join(map(str, (*cells, media, *box, kind))))

    add(0, "", "RecordingStart", None, "")
    for k in range(20):
        add(1000 * k, "Eye Tracker", "", (5, 5), "")
    zero = 5_000_000
    add(zero, "", "VideoStimulusStart", None, "Clip")
    for t, place in SAMPLES:
        add(zero + 1000 * t, "Eye Tracker", "", place, "Clip")
        add(zero + 1000 * t + 500, "Mouse", "", None, "Clip")
    add(zero + 400_000, "", "VideoStimulusEnd", None, "Clip")
    for k in range(20):
        add(zero + 600_000 + 1000 * k, "Eye Tracker", "", (9, 9), "pause")
    return write_lines(path, rows, encoding, "\r\n")


def write_tobii_normalized(path):
    """Older Pro Lab: no units in the names, 0 to 1 of the media, UTF-16."""
    names = (
        "Recording timestamp|Participant name|Recording name|Event|"
        "Gaze point X|Gaze point Y|Gaze point X (MCSnorm)|"
        "Gaze point Y (MCSnorm)|Presented Media name"
    ).split("|")
    rows = ["\t".join(names)]
    for t, place in SAMPLES:
        x, y = (place[0] / 64, place[1] / 48) if place else ("", "")
        cells = (7001 + t, "P1", "Recording1", "", 1, 1, x, y, "clip.avi")
        rows.append("\t".join(map(str, cells)))
    return write_lines(path, rows, "utf-16")


def write_tobii_studio(path):
    """Tobii Studio: ADCSpx, place of the media, validity from 0 to 4."""
    names = (
        "ExportDate|ParticipantName|RecordingName|RecordingResolution|"
        "MediaName|MediaPosX (ADCSpx)|MediaPosY (ADCSpx)|MediaWidth|"
        "MediaHeight|RecordingTimestamp|StudioEvent|GazePointIndex|"
        "GazePointLeftX (ADCSpx)|GazePointX (ADCSpx)|GazePointY (ADCSpx)|"
        "GazePointX (MCSpx)|GazePointY (MCSpx)|ValidityLeft|ValidityRight|"
    ).split("|")
    rows = ["\t".join(names)]
    start = ("2014-05-01", "P1", "Rec 01", "800 x 480", "clip.avi")
    box = (80, 0, 640, 480)
    event = (*start, *box, 20_000, "MovieStart", *[""] * 9)
    rows.append("\t".join(map(str, event)))
    for index, (t, place) in enumerate(SAMPLES):
        # Studio repeats the last place while it sees no eye.
        x, y = place or A
        validity = 0 if place else 4
        cells = (*start, *box, 20_000 + t, "", index + 1, "")
        cells += (80 + 10 * x, 10 * y, 10 * x, 10 * y, validity, validity, "")
        rows.append("\t".join(map(str, cells)))
    return write_lines(path, rows, "utf-8-sig", "\r\n")


def write_tobii_glasses(path):
    """Pro Lab with glasses: pixels of their video, microseconds, no units."""
    names = (
        "Recording timestamp|Sensor|Participant name|Recording name|Event|"
        "Eye movement type|Gaze event duration|Gaze point X|Gaze point Y"
    ).split("|")
    rows = ["\t".join(names), "0\t\tP1\tRec\tRecordingStart\t\t\t\t"]
    for t, place in SAMPLES:
        x, y = place or ("", "")
        rows.append(f"{1000 * t}\tEye Tracker\tP1\tRec\t\t\t\t{x}\t{y}")
        for step in (1, 4, 8):
            time = 1000 * (t + step)
            rows.append(f"{time}\tGyroscope\tP1\tRec\t\t\t\t\t")
    return write_lines(path, rows, end="\r\n")


def write_pupil_player(folder):
    """Pupil Player: 0 to 1, y upward, seconds of a clock, confidence."""
    zero = 70_123.5
    times = ["# timestamps [seconds],pts"]
    times += [f"{zero + 0.04 * frame},{frame}" for frame in FRAMES]
    write_lines(folder / "world_timestamps.csv", times)
    rows = [
        "gaze_timestamp,world_index,confidence,norm_pos_x,norm_pos_y,"
        "base_data,gaze_point_3d_x"
    ]
    for t, place in SAMPLES:
        x, y = place or (1.0, 1.0)
        confidence = 0.98 if place else 0.2
        rows.append(
            f"{zero + t / 1000},{t // 40},{confidence},{x / 64},{1 - y / 48},"
            f'"{zero}-0 {zero}-1",'
        )
    # Gaze from before the first frame of the export.
    rows.insert(1, f"{zero - 0.5},0,0.99,0.1,0.1,,")
    return write_lines(folder / "gaze_positions.csv", rows)


def write_pupil_fixations(folder):
    """Pupil Player's fixations: seconds, but durations in milliseconds."""
    rows = [
        "id,start_timestamp,duration,start_frame_index,end_frame_index,"
        "norm_pos_x,norm_pos_y,dispersion,confidence,method"
    ]
    write_pupil_player(folder)
    for index, (t, duration, (x, y)) in enumerate(FIXATIONS):
        rows.append(
            f"{index},{70_123.5 + t / 1000},{duration},0,1,{x / 64},"
            f"{1 - y / 48},1.2,0.99,gaze"
        )
    return write_lines(folder / "fixations.csv", rows)


def write_pupil_surface(folder):
    """Gaze on a surface, the screen; its first row is the video's start."""
    rows = [
        "world_timestamp,world_index,gaze_timestamp,x_norm,y_norm,x_scaled,"
        "y_scaled,on_surf,confidence"
    ]
    for t, place in SAMPLES:
        x, y = place or (0.0, 0.0)
        rows.append(
            f"9,1,{9 + t / 1000},{x / 64},{1 - y / 48},{x},{y},True,"
            f"{0.9 if place else 0.0}"
        )
    return write_lines(folder / "gaze_positions_on_surface_clip.csv", rows)


NEON_ZERO = 1_700_000_000_000_000_000


def write_neon(folder):
    """Pupil Cloud: nanoseconds since 1970, pixels, `worn`."""
    times = ["section id,recording id,timestamp [ns]"]
    times += [f"s1,r1,{NEON_ZERO + 40_000_000 * frame}" for frame in FRAMES]
    write_lines(folder / "world_timestamps.csv", times)
    rows = [
        "section id,recording id,timestamp [ns],gaze x [px],gaze y [px],worn,"
        "fixation id,blink id,azimuth [deg],elevation [deg]"
    ]
    for t, place in SAMPLES:
        x, y = place or (30.0, 30.0)
        worn = 1.0 if place else 0.0
        rows.append(f"s1,r1,{NEON_ZERO + 1_000_000 * t},{x},{y},{worn},1,,0,0")
    return write_lines(folder / "gaze.csv", rows)


def write_neon_fixations(folder):
    """Pupil Cloud's fixations: start and end."""
    write_neon(folder)
    rows = [
        "section id,recording id,fixation id,start timestamp [ns],"
        "end timestamp [ns],duration [ms],fixation x [px],fixation y [px]"
    ]
    for index, (t, duration, (x, y)) in enumerate(FIXATIONS):
        start = NEON_ZERO + 1_000_000 * t
        end = start + 1_000_000 * duration
        rows.append(f"s1,r1,{index},{start},{end},{duration},{x},{y}")
    return write_lines(folder / "fixations.csv", rows)


GAZEPOINT = (
    "MEDIA_ID,MEDIA_NAME,CNT,TIME(2022/01/27 09:39:32.995),"
    "TIMETICK(f=10000000),FPOGX,FPOGY,FPOGS,FPOGD,FPOGID,FPOGV,"
    "BPOGX,BPOGY,BPOGV,"
)


def _on_wide_screen(place):
    """Returns a place from 0 to 1 of the screen of 800x480."""
    return (80 + 10 * place[0]) / 800, place[1] / 48


def write_gazepoint(path):
    """Gazepoint's samples; the time starts again with each media."""
    rows = [GAZEPOINT]
    for k in range(10):
        rows.append(f"0,NewMedia0,{k},{k / 100},1,0,0,0,0,1,1,.5,.5,1,")
    for t, place in SAMPLES:
        x, y = _on_wide_screen(place or A)
        rows.append(
            f"1,clip.avi,{t},{t / 1000:.5f},{t},0.1,0.1,0,0.3,2,1,"
            f"{x:.5f},{y:.5f},{1 if place else 0},"
        )
    return write_lines(path, rows, end="\r\n")


def write_gazepoint_fixations(path):
    """Gazepoint's fixations: onset FPOGS and duration FPOGD in seconds."""
    rows = [GAZEPOINT]
    for index, (t, duration, place) in enumerate(FIXATIONS):
        x, y = _on_wide_screen(place)
        rows.append(
            f"1,clip.avi,1,{(t + duration) / 1000},1,{x:.5f},{y:.5f},"
            f"{t / 1000},{duration / 1000},{index},1,0.1,0.1,1,"
        )
    return write_lines(path, rows)


def write_imotions(path):
    """iMotions: facts first, two eyes, rows of other sensors, -1 for no eye."""
    rows = [
        "#INFO,",
        "#Respondent Name,P1",
        '#Study name,"Clips, 2021"',
        "#METADATA",
        "#Gaze calibration,Excellent",
        "#DATA,",
        "Row,Timestamp,EventSource,SlideEvent,SourceStimuliName,"
        "ET_GazeLeftx,ET_GazeLefty,ET_GazeRightx,ET_GazeRighty,"
        "ET_ValidityLeft,ET_ValidityRight,GSR RAW",
        "1,500.0,1,StartMedia,clip,,,,,,,",
    ]
    for t, place in SAMPLES:
        # The eyes are four pixels apart.
        x, y = (10 * n for n in place) if place else (-1, -1)
        left, right = (80 + x - 2, 80 + x + 2) if place else (-1, -1)
        valid = 0 if place else 4
        rows.append(
            f"2,{500 + t}.0,2,,clip,{left},{y},{right},{y},{valid},{valid},"
        )
        rows.append(f"3,{503 + t}.5,3,,clip,,,,,,,0.71")
    return write_lines(path, rows)


def write_eyelink_report(path):
    """Data Viewer's sample report: a dot for a missing number."""
    rows = [
        "RECORDING_SESSION_LABEL\tTRIAL_INDEX\tTIMESTAMP\tVIDEO_NAME\t"
        "RIGHT_GAZE_X\tRIGHT_GAZE_Y\tRIGHT_IN_BLINK"
    ]
    for t, place in SAMPLES:
        x, y = (80 + 10 * place[0], 10 * place[1]) if place else (".", ".")
        rows.append(
            f"p1\t1\t{912_345 + t}\tclip.avi\t{x}\t{y}\t{0 if place else 1}"
        )
    return write_lines(path, rows)


def write_eyelink_fixations(path):
    """Data Viewer's fixation report; the video in a variable of the user."""
    rows = [
        '"RECORDING_SESSION_LABEL"\t"movie"\t"CURRENT_FIX_START"\t'
        '"CURRENT_FIX_DURATION"\t"CURRENT_FIX_X"\t"CURRENT_FIX_Y"'
    ]
    for t, duration, (x, y) in FIXATIONS:
        rows.append(f"p1\tclip.avi\t{t}\t{duration}\t{80 + 10 * x}\t{10 * y}")
    return write_lines(path, rows)


def gaze_folder(raw_dir, path, **options):
    """Returns the source of a folder with an export."""
    return Folder(raw_dir, path, gaze_options=GazeOptions(**options))
