"""Attention to look at: a PNG of every layer and head, and a page in one file to point at.

`models.attention_maps` computes it.
"""

import base64
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lexloom.artifacts import atomic_write
from lexloom.serve.self_contained import write_page

TOKEN_INCHES, MIN_PANEL_INCHES, MAX_PANEL_INCHES = 0.07, 1.5, 3.5
"""Size of a panel: so much a token, within limits."""
MAX_LABELLED_TOKENS = 48
"""Tokens above which a panel's edge has no room for their names."""
LATIN = "DejaVu Sans"
CJK_FONTS = (
    "Noto Sans CJK SC", "Noto Sans CJK JP", "Source Han Sans SC", "Noto Serif CJK SC",
    "Noto Serif CJK JP", "WenQuanYi Zen Hei", "WenQuanYi Micro Hei", "PingFang SC", "Heiti SC",
    "Microsoft YaHei", "SimHei", "SimSun", "Arial Unicode MS",
)  # fmt: skip
"""Fonts with Chinese characters that systems have, the better ones first."""


def write_attention_page(
    path: Path, tokens: Sequence[str], weights_LNTT: NDArray[np.float32], *, title: str
) -> None:
    """Write a page that shows a layer and head, and what each token looks at, atomically.

    Raises:
        ArtifactError: If the file cannot be written.
    """
    levels = np.rint(weights_LNTT * 255).astype(np.uint8)
    layers, heads, size, _ = levels.shape
    data = {
        "tokens": list(tokens), "layers": layers, "heads": heads, "size": size,
        "levels": base64.b64encode(levels.tobytes()).decode("ascii"),
    }  # fmt: skip
    write_page(path, "attention", title=title, data=data)


def draw_attention(
    path: Path, tokens: Sequence[str], weights_LNTT: NDArray[np.float32], *, title: str
) -> str:
    """Draw every layer (row) and head (column) as a PNG, atomically.

    Returns:
        The characters that no font of this machine's could show.

    Raises:
        ArtifactError: If the file cannot be written.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    fonts, missing = choose_fonts(title + "".join(tokens))
    layers, heads, size, _ = weights_LNTT.shape
    panel = min(MAX_PANEL_INCHES, max(MIN_PANEL_INCHES, TOKEN_INCHES * size))
    figure = Figure(figsize=(heads * panel + 1, layers * panel + 1), layout="constrained")
    FigureCanvasAgg(figure)
    figure.suptitle(title, fontfamily=fonts, fontsize=10, parse_math=False, wrap=True)
    panels = figure.subplots(layers, heads, squeeze=False)
    labels = list(tokens) if size <= MAX_LABELLED_TOKENS else []
    for layer, row in enumerate(panels):
        for head, axes in enumerate(row):
            axes.imshow(weights_LNTT[layer, head], vmin=0, vmax=1, cmap="Blues")
            axes.set_title(f"layer {layer + 1}, head {head + 1}", fontsize=6, pad=2)
            _name_tokens(axes, labels, fonts, left=head == 0, below=layer == layers - 1)
    with warnings.catch_warnings():
        # of missing glyphs the caller is told once, by what this function gives
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        with atomic_write(path) as stream:
            figure.savefig(stream, format="png", dpi=110)
    return missing


def _name_tokens(
    axes: Any, labels: list[str], fonts: list[str], *, left: bool, below: bool
) -> None:
    """Name the tokens at the outer edges only."""
    options = {"fontsize": 4, "fontfamily": fonts, "parse_math": False}
    axes.tick_params(length=0, pad=1)
    axes.set_yticks(range(len(labels)) if left else [])
    axes.set_xticks(range(len(labels)) if below else [])
    if left and labels:
        axes.set_yticklabels(labels, **options)
    if below and labels:
        axes.set_xticklabels(labels, rotation=90, **options)


def choose_fonts(text: str) -> tuple[list[str], str]:
    """Give the fonts that a text needs, and its characters that none of them has."""
    from matplotlib.font_manager import fontManager

    missing = _lacking(LATIN, {char for char in text if not char.isspace()})
    fonts = [LATIN]
    installed = {font.name for font in fontManager.ttflist}
    for name in CJK_FONTS:
        if missing and name in installed:
            left = _lacking(name, missing)
            if left < missing:
                fonts.append(name)
                missing = left
    return fonts, "".join(sorted(missing))


def _lacking(font: str, chars: set[str]) -> set[str]:
    from matplotlib.font_manager import findfont, get_font

    glyphs = get_font(findfont(font)).get_charmap()
    return {char for char in chars if ord(char) not in glyphs}
