"""Datasets of pictures with a table of fixations, tiny, for tests."""

import numpy as np
import scipy.io
from PIL import Image

LEVEL = 90
"""Grey level of every picture."""

# Picture -> observer -> (x, y, duration in ms), in pixels of 800x600.
OSIE_SUBJECTS = {
    "1001": [[(200, 150, 250), (400, 450, 300)], [(600, 300, 200)]],
    "1002": [[(799.5, 599.5, 180)], [(800, 300, 90), (-1, 5, 80)]],
    "1003": [[], [(80, 60, 100)]],
    "1004": [[(1, 2, 3)], []],  # Not on disk.
}

# Picture, observer -> (x, y, onset, duration), in pixels and seconds. The
# pictures are 64x48 and 40x80 pixels; the third is not on disk.
SCENE_ROWS = (
    ([(16, 12, 0.3, 0.2), (48, 36, 0.6, 0.4)], [(32, 24, 0.1, 0.1)]),
    ([(20, 60, 0.25, 0.5)], []),
    ([(1, 1, 0, 1)], [(2, 2, 1, 1)]),
)
SCENE_SIZES = ((48, 64), (80, 40), (48, 64))


def write_picture(path, size, **options):
    """Writes a grey picture of (height, width)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    picture = Image.new("RGB", size[::-1], (LEVEL,) * 3)
    picture.save(path, **options)
    return path


def cells(items):
    """Makes a column of cells."""
    column = np.empty([len(items), 1], object)
    column[:, 0] = items
    return column


def save_mat(path, **variables):
    path.parent.mkdir(parents=True, exist_ok=True)
    scipy.io.savemat(path, variables, do_compression=True)
    return path


def write_subjects(path, pictures):
    """Writes a table of subjects of pictures."""
    structs = []
    for name, observers in pictures:
        subjects = []
        for rows in observers:
            x, y, duration = np.array(rows, float).reshape([-1, 3]).T[:, None]
            subjects.append(
                {
                    "fix_x": x,
                    "fix_y": y,
                    "fix_duration": duration.astype(np.uint16),
                }
            )
        structs.append({"img": f"{name}.jpg", "subjects": cells(subjects)})
    return save_mat(path, fixations=cells(structs))


def write_osie(raw_dir, size=(600, 800)):
    """Writes three pictures of OSIE and a table of four."""
    for name in ("1001", "1002", "1003"):
        write_picture(raw_dir / f"data/stimuli/{name}.jpg", size)
    table = raw_dir / "data/eye/fixations.mat"
    write_subjects(table, OSIE_SUBJECTS.items())
    return raw_dir


def write_crowd(raw_dir):
    """Writes a picture of Saliency in Crowd."""
    write_picture(raw_dir / "data/stimuli/001.jpg", (768, 1024))
    subjects = [[(512, 192, 200)]]
    write_subjects(raw_dir / "data/eye/fixations.mat", [("001", subjects)])
    return raw_dir


def write_scene(raw_dir):
    """Writes two pictures of Scene and a table of three."""
    for number, size in enumerate(SCENE_SIZES[:2], start=1):
        write_picture(raw_dir / f"data/stimuli/{number:03d}.jpg", size)
    table = np.empty([len(SCENE_ROWS), 2], object)
    for picture, observers in enumerate(SCENE_ROWS):
        for observer, rows in enumerate(observers):
            rows = np.array(rows, float).reshape([-1, 4])
            table[picture, observer] = rows[:, [1, 0, 2, 3]]
    save_mat(raw_dir / "data/tidy/fixations.mat", fixations=table)
    sizes = {"size": np.array(SCENE_SIZES, np.uint16)}
    save_mat(raw_dir / "data/tidy/imgInfo.mat", imgInfo=sizes)
    return raw_dir


def write_still_pictures(raw_dir):
    """Writes the three datasets as folders."""
    write_osie(raw_dir / "osie")
    write_crowd(raw_dir / "saliency_in_crowd")
    write_scene(raw_dir / "scene")
    return raw_dir


def write_folder_of_pictures(raw_dir):
    """Writes pictures in sub-folders, and fixations without times."""
    for name in ("a.png", "animals/b.JPG", "animals/c.webp"):
        write_picture(raw_dir / name, (48, 64))
    rows = ["a,ann,16,12", "a,ann,48,36", "animals/b.jpg,zoe,32,24"]
    table = "\n".join(["video,observer,x,y", *rows, "a,zoe,,", "a,zoe,64,0"])
    (raw_dir / "gaze.csv").write_text(table)
    return raw_dir
