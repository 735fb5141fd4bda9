#!/bin/sh
# C3D learns too. The paper: nothing gained on Hollywood2.
set -e
exec python train_tf.py --dataset "${DATASET:-hollywood2}" \
    --preset paper --c3d_weights "${C3D_WEIGHTS:-c3d.npz}" --cache_features \
    --run_dir runs/table1/fine_tuned --export_dir saved_models/table1-fine_tuned \
    --train_c3d --nocache_features "$@"
