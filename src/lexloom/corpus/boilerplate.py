"""Remove the lines that every page of a site has: menus, notices, calls to log in or to share.

A line goes when it is short and holds one of the phrases; `filters` never change a text.
"""

import functools
from dataclasses import dataclass

import numpy as np

from lexloom.corpus.measured import Measured
from lexloom.corpus.phrases import PhraseTable
from lexloom.errors import ConfigError

PHRASES = (
    "all rights reserved",
    "privacy policy",
    "terms of use",
    "terms of service",
    "cookie policy",
    "accept cookies",
    "accept all cookies",
    "we use cookies",
    "uses cookies",
    "enable javascript",
    "javascript is disabled",
    "skip to content",
    "skip to main content",
    "click here",
    "read more",
    "sign up",
    "log in",
    "share this",
    "share on facebook",
    "share on twitter",
    "subscribe to our newsletter",
    "powered by wordpress",
    "leave a comment",
    "back to top",
    "lorem ipsum",
    "版权所有",
    "未经许可不得转载",
    "转载请注明出处",
    "点击查看更多",
    "查看更多",
    "阅读全文",
    "阅读原文",
    "扫码关注",
    "关注公众号",
    "分享到微信",
    "分享到微博",
    "返回顶部",
    "上一篇",
    "下一篇",
    "登录后查看",
    "立即注册",
    "免责声明",
    "隐私政策",
    "使用条款",
    "责任编辑",
    "京公网安备",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class BoilerplateConfig:
    """Which lines are removed."""

    max_line: int | None = 80
    """Most characters of a line that is removed for a phrase in it; None removes none."""
    max_removed_share: float = 0.3
    """A text that loses more of its characters is dropped whole, in [0, 1]."""

    def __post_init__(self) -> None:
        """Check the ranges."""
        if not 0.0 <= self.max_removed_share <= 1.0:
            raise ConfigError(
                f"max_removed_share must be in [0, 1], got {self.max_removed_share}",
                hint="give a share such as 0.3, not a percentage",
            )


def remove_boilerplate(text: Measured, config: BoilerplateConfig) -> tuple[Measured, int]:
    """Give the text without its boilerplate lines, and how many went."""
    if config.max_line is None:
        return text, 0
    found = _table().find(text.units)
    if not len(found):
        return text, 0
    lines = text.text.split("\n")
    ends = np.cumsum([len(line) + 1 for line in lines])
    hit = np.unique(np.searchsorted(ends, text.units.starts[found], side="right"))
    removed = {int(number) for number in hit if len(lines[number]) <= config.max_line}
    if not removed:
        return text, 0
    kept = [line for number, line in enumerate(lines) if number not in removed]
    return Measured.of("\n".join(kept).strip("\n")), len(removed)


@functools.cache
def _table() -> PhraseTable:
    return PhraseTable(PHRASES)
