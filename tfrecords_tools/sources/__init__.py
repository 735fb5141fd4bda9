"""One module and class for each raw dataset: files on disk -> raw videos.

`registry` lists the datasets by the name that `--dataset` takes; a dataset's
module and class have the same name. `disk_source` is the base of all but the
made-up datasets. `<dataset>_gaze` and `<dataset>_tables` read its gaze files.
"""
