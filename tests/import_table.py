"""Which module of ours may import which; rows in reading order."""

# Reading order: a module may import modules above it only, and of those only
# the ones it names here. A new module has to find its place.
MAY_IMPORT = {
    "rmdn_tf.file_systems": "",
    "rmdn_tf.json_files": "rmdn_tf.file_systems",
    "rmdn_tf.dataset_schema": "rmdn_tf.json_files",
    "rmdn_tf.record_lengths": "rmdn_tf.file_systems",
    "rmdn_tf.safe_names": "",
    "rmdn_tf.records": """
        rmdn_tf.file_systems rmdn_tf.json_files rmdn_tf.dataset_schema
        rmdn_tf.record_lengths rmdn_tf.safe_names""",
    "rmdn_tf.record_parsing": "rmdn_tf.dataset_schema rmdn_tf.records",
    "rmdn_tf.windows": "",
    "rmdn_tf.locks": "rmdn_tf.file_systems",
    "rmdn_tf.published_files": "rmdn_tf.file_systems rmdn_tf.locks",
    "rmdn_tf.checksums": "rmdn_tf.published_files",
    "rmdn_tf.foreign_files": "",
    "rmdn_tf.archives": "",
    "rmdn_tf.array_files": """
        rmdn_tf.published_files rmdn_tf.foreign_files rmdn_tf.archives""",
    "rmdn_tf.hdf5_files": "",
    "rmdn_tf.keras_weights": "rmdn_tf.foreign_files rmdn_tf.hdf5_files",
    "rmdn_tf.picture_checks": "",
    "rmdn_tf.disk_space": "",
    "rmdn_tf.video_file": "",
    # Raw data -> shards.
    "tfrecords_tools": "",
    "tfrecords_tools.raw_video": "rmdn_tf.records",
    "rmdn_tf.video_clock": "",
    "tfrecords_tools.video": """
        rmdn_tf.records rmdn_tf.video_file tfrecords_tools.raw_video
        rmdn_tf.video_clock""",
    "tfrecords_tools.gaze": "rmdn_tf.records",
    "tfrecords_tools.frame_folders": """
        rmdn_tf.records rmdn_tf.foreign_files rmdn_tf.picture_checks
        tfrecords_tools.raw_video""",
    "tfrecords_tools.gaze_text": "tfrecords_tools.raw_video",
    "tfrecords_tools.actions_in_the_eye": """
        rmdn_tf.records tfrecords_tools.raw_video tfrecords_tools.video
        tfrecords_tools.gaze tfrecords_tools.gaze_text""",
    "tfrecords_tools.watched_actions": """
        rmdn_tf.records tfrecords_tools.raw_video tfrecords_tools.video
        tfrecords_tools.frame_folders tfrecords_tools.actions_in_the_eye""",
    "tfrecords_tools.splits": "",
    "tfrecords_tools.fixation_detection": "tfrecords_tools.gaze",
    "tfrecords_tools.resampling": """
        rmdn_tf.records tfrecords_tools.raw_video rmdn_tf.video_clock""",
    "tfrecords_tools.video_records": """
        rmdn_tf.records rmdn_tf.video_file tfrecords_tools.raw_video
        tfrecords_tools.video""",
    "tfrecords_tools.survey": "tfrecords_tools.raw_video",
    "tfrecords_tools.shard_plan": "rmdn_tf.records tfrecords_tools.survey",
    "tfrecords_tools.statistics": "rmdn_tf.records tfrecords_tools.raw_video",
    "tfrecords_tools.shards": """
        rmdn_tf.file_systems rmdn_tf.json_files rmdn_tf.dataset_schema
        rmdn_tf.records rmdn_tf.published_files tfrecords_tools.raw_video
        tfrecords_tools.gaze tfrecords_tools.resampling
        tfrecords_tools.video_records tfrecords_tools.survey
        tfrecords_tools.shard_plan tfrecords_tools.statistics""",
    "tfrecords_tools.manifest": """
        rmdn_tf.file_systems rmdn_tf.json_files rmdn_tf.dataset_schema
        rmdn_tf.records rmdn_tf.published_files tfrecords_tools.raw_video
        tfrecords_tools.video_records tfrecords_tools.shard_plan
        tfrecords_tools.shards""",
    "tfrecords_tools.dataset_info": """
        rmdn_tf.records rmdn_tf.published_files tfrecords_tools.raw_video
        tfrecords_tools.video_records tfrecords_tools.statistics
        tfrecords_tools.shards""",
    "tfrecords_tools.processes": "",
    "tfrecords_tools.beam_runner": "tfrecords_tools.processes",
    "tfrecords_tools.sources": "",
    "tfrecords_tools.sources.demo_frames": "",
    "tfrecords_tools.sources.demo": """
        rmdn_tf.records tfrecords_tools.raw_video tfrecords_tools.gaze
        tfrecords_tools.sources.demo_frames""",
    "tfrecords_tools.sources.demo_actions": """
        tfrecords_tools.raw_video tfrecords_tools.sources.demo_frames
        tfrecords_tools.sources.demo""",
    "tfrecords_tools.sources.video_database": """
        rmdn_tf.foreign_files rmdn_tf.hdf5_files tfrecords_tools.raw_video
        tfrecords_tools.video tfrecords_tools.gaze""",
    "tfrecords_tools.sources.hollywood2": """
        tfrecords_tools.raw_video tfrecords_tools.watched_actions
        tfrecords_tools.splits""",
    "tfrecords_tools.sources.ucf_sports": """
        tfrecords_tools.raw_video tfrecords_tools.watched_actions
        tfrecords_tools.splits""",
    "tfrecords_tools.sources.ucf101": """
        rmdn_tf.records tfrecords_tools.raw_video tfrecords_tools.video
        tfrecords_tools.splits""",
    "tfrecords_tools.sources.dhf1k_gaze": """
        tfrecords_tools.raw_video tfrecords_tools.gaze""",
    "tfrecords_tools.sources.dhf1k": """
        rmdn_tf.records tfrecords_tools.raw_video tfrecords_tools.video
        tfrecords_tools.gaze tfrecords_tools.frame_folders
        tfrecords_tools.sources.dhf1k_gaze""",
    "tfrecords_tools.sources.folder_tables": """
        rmdn_tf.records tfrecords_tools.raw_video""",
    "tfrecords_tools.sources.folder": """
        rmdn_tf.records tfrecords_tools.raw_video tfrecords_tools.video
        tfrecords_tools.gaze tfrecords_tools.splits
        tfrecords_tools.fixation_detection
        tfrecords_tools.sources.folder_tables""",
    "tfrecords_tools.source_registry": """
        tfrecords_tools.raw_video tfrecords_tools.sources.demo
        tfrecords_tools.sources.demo_actions
        tfrecords_tools.sources.video_database
        tfrecords_tools.sources.hollywood2 tfrecords_tools.sources.ucf_sports
        tfrecords_tools.sources.ucf101 tfrecords_tools.sources.dhf1k
        tfrecords_tools.sources.folder""",
    "tfrecords_tools.demo_video": """
        rmdn_tf.published_files tfrecords_tools.sources.demo""",
    "tfrecords_tools.entry": "rmdn_tf.file_systems",
    "tfrecords_tools.prepare": """
        rmdn_tf.file_systems rmdn_tf.safe_names rmdn_tf.records rmdn_tf.locks
        tfrecords_tools.raw_video tfrecords_tools.video_records
        tfrecords_tools.survey tfrecords_tools.shard_plan tfrecords_tools.shards
        tfrecords_tools.manifest tfrecords_tools.dataset_info
        tfrecords_tools.processes tfrecords_tools.beam_runner
        tfrecords_tools.source_registry tfrecords_tools.entry""",
    "tfrecords_tools.record_checks": "rmdn_tf.records",
    "tfrecords_tools.shard_checks": """
        rmdn_tf.record_lengths rmdn_tf.records rmdn_tf.record_parsing
        tfrecords_tools.record_checks""",
    "tfrecords_tools.verification": """
        rmdn_tf.file_systems rmdn_tf.json_files rmdn_tf.dataset_schema
        rmdn_tf.records tfrecords_tools.shard_checks""",
    "tfrecords_tools.show_records": """
        rmdn_tf.safe_names rmdn_tf.records rmdn_tf.record_parsing
        rmdn_tf.published_files tfrecords_tools.entry
        tfrecords_tools.verification""",
    # Shards -> batches -> densities.
    "rmdn_tf.shard_dealing": "rmdn_tf.records rmdn_tf.windows",
    "rmdn_tf.stored_frames": """
        rmdn_tf.records rmdn_tf.record_parsing rmdn_tf.windows""",
    "rmdn_tf.stored_features": """
        rmdn_tf.file_systems rmdn_tf.json_files rmdn_tf.record_lengths
        rmdn_tf.records rmdn_tf.windows""",
    "rmdn_tf.window_cutting": """
        rmdn_tf.windows rmdn_tf.stored_frames rmdn_tf.stored_features""",
    "rmdn_tf.input_pipeline": """
        rmdn_tf.records rmdn_tf.record_parsing rmdn_tf.windows
        rmdn_tf.shard_dealing rmdn_tf.stored_frames rmdn_tf.stored_features
        rmdn_tf.window_cutting""",
    "rmdn_tf.feature_cache": """
        rmdn_tf.file_systems rmdn_tf.records rmdn_tf.windows rmdn_tf.locks
        rmdn_tf.published_files rmdn_tf.disk_space rmdn_tf.shard_dealing
        rmdn_tf.stored_frames rmdn_tf.stored_features""",
    "rmdn_tf.augmentation": "",
    "rmdn_tf.preprocessing": "",
    "rmdn_tf.c3d": "rmdn_tf.windows rmdn_tf.preprocessing",
    "rmdn_tf.efficientnet_lite": "",
    "rmdn_tf.torch_files": "rmdn_tf.foreign_files rmdn_tf.archives",
    "rmdn_tf.efficientnet_weights": """
        rmdn_tf.safe_names rmdn_tf.foreign_files rmdn_tf.array_files
        rmdn_tf.efficientnet_lite rmdn_tf.torch_files""",
    "rmdn_tf.frame_features": """
        rmdn_tf.windows rmdn_tf.preprocessing rmdn_tf.efficientnet_lite
        rmdn_tf.efficientnet_weights""",
    "rmdn_tf.projection": "",
    "rmdn_tf.caffe_model": "",
    "rmdn_tf.weight_forms": """
        rmdn_tf.json_files rmdn_tf.archives rmdn_tf.array_files
        rmdn_tf.hdf5_files rmdn_tf.c3d rmdn_tf.torch_files
        rmdn_tf.caffe_model""",
    "rmdn_tf.pretrained_weights": """
        rmdn_tf.foreign_files rmdn_tf.array_files rmdn_tf.c3d
        rmdn_tf.weight_forms""",
    "rmdn_tf.convert_weights": """
        rmdn_tf.safe_names rmdn_tf.c3d rmdn_tf.weight_forms
        rmdn_tf.pretrained_weights""",
    "rmdn_tf.recurrent": "",
    "rmdn_tf.dropout": "",
    "rmdn_tf.mixture": "",
    "rmdn_tf.saliency_maps": "",
    "rmdn_tf.joint_recurrence": """
        rmdn_tf.recurrent rmdn_tf.dropout rmdn_tf.mixture
        rmdn_tf.saliency_maps""",
    "rmdn_tf.spatial_context": "rmdn_tf.dropout",
    "rmdn_tf.spatial_recurrence": "rmdn_tf.recurrent",
    "rmdn_tf.spatial_mixture": "rmdn_tf.mixture",
    "rmdn_tf.model_config": """
        rmdn_tf.json_files rmdn_tf.windows rmdn_tf.c3d rmdn_tf.recurrent
        rmdn_tf.spatial_recurrence""",
    "rmdn_tf.model": """
        rmdn_tf.json_files rmdn_tf.windows rmdn_tf.published_files
        rmdn_tf.checksums rmdn_tf.keras_weights rmdn_tf.c3d
        rmdn_tf.frame_features rmdn_tf.projection rmdn_tf.recurrent
        rmdn_tf.dropout rmdn_tf.mixture rmdn_tf.joint_recurrence
        rmdn_tf.spatial_context rmdn_tf.spatial_recurrence
        rmdn_tf.spatial_mixture rmdn_tf.model_config""",
    "rmdn_tf.losses": "rmdn_tf.mixture",
    "rmdn_tf.prediction": "rmdn_tf.model",
    "rmdn_tf.request_limits": "rmdn_tf.windows",
    "rmdn_tf.clip_stream": """
        rmdn_tf.windows rmdn_tf.preprocessing rmdn_tf.model
        rmdn_tf.request_limits""",
    "rmdn_tf.checkpoints": "rmdn_tf.foreign_files",
    # What predicts, from wherever it lies.
    "rmdn_tf.run_directory": """
        rmdn_tf.json_files rmdn_tf.locks rmdn_tf.published_files
        rmdn_tf.disk_space rmdn_tf.checkpoints""",
    "rmdn_tf.model_metadata": """
        rmdn_tf.json_files rmdn_tf.windows rmdn_tf.model_config
        rmdn_tf.request_limits rmdn_tf.run_directory""",
    "rmdn_tf.trained_models": """
        rmdn_tf.json_files rmdn_tf.checksums rmdn_tf.foreign_files
        rmdn_tf.keras_weights rmdn_tf.model_config rmdn_tf.model
        rmdn_tf.prediction rmdn_tf.request_limits rmdn_tf.clip_stream
        rmdn_tf.checkpoints rmdn_tf.run_directory rmdn_tf.model_metadata""",
    # A video -> a density in every frame.
    "rmdn_tf.density": "rmdn_tf.mixture rmdn_tf.saliency_maps",
    "rmdn_tf.frame_selection": "",
    "rmdn_tf.density_stream": """
        rmdn_tf.video_file rmdn_tf.clip_stream rmdn_tf.density
        rmdn_tf.frame_selection""",
    "rmdn_tf.shots": "",
    "rmdn_tf.plain_warnings": "",
    "rmdn_tf.video_reader": "rmdn_tf.video_file rmdn_tf.video_clock",
    "rmdn_tf.attention": """
        rmdn_tf.video_file rmdn_tf.model_config rmdn_tf.model
        rmdn_tf.clip_stream rmdn_tf.trained_models rmdn_tf.density
        rmdn_tf.density_stream rmdn_tf.shots rmdn_tf.video_reader""",
    "rmdn_tf.network_cost": """
        rmdn_tf.windows rmdn_tf.model_config rmdn_tf.request_limits""",
    # A trained model -> a SavedModel -> a client of its server.
    "rmdn_tf.served_limits": "rmdn_tf.windows rmdn_tf.request_limits",
    "rmdn_tf.served_jpegs": """
        rmdn_tf.windows rmdn_tf.request_limits rmdn_tf.served_limits""",
    "rmdn_tf.served_clips": "rmdn_tf.model rmdn_tf.network_cost",
    "rmdn_tf.served_model": """
        rmdn_tf.windows rmdn_tf.saliency_maps rmdn_tf.model
        rmdn_tf.request_limits rmdn_tf.served_limits rmdn_tf.served_jpegs
        rmdn_tf.served_clips""",
    "rmdn_tf.serving_stubs": "",
    "rmdn_tf.warm_up": "rmdn_tf.windows rmdn_tf.serving_stubs",
    "rmdn_tf.export": """
        rmdn_tf.safe_names rmdn_tf.locks rmdn_tf.published_files
        rmdn_tf.checksums rmdn_tf.model rmdn_tf.run_directory
        rmdn_tf.model_metadata rmdn_tf.trained_models rmdn_tf.network_cost
        rmdn_tf.served_model rmdn_tf.warm_up""",
    "rmdn_tf.serving_answers": "",
    "rmdn_tf.serving_connection": "rmdn_tf.serving_answers",
    "rmdn_tf.serving_grpc": """
        rmdn_tf.serving_stubs rmdn_tf.serving_answers
        rmdn_tf.serving_connection""",
    "rmdn_tf.serving_http": "rmdn_tf.serving_connection",
    "rmdn_tf.serving_rest": """
        rmdn_tf.json_files rmdn_tf.serving_answers rmdn_tf.serving_connection
        rmdn_tf.serving_grpc rmdn_tf.serving_http""",
    "rmdn_tf.serving": """
        rmdn_tf.windows rmdn_tf.mixture rmdn_tf.model_config
        rmdn_tf.request_limits rmdn_tf.clip_stream rmdn_tf.model_metadata
        rmdn_tf.density_stream rmdn_tf.attention rmdn_tf.serving_answers
        rmdn_tf.serving_connection rmdn_tf.serving_grpc rmdn_tf.serving_rest""",
    "rmdn_tf.pictures": "",
    "rmdn_tf.video_writer": "rmdn_tf.video_file rmdn_tf.video_reader",
    "rmdn_tf.background": "",
    "rmdn_tf.overlay": "rmdn_tf.video_file rmdn_tf.density rmdn_tf.pictures",
    "rmdn_tf.density_files": """
        rmdn_tf.published_files rmdn_tf.density rmdn_tf.video_writer
        rmdn_tf.overlay""",
    "rmdn_tf.map_folder": """
        rmdn_tf.json_files rmdn_tf.published_files rmdn_tf.trained_models
        rmdn_tf.density rmdn_tf.density_files""",
    "rmdn_tf.predict": """
        rmdn_tf.safe_names rmdn_tf.published_files rmdn_tf.video_file
        rmdn_tf.trained_models rmdn_tf.density_stream rmdn_tf.plain_warnings
        rmdn_tf.video_reader rmdn_tf.attention rmdn_tf.serving rmdn_tf.pictures
        rmdn_tf.video_writer rmdn_tf.background rmdn_tf.overlay
        rmdn_tf.density_files rmdn_tf.map_folder""",
    # `rmdn_tf.load`; nothing imports it.
    "rmdn_tf": "rmdn_tf.attention",
    "rmdn_tf.map_resizing": "",
    "rmdn_tf.map_directory": """
        rmdn_tf.safe_names rmdn_tf.foreign_files rmdn_tf.picture_checks
        rmdn_tf.map_resizing""",
    "rmdn_tf.baselines": "rmdn_tf.mixture",
    "rmdn_tf.videos": """
        rmdn_tf.records rmdn_tf.record_parsing rmdn_tf.shard_dealing""",
    "rmdn_tf.predictors": """
        rmdn_tf.mixture rmdn_tf.saliency_maps rmdn_tf.map_directory
        rmdn_tf.baselines rmdn_tf.videos""",
    "rmdn_tf.fixation_maps": "",
    "rmdn_tf.human": "rmdn_tf.videos rmdn_tf.predictors rmdn_tf.fixation_maps",
    "rmdn_tf.mixing": "rmdn_tf.mixture rmdn_tf.videos rmdn_tf.predictors",
    # Densities -> scores and pictures.
    "rmdn_tf.map_checks": "",
    "rmdn_tf.roc": "",
    "rmdn_tf.metrics": "rmdn_tf.map_checks rmdn_tf.roc",
    "rmdn_tf.mit_metrics": "rmdn_tf.map_checks rmdn_tf.metrics",
    "rmdn_tf.truth": "rmdn_tf.fixation_maps rmdn_tf.map_checks",
    "rmdn_tf.exact_scores": "rmdn_tf.map_checks rmdn_tf.roc rmdn_tf.truth",
    "rmdn_tf.protocols": """
        rmdn_tf.videos rmdn_tf.predictors rmdn_tf.fixation_maps rmdn_tf.metrics
        rmdn_tf.mit_metrics rmdn_tf.truth rmdn_tf.exact_scores""",
    "rmdn_tf.scores": "",
    "rmdn_tf.evaluation": """
        rmdn_tf.windows rmdn_tf.videos rmdn_tf.predictors rmdn_tf.protocols
        rmdn_tf.scores""",
    "rmdn_tf.split_evaluation": """
        rmdn_tf.records rmdn_tf.windows rmdn_tf.shard_dealing
        rmdn_tf.input_pipeline rmdn_tf.trained_models rmdn_tf.map_directory
        rmdn_tf.baselines rmdn_tf.videos rmdn_tf.predictors rmdn_tf.human
        rmdn_tf.mixing rmdn_tf.protocols rmdn_tf.scores rmdn_tf.evaluation""",
    "rmdn_tf.comparison_sheet": """
        rmdn_tf.safe_names rmdn_tf.published_files rmdn_tf.pictures
        rmdn_tf.predictors rmdn_tf.evaluation""",
    "rmdn_tf.video_pictures": """
        rmdn_tf.safe_names rmdn_tf.published_files rmdn_tf.pictures
        rmdn_tf.predictors rmdn_tf.evaluation""",
    "rmdn_tf.score_ranges": "",
    "rmdn_tf.intervals": "rmdn_tf.score_ranges",
    "rmdn_tf.action_scores": "rmdn_tf.score_ranges rmdn_tf.intervals",
    "rmdn_tf.summary": "rmdn_tf.scores rmdn_tf.score_ranges rmdn_tf.intervals",
    "rmdn_tf.csv_tables": "rmdn_tf.published_files",
    "rmdn_tf.score_tables": "rmdn_tf.scores rmdn_tf.summary rmdn_tf.csv_tables",
    "rmdn_tf.video_actions": """
        rmdn_tf.joint_recurrence rmdn_tf.prediction rmdn_tf.videos
        rmdn_tf.score_ranges rmdn_tf.intervals rmdn_tf.action_scores
        rmdn_tf.score_tables""",
    "rmdn_tf.score_plots": "rmdn_tf.summary",
    "rmdn_tf.pages": "",
    "rmdn_tf.report": """
        rmdn_tf.published_files rmdn_tf.summary rmdn_tf.score_tables
        rmdn_tf.score_plots rmdn_tf.pages""",
    "rmdn_tf.evaluate": """
        rmdn_tf.file_systems rmdn_tf.safe_names rmdn_tf.records
        rmdn_tf.published_files rmdn_tf.input_pipeline rmdn_tf.model
        rmdn_tf.prediction rmdn_tf.trained_models rmdn_tf.map_directory
        rmdn_tf.protocols rmdn_tf.split_evaluation rmdn_tf.comparison_sheet
        rmdn_tf.video_pictures rmdn_tf.summary rmdn_tf.score_tables
        rmdn_tf.video_actions rmdn_tf.report""",
    # Everything -> a trained model.
    "rmdn_tf.training_config": "rmdn_tf.windows rmdn_tf.model",
    "rmdn_tf.objective": """
        rmdn_tf.joint_recurrence rmdn_tf.model_config rmdn_tf.losses
        rmdn_tf.training_config""",
    "rmdn_tf.validation": """
        rmdn_tf.records rmdn_tf.windows rmdn_tf.input_pipeline
        rmdn_tf.saliency_maps rmdn_tf.losses rmdn_tf.prediction rmdn_tf.pictures
        rmdn_tf.videos rmdn_tf.predictors rmdn_tf.fixation_maps
        rmdn_tf.protocols rmdn_tf.scores rmdn_tf.evaluation
        rmdn_tf.video_actions rmdn_tf.objective""",
    "rmdn_tf.tensorboard_writer": "rmdn_tf.validation",
    "rmdn_tf.best_model": """
        rmdn_tf.published_files rmdn_tf.model_config rmdn_tf.model
        rmdn_tf.run_directory rmdn_tf.validation""",
    "rmdn_tf.training_step": """
        rmdn_tf.augmentation rmdn_tf.model rmdn_tf.training_config
        rmdn_tf.objective""",
    "rmdn_tf.frozen_features": """
        rmdn_tf.records rmdn_tf.feature_cache rmdn_tf.model""",
    "rmdn_tf.initialization": """
        rmdn_tf.records rmdn_tf.windows rmdn_tf.input_pipeline
        rmdn_tf.frame_features rmdn_tf.model_config rmdn_tf.model
        rmdn_tf.baselines rmdn_tf.videos""",
    "rmdn_tf.progress": "rmdn_tf.array_files",
    "rmdn_tf.profiling": "",
    "rmdn_tf.strategies": """
        rmdn_tf.json_files rmdn_tf.input_pipeline rmdn_tf.run_directory
        rmdn_tf.progress""",
    "rmdn_tf.training_windows": """
        rmdn_tf.windows rmdn_tf.input_pipeline rmdn_tf.training_config
        rmdn_tf.strategies""",
    "rmdn_tf.training_checks": """
        rmdn_tf.shard_dealing rmdn_tf.model_config rmdn_tf.training_config""",
    "rmdn_tf.training": """
        rmdn_tf.records rmdn_tf.windows rmdn_tf.shard_dealing
        rmdn_tf.stored_features rmdn_tf.input_pipeline
        rmdn_tf.pretrained_weights rmdn_tf.model rmdn_tf.run_directory
        rmdn_tf.training_config rmdn_tf.objective rmdn_tf.validation
        rmdn_tf.tensorboard_writer rmdn_tf.best_model rmdn_tf.training_step
        rmdn_tf.frozen_features rmdn_tf.initialization rmdn_tf.progress
        rmdn_tf.profiling rmdn_tf.strategies rmdn_tf.training_windows
        rmdn_tf.training_checks""",
    "rmdn_tf.dry_run": """
        rmdn_tf.records rmdn_tf.disk_space rmdn_tf.feature_cache rmdn_tf.model
        rmdn_tf.run_directory rmdn_tf.frozen_features rmdn_tf.training""",
    # Densities and labels -> actions.
    "rmdn_tf.action_recognition": "",
    "rmdn_tf.action_recognition.map_weights": "",
    "rmdn_tf.action_recognition.clip_encoders": """
        rmdn_tf.c3d rmdn_tf.frame_features rmdn_tf.pretrained_weights
        rmdn_tf.model rmdn_tf.trained_models rmdn_tf.frozen_features""",
    "rmdn_tf.action_recognition.described_clips": """
        rmdn_tf.clip_stream rmdn_tf.action_recognition.map_weights
        rmdn_tf.action_recognition.clip_encoders""",
    "rmdn_tf.action_recognition.attention_sources": """
        rmdn_tf.records rmdn_tf.trained_models rmdn_tf.density rmdn_tf.attention
        rmdn_tf.baselines rmdn_tf.videos rmdn_tf.fixation_maps rmdn_tf.protocols
        rmdn_tf.frozen_features""",
    "rmdn_tf.action_recognition.video_descriptors": """
        rmdn_tf.windows rmdn_tf.preprocessing rmdn_tf.clip_stream
        rmdn_tf.action_recognition.described_clips
        rmdn_tf.action_recognition.attention_sources""",
    "rmdn_tf.action_recognition.descriptor_store": """
        rmdn_tf.file_systems rmdn_tf.safe_names rmdn_tf.records rmdn_tf.locks
        rmdn_tf.published_files rmdn_tf.array_files rmdn_tf.stored_frames
        rmdn_tf.stored_features rmdn_tf.action_recognition.map_weights
        rmdn_tf.action_recognition.clip_encoders
        rmdn_tf.action_recognition.described_clips
        rmdn_tf.action_recognition.attention_sources
        rmdn_tf.action_recognition.video_descriptors""",
    "rmdn_tf.action_recognition.recipes": """
        rmdn_tf.pretrained_weights rmdn_tf.trained_models
        rmdn_tf.action_recognition.map_weights
        rmdn_tf.action_recognition.clip_encoders
        rmdn_tf.action_recognition.described_clips
        rmdn_tf.action_recognition.attention_sources
        rmdn_tf.action_recognition.video_descriptors
        rmdn_tf.action_recognition.descriptor_store""",
    "rmdn_tf.action_recognition.partitions": "rmdn_tf.records",
    "rmdn_tf.action_recognition.linear_svm": """
        rmdn_tf.array_files rmdn_tf.action_scores""",
    "rmdn_tf.action_recognition.recognition": """
        rmdn_tf.records rmdn_tf.videos rmdn_tf.action_scores
        rmdn_tf.action_recognition.described_clips
        rmdn_tf.action_recognition.partitions
        rmdn_tf.action_recognition.linear_svm""",
    "rmdn_tf.action_recognition.recognition_report": """
        rmdn_tf.published_files rmdn_tf.action_scores rmdn_tf.csv_tables
        rmdn_tf.score_tables rmdn_tf.score_plots
        rmdn_tf.action_recognition.described_clips
        rmdn_tf.action_recognition.linear_svm
        rmdn_tf.action_recognition.recognition""",
    "rmdn_tf.action_recognition.recognizer": """
        rmdn_tf.file_systems rmdn_tf.json_files rmdn_tf.dataset_schema
        rmdn_tf.locks rmdn_tf.published_files rmdn_tf.array_files
        rmdn_tf.stored_frames rmdn_tf.model_config rmdn_tf.frame_selection
        rmdn_tf.video_reader rmdn_tf.attention rmdn_tf.frozen_features
        rmdn_tf.action_recognition.described_clips
        rmdn_tf.action_recognition.attention_sources
        rmdn_tf.action_recognition.video_descriptors
        rmdn_tf.action_recognition.descriptor_store
        rmdn_tf.action_recognition.recipes rmdn_tf.action_recognition.linear_svm
        rmdn_tf.action_recognition.recognition""",
    "rmdn_tf.action_recognition.command_line": """
        rmdn_tf.safe_names rmdn_tf.action_recognition.map_weights
        rmdn_tf.action_recognition.described_clips
        rmdn_tf.action_recognition.attention_sources
        rmdn_tf.action_recognition.video_descriptors
        rmdn_tf.action_recognition.recognition""",
    "rmdn_tf.recognize_actions": """
        rmdn_tf.file_systems rmdn_tf.records rmdn_tf.input_pipeline
        rmdn_tf.trained_models rmdn_tf.plain_warnings rmdn_tf.csv_tables
        rmdn_tf.action_recognition.clip_encoders
        rmdn_tf.action_recognition.described_clips
        rmdn_tf.action_recognition.attention_sources
        rmdn_tf.action_recognition.descriptor_store
        rmdn_tf.action_recognition.recipes rmdn_tf.action_recognition.partitions
        rmdn_tf.action_recognition.linear_svm
        rmdn_tf.action_recognition.recognition
        rmdn_tf.action_recognition.recognition_report
        rmdn_tf.action_recognition.recognizer
        rmdn_tf.action_recognition.command_line""",
    "train_tf": """
        rmdn_tf.file_systems rmdn_tf.safe_names rmdn_tf.records rmdn_tf.locks
        rmdn_tf.disk_space tfrecords_tools.source_registry
        tfrecords_tools.prepare rmdn_tf.shard_dealing rmdn_tf.input_pipeline
        rmdn_tf.pretrained_weights rmdn_tf.model_config rmdn_tf.run_directory
        rmdn_tf.model_metadata rmdn_tf.export rmdn_tf.videos rmdn_tf.evaluate
        rmdn_tf.training_config rmdn_tf.strategies rmdn_tf.training
        rmdn_tf.dry_run""",
}
