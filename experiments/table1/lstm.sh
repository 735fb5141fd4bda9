#!/bin/sh
# RMDN as the paper has it: an LSTM, 20 components. The paper: AUC about 0.904.
set -e
exec python train_tf.py --dataset "${DATASET:-hollywood2}" \
    --preset paper --c3d_weights "${C3D_WEIGHTS:-c3d.npz}" --cache_features \
    --run_dir runs/table1/lstm --export_dir saved_models/table1-lstm \
    "$@"
