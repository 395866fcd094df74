"""The process that reads one PDF for `pdf`: it may be killed at any moment, and nothing is lost.

The file is its standard input. Each line that it prints is a JSON object: first how many pages
there are, then the text of each page or why there is none.
"""

import contextlib
import json
import resource
import sys
from collections.abc import Iterator
from typing import Any, BinaryIO

HYPHEN = "\ufffe"
"""What PDFium gives for the hyphen of a word that goes on in the next line, which it joins."""
ENCRYPTED = 4
"""PDFium's code of a file that wants a password."""
MAX_PAGES = 1_000_000
SURROGATES_OUT = "utf-8", "replace"


def limit_resources(memory_bytes: int, cpu_s: int) -> None:
    """Bound this process: address space, seconds of computing, no core, no files written."""
    limits = {
        resource.RLIMIT_AS: memory_bytes,
        resource.RLIMIT_CPU: cpu_s,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_FSIZE: 0,
    }
    for kind, value in limits.items():
        _, most = resource.getrlimit(kind)
        wanted = value if most == resource.RLIM_INFINITY else min(value, most)
        with contextlib.suppress(ValueError, OSError):  # not every system has every limit
            resource.setrlimit(kind, (wanted, wanted))


def page_lines(file: BinaryIO, first: int) -> Iterator[dict[str, Any]]:
    """Give the number of pages, then each page from `first` on, counted from 1."""
    import pypdfium2  # type: ignore[import-untyped]

    try:
        document = pypdfium2.PdfDocument(file)
        num_pages = min(len(document), MAX_PAGES)
    except pypdfium2.PdfiumError as error:
        is_encrypted = getattr(error, "err_code", None) == ENCRYPTED
        yield {"refused": "encrypted" if is_encrypted else "damaged"}
        return
    yield {"pages": num_pages}
    for number in range(first, num_pages + 1):
        try:
            page = document[number - 1]
            textpage = page.get_textpage()
            yield {"page": number, "text": plain(textpage.get_text_range())}
            textpage.close()
            page.close()
        except (pypdfium2.PdfiumError, MemoryError, ValueError) as error:
            reason = "it takes too much memory" if isinstance(error, MemoryError) else "damaged"
            yield {"page": number, "error": reason}


def plain(text: str) -> str:
    """Give a page's text with one kind of line end, its broken words joined, and nothing unseen."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace(HYPHEN, "")
    text = text.encode(*SURROGATES_OUT).decode("utf-8")
    return "".join(char for char in text if char >= " " or char in "\n\t")


def main(arguments: list[str]) -> None:
    """Read the PDF on the standard input and print its pages.

    Args:
        arguments: The first page; MiB of address space; seconds of computing.
    """
    first, memory_mib, cpu_s = (int(value) for value in arguments)
    limit_resources(memory_mib << 20, cpu_s)
    for line in page_lines(sys.stdin.buffer, first):
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
