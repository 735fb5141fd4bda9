#!/bin/sh
# The trained centre (TCB): one mixture fitted to all training fixations, the
# same map in every frame.
set -e
exec python -m rmdn_tf.evaluate \
    --data_dir "data/${DATASET:-hollywood2}" --output_dir runs/table1/tcb "$@"
