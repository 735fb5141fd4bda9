"""Shows in the browser where people look in videos.

rmdn view
rmdn view VIDEO
rmdn view FOLDER --other_model RUN
rmdn view --data_dir DATA --split test    # Beside the gaze of people.
"""

import contextlib
import importlib.util
import os

from rmdn_tf.applications.view.settings import ServerSettings, ViewSettings
from rmdn_tf.commands.command import command, start
from rmdn_tf.commands.command_line import CommandLine
from rmdn_tf.prediction.libraries import import_libraries
from rmdn_tf.runs.paths import model_directory, require_model


def _require_libraries() -> None:
    for name in ("starlette", "uvicorn"):
        if importlib.util.find_spec(name) is None:
            raise ImportError(
                f"Missing library '{name}' of the page. Install it with "
                "`pip install rmdn-tf[view]`."
            )


def _videos(path: str | None) -> list[str]:
    """Returns the files to list."""
    if path is None:
        return []
    from rmdn_tf.prediction.checks import check_inputs
    from rmdn_tf.video.folders import videos_in

    if os.path.isdir(path):
        videos, _ = videos_in(path)
        if not videos:
            raise ValueError(f"No video or picture in '{path}'.")
        return videos
    check_inputs(path, None)
    if not os.path.isfile(path):
        raise ValueError(
            f"Invalid video. Expected a file or a folder. Received: '{path}'."
        )
    return [path]


@command(__doc__, ViewSettings, ServerSettings)
def main(line: CommandLine) -> None:
    """Serves the page until a signal."""
    given = line.read(ViewSettings)
    settings = line.read(ServerSettings)
    paths = _videos(given.video)
    for model in filter(None, (given.model, given.other_model)):
        require_model(model_directory(model))
    if given.data_dir:
        from rmdn_tf.data.prepared_dataset import load_dataset_info

        load_dataset_info(given.data_dir)
    _require_libraries()
    os.environ["TQDM_DISABLE"] = "1"  # The page has progress bars.
    from rmdn_tf.applications.view.server import listen

    with contextlib.closing(listen(settings.host, settings.port)) as listener:
        noun = "models" if given.other_model else "model"
        print(f"Loading the {noun} ...", flush=True)
        import_libraries(
            given.model, *filter(None, [given.other_model])
        )  # Here, since it takes seconds.
        from rmdn_tf.applications.view.serving import serve_session

        serve_session(given, settings, paths, listener)


if __name__ == "__main__":
    start(main)
