"""Raw datasets on disk -> raw videos; one module and class for each dataset.

`registry` lists the datasets by the name that `--dataset` takes. `disk_source`
is the base of all but the made-up ones. `<dataset>_gaze` and `<dataset>_tables`
read the dataset's gaze files.
"""
