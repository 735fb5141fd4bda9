"""The values that settings of an evaluation may take."""

# How maps are scored; `rmdn_tf.evaluation.protocols` has a class for each.
PROTOCOLS = (
    "exact",
    "paper",
    "mit",
    "dhf1k",
    "ntire2026",
    "crowdsal",
    "unisal",
    "msu",
)

# Baselines that are scored only on request.
EXTRAS = ("human_leave_one_out", "previous_frame")

# The size of each video, as a size of maps.
ORIGINAL = "original"

# What a frame without a prediction becomes.
MISSING_MAPS = ("uniform", "skip", "error")

# Every frame or every video has the same weight in a mean.
MEANS = ("frames", "videos")
