"""Opens untrusted ZIP archives within a limit."""

import io
import zipfile

MAX_MEMBERS = 4096
# First bytes of each entry in the list of members.
MEMBER = b"PK\x01\x02"

# First bytes of the record at the end, which counts the members.
END = b"PK\x05\x06"

PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def open_archive(content: bytes, max_bytes: int) -> zipfile.ZipFile:
    """Opens an archive whose members together unpack to at most `max_bytes`.

    Raises:
        ValueError: too many or too large members, or an uncommon compression.
        zipfile.BadZipFile and others: the archive is damaged.
    """
    # Counted first: `ZipFile` takes much more memory for an entry than the
    # entry has bytes.
    num_members = content.count(MEMBER)
    if num_members > MAX_MEMBERS:
        raise ValueError(
            f"an archive of {num_members} members, more than {MAX_MEMBERS}"
        )
    archive = zipfile.ZipFile(io.BytesIO(content))
    # `ZipFile` ignores this number, and so misses that a damaged list lacks
    # members.
    at = content.rindex(END) + 10
    num_listed = int.from_bytes(content[at : at + 2], "little")
    if len(archive.infolist()) != num_listed:
        raise ValueError("an archive whose list of members is damaged")
    num_bytes = sum(member.file_size for member in archive.infolist())
    if num_bytes > max_bytes:
        raise ValueError(
            f"an archive that unpacks to {num_bytes} bytes, more than "
            f"{max_bytes}"
        )
    for member in archive.infolist():
        if member.compress_type not in PACKED:
            raise ValueError(f"'{member.filename}', packed in an unknown way")
    return archive
