"""What pages in one file are made of: parts, data that no markup can leave, and a strict policy."""

import base64
import hashlib
import html
import json
import re
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

from lexloom import __version__
from lexloom.artifacts import atomic_write
from lexloom.printable import finite

_ESCAPES = {ord(char): f"\\u{ord(char):04x}" for char in "<>&\u2028\u2029"}
_SURROGATE = re.compile("[\ud800-\udfff]")
_SLOT = re.compile(r"\{\{(\w+)\}\}")


def page_part(name: str) -> str:
    """Give the text of a file in ``page_parts/``."""
    return (resources.files("lexloom.serve") / "page_parts" / name).read_text(encoding="utf-8")


def fill(template: str, values: Mapping[str, str]) -> str:
    """Put values into the slots ``{{name}}``; what is put in is never searched for slots again."""
    return _SLOT.sub(lambda match: values[match[1]], template)


def write_page(path: Path, part: str, *, title: str, data: Any) -> None:
    """Write the page of the files ``part.html``, ``.css`` and ``.js`` with its data, atomically.

    Raises:
        ArtifactError: If the file cannot be written.
    """
    style, script = page_part(f"{part}.css"), page_part(f"{part}.js")
    policy = (
        f"default-src 'none'; style-src {csp_hash(style)}; script-src {csp_hash(script)}; "
        "base-uri 'none'; form-action 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    )
    values = {
        "policy": policy, "version": __version__, "title": whole(html.escape(title)),
        "style": style, "script": script, "data": script_json(data),
    }  # fmt: skip
    with atomic_write(path) as stream:
        stream.write(fill(page_part(f"{part}.html"), values).encode("utf-8"))


def csp_hash(text: str) -> str:
    """Give the source by which a content security policy allows one style or script."""
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"


def script_json(value: Any) -> str:
    """Give JSON that can stand inside a script element and be written as UTF-8."""
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except ValueError:  # JSON has no NaN and no infinity
        text = json.dumps(finite(value), ensure_ascii=False, separators=(",", ":"))
    return whole(text.translate(_ESCAPES))


def whole(text: str) -> str:
    """Put U+FFFD for each lone surrogate: one code point for one, so offsets hold."""
    return _SURROGATE.sub("\ufffd", text)
