"""Video files or folders of numbered images -> frames of any size and rate.

Sources call `opening`, which takes both forms, and `fixation_maps`. The writer
of shards calls `resampling` to change the rate, `video_files.Scaler` the size.
"""
