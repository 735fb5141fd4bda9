"""A prediction that is killed and repeated ends as if nothing had happened."""

import signal
import time

import pytest

from rmdn_tf import predict
from tests.helpers.made_videos import moving_square, write_video
from tests.helpers.processes import PROCESSES

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def command(model_dir, tmp_path_factory):
    """Returns the options of a prediction that writes maps for a while."""
    directory = tmp_path_factory.mktemp("killed")
    video = write_video(directory / "in.mp4", moving_square(60))
    return ["--video", video, "--model", model_dir]


def outputs_in(directory):
    return [
        *("--maps", directory / "maps"),
        *("--output", directory / "out.mp4"),
        *("--parameters", directory / "out.npz"),
    ]


def run(command, directory):
    arguments = [*command, *outputs_in(directory)]
    assert predict.main([str(a) for a in arguments]) == 0


def contents(directory):
    return {
        str(path.relative_to(directory)): path.read_bytes()
        for path in directory.rglob("*")
        if path.is_file()
    }


def kill_at_work(command, directory):
    """Kills the command in a process of its own, once it has some maps."""
    arguments = [*map(str, [*command, *outputs_in(directory)])]
    process = PROCESSES.Process(target=predict.main, args=(arguments,))
    process.start()
    while process.is_alive():
        if len(list(directory.glob("partial.*/maps/*.png"))) > 20:
            process.kill()
        time.sleep(0.002)
    assert process.exitcode == -signal.SIGKILL
    assert not (directory / "maps").exists()
    return {
        path.name: path.stat().st_mtime_ns
        for path in directory.glob("partial.*/maps/*.png")
    }


@pytest.fixture(scope="module")
def undisturbed(command, tmp_path_factory):
    """Returns the directory of a prediction that nobody disturbed."""
    directory = tmp_path_factory.mktemp("undisturbed")
    run(command, directory)
    return directory


def test_a_killed_prediction_goes_on_to_the_same_bytes(
    command, undisturbed, tmp_path
):
    left = kill_at_work(command, tmp_path)
    assert len(left) > 20
    run(command, tmp_path)
    # Nothing of ours is left beside them.
    assert contents(tmp_path) == contents(undisturbed)
    for name, written in left.items():
        assert (tmp_path / "maps" / name).stat().st_mtime_ns == written


def test_a_prediction_may_be_repeated_but_not_with_other_settings(
    command, undisturbed, capsys
):
    before = contents(undisturbed)
    run(command, undisturbed)
    assert contents(undisturbed) == before
    arguments = [*command, "--hold", "--maps", undisturbed / "maps"]
    assert predict.main([str(a) for a in arguments]) == 1
    assert "hold was False and is now True" in capsys.readouterr().err
    assert contents(undisturbed) == before
