"""Name the sources of the compiled kernels by a hash, so that older kernels are known as such.

``setup.py`` runs this file by itself and compiles the hash in; `library` compares it.
"""

import hashlib
from pathlib import Path

ENDINGS = (".cpp", ".h")


def sources_hash(folder: Path) -> str | None:
    """Give the SHA-256 of the names and bytes of all sources in a folder; None if it has none.

    An installed package has no sources beside its kernels.
    """
    paths = sorted(path for path in folder.glob("*") if path.suffix in ENDINGS)
    digest = hashlib.sha256()
    for path in paths:
        for part in (path.name.encode(), path.read_bytes()):
            digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest() if paths else None
