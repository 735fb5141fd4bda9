#!/bin/sh
# 2 components. The paper: AUC 0.8836, NSS 2.1385.
set -e
exec python train_tf.py --dataset "${DATASET:-hollywood2}" \
    --preset paper --c3d_weights "${C3D_WEIGHTS:-c3d.npz}" --cache_features \
    --run_dir runs/table1/components_2 --export_dir saved_models/table1-components_2 \
    --num_components 2 "$@"
