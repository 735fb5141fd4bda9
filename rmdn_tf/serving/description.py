"""What a SavedModel says of itself: metadata, and a page for people."""

import pathlib

import jinja2
import keras

from rmdn_tf.data.windows import CONTEXT
from rmdn_tf.model.config import ModelConfig
from rmdn_tf.model.request_limits import RequestLimits
from rmdn_tf.runs.network_facts import describe_network
from rmdn_tf.serving.limits import MEANINGS, all_limits
from rmdn_tf.serving.tensors import SIGNATURES

README_FILE = "README.md"

_TEMPLATES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(pathlib.Path(__file__).parent),
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)


def describe_model(
    model: keras.Model,
    config: ModelConfig,
    name: str,
    signatures: dict[str, dict],
    limits: RequestLimits,
    run: dict | None = None,
) -> dict:
    """Makes the metadata of a model.

    Args:
        model: of `rmdn_tf.model.rmdn.build_rmdn`.
        config: its settings.
        name: name under which the model is exported.
        signatures: name -> result of
            `rmdn_tf.serving.tensors.describe_signature`.
        limits: limits of a request.
        run: result of `rmdn_tf.runs.run_facts.describe_run`.

    Returns:
        The facts of `describe_network`, and `context_frames` for streaming,
        `signatures` and `limits`. Earlier releases wrote less.
    """
    facts = describe_network(model, config, name, run)
    return {
        **facts,
        "context_frames": CONTEXT,
        "signatures": {
            one: {"does": SIGNATURES[one], **described}
            for one, described in signatures.items()
        },
        "limits": all_limits(limits, facts["num_components"]),
    }


def readme(metadata: dict) -> str:
    """Writes the page that explains a SavedModel, in Markdown."""
    return _TEMPLATES.get_template("readme.md.j2").render(
        metadata, limit_meanings=MEANINGS
    )
