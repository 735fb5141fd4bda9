"""Opens ZIP archives of strangers within a limit."""

import io
import zipfile

MAX_MEMBERS = 4096
MEMBER = b"PK\x01\x02"
"""First bytes of each entry in the list of members."""

END = b"PK\x05\x06"
"""First bytes of the record at the end, which counts the members."""

PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def open_archive(content: bytes, max_bytes: int) -> zipfile.ZipFile:
    """Opens an archive whose members unpack to a limited size.

    `ZipFile.read` gives no more than the size checked here, and compares the
    checksum.

    Args:
        content: the whole archive.
        max_bytes: limit for all members together, unpacked.

    Raises:
        ValueError: the archive has too many or too large members, or one that
            is packed in an uncommon way.
        zipfile.BadZipFile and others: the archive is damaged.
    """
    # Counted first: `ZipFile` takes much more memory for an entry than the
    # entry has bytes.
    num_members = content.count(MEMBER)
    if num_members > MAX_MEMBERS:
        raise ValueError(
            f"an archive of {num_members} members, not at most {MAX_MEMBERS}"
        )
    archive = zipfile.ZipFile(io.BytesIO(content))
    # `ZipFile` ignores this number, and misses members that a damaged list
    # does not name.
    at = content.rindex(END) + 10
    num_listed = int.from_bytes(content[at : at + 2], "little")
    if len(archive.infolist()) != num_listed:
        raise ValueError("an archive whose list of members is damaged")
    num_bytes = sum(member.file_size for member in archive.infolist())
    if num_bytes > max_bytes:
        raise ValueError(
            f"an archive that unpacks to {num_bytes} bytes, not at most "
            f"{max_bytes}"
        )
    for member in archive.infolist():
        if member.compress_type not in PACKED:
            raise ValueError(f"'{member.filename}', packed in an unknown way")
    return archive
