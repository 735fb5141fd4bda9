#!/bin/sh
# "Full": retrained on training and validation videos, for as many epochs as
# `lstm.sh` needed to its best one; run that first.
set -e
epochs="$(python experiments/best_epoch.py runs/table1/lstm)"
exec python train_tf.py --dataset "${DATASET:-hollywood2}" \
    --preset paper --c3d_weights "${C3D_WEIGHTS:-c3d.npz}" --cache_features \
    --run_dir runs/table1/full --export_dir saved_models/table1-full \
    --train_split train+validation --num_epochs "$epochs" "$@"
