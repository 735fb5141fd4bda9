#!/bin/sh
# Features without place. The paper: AUC 1.5 % lower or more.
set -e
exec python train_tf.py --dataset "${DATASET:-hollywood2}" \
    --preset paper --c3d_weights "${C3D_WEIGHTS:-c3d.npz}" --cache_features \
    --run_dir runs/table1/fc6 --export_dir saved_models/table1-fc6 \
    --features fc6 "$@"
