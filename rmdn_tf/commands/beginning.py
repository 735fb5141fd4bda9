"""What a command does first, before it imports TensorFlow, which takes seconds.

```python
from rmdn_tf.commands.beginning import begin

begin(__name__)

from rmdn_tf.commands.command import command, start
```
"""

import os

from rmdn_tf.commands.signals import end_at_signals


def begin(name: str) -> None:
    """Silences TensorFlow's messages, which would hide the results.

    In a process of its own (`name` is "__main__"), a signal during the imports
    ends the command in one line.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    if name == "__main__":
        end_at_signals()
