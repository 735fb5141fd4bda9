#!/bin/sh
# A plain RNN in place of the LSTM. The paper: AUC 1.2 % lower.
set -e
exec python train_tf.py --dataset "${DATASET:-hollywood2}" \
    --preset paper --c3d_weights "${C3D_WEIGHTS:-c3d.npz}" --cache_features \
    --run_dir runs/table1/rnn --export_dir saved_models/table1-rnn \
    --recurrent rnn "$@"
