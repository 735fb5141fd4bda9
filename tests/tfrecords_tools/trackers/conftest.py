"""A folder of one video, for the tests of the exports."""

import pytest

from tests.helpers.made_videos import write_grey
from tests.helpers.raw_writers import LEVELS


@pytest.fixture
def raw_dir(tmp_path):
    write_grey(tmp_path / "raw" / "clip.avi", LEVELS)
    return tmp_path / "raw"
