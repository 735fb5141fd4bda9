#!/bin/sh
# More fixations drawn in each frame. The paper: better CC and SIM.
set -e
exec python train_tf.py --dataset "${DATASET:-hollywood2}" \
    --preset paper --c3d_weights "${C3D_WEIGHTS:-c3d.npz}" --cache_features \
    --run_dir runs/table1/more_fixations --export_dir saved_models/table1-more_fixations \
    --fixations_per_frame 64 "$@"
