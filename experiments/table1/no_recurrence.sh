#!/bin/sh
# No recurrence. The paper: AUC 2.4 % below the LSTM.
set -e
exec python train_tf.py --dataset "${DATASET:-hollywood2}" \
    --preset paper --c3d_weights "${C3D_WEIGHTS:-c3d.npz}" --cache_features \
    --run_dir runs/table1/no_recurrence --export_dir saved_models/table1-no_recurrence \
    --recurrent none "$@"
