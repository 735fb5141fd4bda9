"""Settings of a connection to a server: limits and certificates."""

import dataclasses
import pathlib

# Limit for an answer: a hundred times the size of 256 clips and a state.
ANSWER_BYTES = 2**24


@dataclasses.dataclass(frozen=True)
class Connection:
    """Limits and certificates of a connection.

    Attributes:
        timeout_seconds: limit for a request, from the first attempt to the last
            byte of the answer. Looking up the host's name does not count.
        num_attempts: attempts at a request that does not reach the model. gRPC
            makes at most 5.
        wait_seconds: pause before the second attempt. It doubles before each
            further attempt, and varies at random.
        max_message_bytes: limit for a request. Answers have the same limit, but
            at most 16 MiB.
        ca_file: PEM file of certificates that vouch for the server; None for
            those of the system.
        certificate_file: PEM file of this client's certificate, for a server
            that asks for one.
        key_file: PEM file of that certificate's key.
    """

    timeout_seconds: float = 60.0
    num_attempts: int = 5
    wait_seconds: float = 0.1
    max_message_bytes: int = 2**27
    ca_file: str | None = None
    certificate_file: str | None = None
    key_file: str | None = None

    def __post_init__(self) -> None:
        for name in ("timeout_seconds", "num_attempts", "max_message_bytes"):
            if getattr(self, name) <= 0:
                raise ValueError(
                    f"Invalid `{name}`. Expected a positive number. "
                    f"Received: {name}={getattr(self, name)}."
                )
        if bool(self.certificate_file) != bool(self.key_file):
            raise ValueError(
                "Invalid `key_file`. Expected both `certificate_file` and "
                f"`key_file`, or neither. Received: key_file={self.key_file}, "
                f"certificate_file={self.certificate_file}."
            )

    @property
    def max_answer_bytes(self) -> int:
        return min(self.max_message_bytes, ANSWER_BYTES)

    def read_certificates(self) -> list[bytes | None]:
        """Reads `ca_file`, `key_file` and `certificate_file`, in this order."""
        files = (self.ca_file, self.key_file, self.certificate_file)
        return [pathlib.Path(f).read_bytes() if f else None for f in files]
