"""The numbers of a run that TensorBoard shows: names, titles, descriptions."""

import dataclasses

# Groups of charts, in TensorBoard's order, which is that of the alphabet.
LOSS, MAPS, METRICS, MIXTURE, TRAINING = (
    "loss",
    "maps",
    "metrics",
    "mixture",
    "training",
)


@dataclasses.dataclass(frozen=True)
class Curve:
    """A number over epochs or steps, which count from 1 as on the console.

    Attributes:
        tag: name of the chart.
        title: short name, for a table.
        text: description; one or two sentences.
    """

    tag: str
    title: str
    text: str


CURVES = {
    "loss": Curve(
        f"{LOSS}/epoch",
        "loss",
        "Mean loss of each epoch, in nats per fixation; lower is better, 0 is "
        "the uniform density. For a network with actions: the weighted sum of "
        "both losses. `train`: over the windows of the epoch, while the "
        "weights change. `validation`: over every fixation of the split, after "
        "the epoch; it chooses the best epoch. `TCB`: the trained centre bias, "
        "one mixture for all frames. A network that stays above has learned "
        "nothing from the frames.",
    ),
    "step_loss": Curve(
        f"{LOSS}/step",
        "loss of a step",
        "Mean loss of each step, in the unit of the epochs' loss.",
    ),
    "density_loss": Curve(
        f"{LOSS}/density",
        "loss of the density",
        "Mean loss of the density, in nats per fixation, without its weight.",
    ),
    "action_loss": Curve(
        f"{LOSS}/action",
        "loss of the action",
        "Mean cross-entropy of the action of whole videos, in nats, without "
        "its weight.",
    ),
    "bits": Curve(
        f"{METRICS}/bits",
        "information gain (bits)",
        "Information gain over the uniform density, in bits per fixation; "
        "higher is better, 0 is the uniform density.",
    ),
    "nss": Curve(
        f"{METRICS}/nss",
        "NSS",
        "Normalized scanpath saliency: the density at the fixations, in "
        "standard deviations over its mean; higher is better, 0 is chance.",
    ),
    "auc_judd": Curve(
        f"{METRICS}/auc_judd",
        "AUC-Judd",
        "Area under the ROC curve, fixated pixels against the others; higher "
        "is better, 0.5 is chance, 1 the best.",
    ),
    "cc": Curve(
        f"{METRICS}/cc",
        "CC",
        "Correlation with the density of the fixations; higher is better, 1 is "
        "the best.",
    ),
    "sim": Curve(
        f"{METRICS}/sim",
        "SIM",
        "Overlap with the density of the fixations; higher is better, 1 is the "
        "best.",
    ),
    "kl": Curve(
        f"{METRICS}/kl",
        "KL divergence (nats)",
        "Kullback-Leibler divergence from the density of the fixations, in "
        "nats; lower is better, 0 is the best.",
    ),
    "action_accuracy": Curve(
        f"{METRICS}/action_accuracy",
        "accuracy of actions",
        "Share of the videos whose likeliest action is right.",
    ),
    "action_map": Curve(
        f"{METRICS}/action_map",
        "mAP of actions",
        "Mean over the actions of the average precision.",
    ),
    "epoch": Curve(
        f"{TRAINING}/best_epoch",
        "best epoch",
        "Epoch whose model is kept: the one with the lowest validation loss; "
        "without a validation, the last one.",
    ),
    "perplexity": Curve(
        f"{MIXTURE}/perplexity",
        "perplexity of the weights",
        "Number of components that a mixture uses: the perplexity of its "
        "weights. Near 1, one component does all.",
    ),
    "learning_rate": Curve(
        f"{TRAINING}/learning_rate",
        "learning rate",
        "Learning rate of each epoch.",
    ),
    "gradient_norm": Curve(
        f"{TRAINING}/gradient_norm",
        "norm of the gradient",
        "Norm over all weights of each step's gradient, before it is clipped "
        "to `clip_norm`.",
    ),
    "clipped_share": Curve(
        f"{TRAINING}/clipped_share",
        "share of clipped steps",
        "Share of the epoch's steps whose gradient was longer than "
        "`clip_norm`; large with the loss reduction `sum`.",
    ),
    "frames_per_second": Curve(
        f"{TRAINING}/frames_per_second",
        "frames per second",
        "Frames with a density that training passed per second, without "
        "validation.",
    ),
}

PICTURE = Curve(
    f"{MAPS}/first_video",
    "frames of a video",
    "Frames of the first validation video with their fixations, the density of "
    "these (the truth), the model's density, and the baseline. The brightest "
    "colour is each map's own peak.",
)

# Distributions over components, of a sample of clips of the validation split.
HISTOGRAMS = {
    "weight": "Weights of the components.",
    "scale_x": "Standard deviations in x, as shares of the width.",
    "scale_y": "Standard deviations in y, as shares of the height.",
    "correlation": "Correlations of x and y within a component.",
    "components_alive": "Components of a clip that weigh more than a tenth of "
    "an equal share.",
}
