"""A video file or a folder of numbered images -> frames and their facts.

Sources start from `opening` (both forms alike) and `fixation_maps`; the writer
of shards from `resampling` (another frame rate) and `video_files.Scaler`.
"""
