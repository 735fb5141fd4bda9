"""Words of the messages that commands print."""


def counted(number: int, noun: str) -> str:
    """Returns a number with its noun, such as "1 frame" or "2 frames"."""
    return f"{number} {noun}{'s' * (number != 1)}"
