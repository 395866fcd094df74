"""Decide which prose stays in the corpus, and why the rest does not.

After Gopher (Rae et al., 2021, arXiv:2112.11446) and RefinedWeb (Penedo et al., 2023,
arXiv:2306.01116). Where they count words, units are counted: words, or Chinese characters. A filter
never changes a text (`normalize` and `boilerplate` do). `code_filters` judges program text.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from lexloom.corpus.grams import HAN, KANA, SYMBOL
from lexloom.corpus.measured import Measured
from lexloom.errors import ConfigError


@dataclass(frozen=True, kw_only=True, slots=True)
class ProseConfig:
    """Limits of prose; None turns a filter off. A share is of the whole, in [0, 1]."""

    min_units: int | None = 20
    """Least words or Chinese characters."""
    min_letter_share: float | None = 0.6
    """Least share of letters among the characters that are not white space."""
    max_symbol_share: float | None = 0.1
    """Most share of symbols among the same; emoji and mathematical signs are symbols."""
    max_marks_per_unit: float | None = 0.1
    """Most hash signs and ellipses for each unit."""
    max_mean_unit: float | None = 12.0
    """Most mean length of a word in characters; Chinese characters count as words of one."""
    max_bullet_share: float | None = 0.9
    """Most share of lines that begin with a bullet."""
    max_ellipsis_share: float | None = 0.3
    """Most share of lines that end with an ellipsis."""
    max_repeated_lines: float | None = 0.3
    """Most share of lines that repeat an earlier one."""
    max_repeated_line_characters: float | None = 0.2
    """Most share of characters in such lines."""
    max_top_gram: float | None = 0.2
    """Most share of the text that its most frequent n-gram covers: two words or four characters."""
    max_repeated_grams: float | None = 0.3
    """Most share of n-grams that stood before: ten words or twenty characters."""

    def __post_init__(self) -> None:
        """Check the ranges."""
        check_limits(self, counts=("min_units", "max_mean_unit", "max_marks_per_unit"))


def check_limits(config: ProseConfig | object, *, counts: tuple[str, ...]) -> None:
    """Check that every limit is None, a share in [0, 1], or one of the `counts`, 0 or more.

    Raises:
        ConfigError: With the name and value of the first that is not.
    """
    for name in config.__dataclass_fields__:  # type: ignore[union-attr]
        value = getattr(config, name)
        if value is None or isinstance(value, tuple):
            continue
        if value < 0 or (name not in counts and value > 1):
            raise ConfigError(
                f"{name} must be {'0 or more' if name in counts else 'in [0, 1]'}, got {value}",
                hint="leave it out for the default, or give null to turn the filter off",
            )


TOP_GRAM_UNITS, REPEATED_GRAM_UNITS = 2, 10
HAN_FACTOR = 2
"""A Chinese word has about two characters."""
BULLETS = frozenset("•-*·‣▪■●○◆※")
ELLIPSES = ("...", "…")

Judge = Callable[[Measured, ProseConfig], bool]


def _is_too_short(text: Measured, config: ProseConfig) -> bool:
    return config.min_units is not None and len(text.units) < config.min_units


def _has_few_letters(text: Measured, config: ProseConfig) -> bool:
    limit = config.min_letter_share
    return limit is not None and text.units.num_letters < limit * text.units.num_visible


def _has_many_symbols(text: Measured, config: ProseConfig) -> bool:
    limit = config.max_symbol_share
    if limit is None:
        return False
    return int(text.units.class_counts[SYMBOL]) > limit * text.units.num_visible


def _has_many_marks(text: Measured, config: ProseConfig) -> bool:
    limit = config.max_marks_per_unit
    if limit is None:
        return False
    num_marks = sum(text.text.count(mark) for mark in ("#", *ELLIPSES))
    return num_marks > limit * len(text.units)


def _has_long_words(text: Measured, config: ProseConfig) -> bool:
    limit = config.max_mean_unit
    if limit is None or not len(text.units):
        return False
    return float((text.units.ends - text.units.starts).mean()) > limit


def _is_a_list(text: Measured, config: ProseConfig) -> bool:
    limit = config.max_bullet_share
    if limit is None:
        return False
    return sum(line[0] in BULLETS for line in text.lines) > limit * len(text.lines)


def _is_cut_off(text: Measured, config: ProseConfig) -> bool:
    limit = config.max_ellipsis_share
    if limit is None or not any(mark in text.text for mark in ELLIPSES):
        return False
    return sum(line.endswith(ELLIPSES) for line in text.lines) > limit * len(text.lines)


def _repeats_lines(text: Measured, config: ProseConfig) -> bool:
    limits = config.max_repeated_lines, config.max_repeated_line_characters
    if limits == (None, None):
        return False
    return _is_over(text.repeated_line_shares(), limits)


def _repeats_itself(text: Measured, config: ProseConfig) -> bool:
    limits = config.max_top_gram, config.max_repeated_grams
    if limits == (None, None):
        return False
    factor = HAN_FACTOR if text.units.share(HAN, KANA) > 0.5 else 1
    shares = text.gram_shares(factor * TOP_GRAM_UNITS, factor * REPEATED_GRAM_UNITS)
    return _is_over(shares, limits)


def _is_over(shares: tuple[float, float], limits: tuple[float | None, float | None]) -> bool:
    pairs = zip(shares, limits, strict=True)
    return any(limit is not None and share > limit for share, limit in pairs)


PROSE_FILTERS: Mapping[str, Judge] = {
    "too_short": _is_too_short,
    "few_letters": _has_few_letters,
    "many_symbols": _has_many_symbols,
    "many_marks": _has_many_marks,
    "long_words": _has_long_words,
    "bullet_list": _is_a_list,
    "cut_off": _is_cut_off,
    "repeated_lines": _repeats_lines,
    "repeated_grams": _repeats_itself,
}
"""Reason by filter, cheap ones first; the first that drops a text gives the reason counted."""


def judge_prose(text: Measured, config: ProseConfig) -> str:
    """Give the reason for which a text is dropped, or an empty string."""
    return next((reason for reason, drops in PROSE_FILTERS.items() if drops(text, config)), "")
