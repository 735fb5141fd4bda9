"""A setting: a dataclass field that carries the help of its flag."""

import dataclasses
from typing import Any


def setting(default: Any, help: str) -> Any:
    """Makes a dataclass field with a default and the help of its flag.

    ```python
    @dataclasses.dataclass(frozen=True)
    class TrainingConfig:
        batch_size: int = setting(16, "Windows per step.")
    ```
    """
    return dataclasses.field(default=default, metadata={"help": help})
