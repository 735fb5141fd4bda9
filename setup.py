"""Package `rmdn-tf`; exact versions stand in the requirements files."""

import pathlib

from setuptools import find_packages, setup

setup(
    name="rmdn-tf",
    version="0.1.0",
    description="Where people look in a video, as a density in every frame.",
    long_description=pathlib.Path("README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    python_requires=">=3.11",
    packages=find_packages(include=["rmdn_tf*", "tfrecords_tools*"]),
    package_data={
        "rmdn_tf": ["weights/*", "default_model/*", "reports/*.html"]
    },
    py_modules=["train_tf"],
    install_requires=[
        "absl-py>=2.0",
        "av>=18",  # Reads and writes videos, by FFmpeg.
        "contourpy>=1.2",  # Contour lines of densities drawn on a video.
        "filelock>=4.0",  # One process at a time in a directory.
        "google-crc32c>=1.5",  # Checksums of TFRecord files.
        "h5py>=3.10",
        "jinja2>=3.1",  # Lays out the report of an evaluation.
        "jsonschema>=4.20",
        "keras>=3.5",
        "matplotlib>=3.8",
        "numpy>=1.26",
        "pandas>=2.2",  # Reads the exports of eye trackers.
        "pillow>=10",
        "scikit-learn>=1.4",
        "scipy>=1.12",
        "tensorboard>=2.16",  # Newer TensorFlows do not bring it.
        "tensorflow>=2.16,<2.22",
        "tensorflow-probability>=0.24",
        "tf-keras>=2.16",  # TensorFlow Probability imports it.
        "threadpoolctl>=3.1",  # One BLAS thread where sums must not change.
        "tqdm>=4.66",
    ],
    extras_require={
        # s3://, az://, hdfs://: the last release of tensorflow-io, and the last
        # TensorFlow that its native part loads beside. It has no build for
        # Python 3.13 and for Windows.
        "remote": [
            f"{requirement}; python_version < '3.13' and "
            "sys_platform != 'win32'"
            for requirement in (
                "tensorflow-io==0.37.1",
                "tensorflow==2.16.*",
                "tensorflow-probability==0.24.*",
            )
        ],
        # Preparing on a cluster.
        "beam": ["apache-beam>=2.60"],
        # The client of TensorFlow Serving, and requests to warm a server up.
        # The newest stubs match TensorFlow 2.21, the pinned ones 2.16.
        "serving": [
            "grpcio>=1.60",
            "tensorflow-serving-api>=2.16,<2.22",
            "urllib3>=2.0",
        ],
        # moto stands in for S3.
        "dev": [
            "hypothesis>=6",
            "import-linter>=2.5",
            "moto[server]>=5",
            "pytest>=8",
            "pytest-xdist>=3",  # Two processes: half of the time.
            "pyyaml>=6",
            "ruff>=0.6",
        ],
    },
)
