"""Imports what a model needs, for a command."""

from rmdn_tf.commands.tensorflow_import import import_tensorflow
from rmdn_tf.prediction.settings import PRECISIONS, is_bfloat16
from rmdn_tf.runs.paths import fastest_form
from rmdn_tf.runtimes.formats import portable_format


def import_libraries(
    *models: str | None, precision: str = PRECISIONS[0]
) -> None:
    """Imports TensorFlow, which takes seconds, unless all models do without.

    Args:
        *models: paths of models; None for one on a server.
        precision: in which they will be loaded.
    """
    bfloat16 = is_bfloat16(precision)
    paths = [model and fastest_form(model, bfloat16) for model in models]
    if not all(path and portable_format(path) for path in paths):
        import_tensorflow()
