"""Names of the files of a trained model, in its directory."""

CONFIG_FILE = "model.json"
WEIGHTS_FILE = "model.weights.h5"
