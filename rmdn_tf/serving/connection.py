"""Settings of a connection to a server: limits and certificates."""

import dataclasses
import pathlib

ANSWER_BYTES = 2**24
"""Limit for an answer: a hundred times what 256 clips and their state take."""


@dataclasses.dataclass(frozen=True)
class Connection:
    """Limits of a connection, and its certificates.

    Attributes:
        timeout_seconds: limit for a request, from the first attempt until the
            whole answer is read. Looking up the name of a host does not count.
        num_attempts: limit for a request that does not reach the model. gRPC
            makes 5 attempts at most.
        wait_seconds: pause before the second attempt. It doubles before each
            further attempt, and varies at random.
        max_message_bytes: limit for a request, and for an answer if it is
            below the 16 MiB that every answer is limited to.
        ca_file: PEM file of the certificates that vouch for the server; None
            for those of the system.
        certificate_file: PEM file of this client's certificate, for a server
            that asks for it.
        key_file: PEM file of the key of this client's certificate.
    """

    timeout_seconds: float = 60.0
    num_attempts: int = 5
    wait_seconds: float = 0.1
    max_message_bytes: int = 2**27
    ca_file: str | None = None
    certificate_file: str | None = None
    key_file: str | None = None

    def __post_init__(self):
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
        """Limit for an answer."""
        return min(self.max_message_bytes, ANSWER_BYTES)

    def read_certificates(self) -> list[bytes | None]:
        """Reads `ca_file`, `key_file` and `certificate_file`."""
        files = (self.ca_file, self.key_file, self.certificate_file)
        return [file and pathlib.Path(file).read_bytes() for file in files]
