"""The values that settings of a recognizer may take."""

CONTEXT_PART = "context"
ATTENTION_PART = "attention"
# Parts of a descriptor: the clip as it is, and the clip weighted by attention.
PARTS = (CONTEXT_PART, ATTENTION_PART)

# What attention weights: the pixels (the paper's choice), or the feature cells
# (worse, according to the paper).
PLACES = ("pixels", "features")

# The number that becomes 1 in the weights of a frame:
#   "peak": the largest. A weight is the share of light that the pixel keeps.
#   "mean": the mean. A uniform density changes nothing.
#   "sum":  the sum. A uniform density leaves the pixels almost black.
# The paper multiplies pixels by the map and does not name the scale. "peak" is
# the default because pretrained networks expect pixels in their usual range.
MAP_SCALES = ("peak", "mean", "sum")

FIXATIONS = "fixations"
# The prediction of a model; the gaze of observers; the trained centre bias,
# equal in every frame; a mixture of prediction and centre bias.
SOURCES = ("model", FIXATIONS, "tcb", "model+tcb")

BOTH = "both"
# The parts of the descriptor that each kind of classifier uses.
USES = {
    CONTEXT_PART: (CONTEXT_PART,),
    ATTENTION_PART: (ATTENTION_PART,),
    BOTH: PARTS,
}

# Frames from one clip's end to the next. The paper gives no number; the authors
# of C3D take clips that overlap by 8 frames.
CLIP_STRIDE = 8
