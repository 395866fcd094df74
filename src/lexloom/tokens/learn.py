"""Train a tokenizer: byte-level BPE, WordPiece, unigram or characters, the same for the same text.

What is counted and how ties are broken is ours (`merges`, `unigram`); the file that comes out is
an ordinary ``tokenizer.json``.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from tokenizers import Regex, decoders, models, normalizers
from tokenizers import Tokenizer as Library
from tokenizers import pre_tokenizers as pre

from lexloom.errors import ConfigError, InputError
from lexloom.tokens.merges import MergeLimits, learn_merges
from lexloom.tokens.presets import SPECIAL_TOKENS, template
from lexloom.tokens.tokenizer import Tokenizer, without_surrogates
from lexloom.tokens.unigram import learn_pieces

WORDS = (
    r"'(?:[sdmt]|ll|ve|re)(?![\p{L}&&[^\p{Han}]])"  # English endings
    r"| ?\p{Han}+"
    r"| ?[\p{L}\p{M}&&[^\p{Han}]]+"
    r"| ?[\p{N}&&[^\p{Han}]]{1,3}"
    r"| ?[^\s\p{L}\p{M}\p{N}\p{Han}]+"
    r"|\s+(?!\S)|\s"
)
"""What no piece of BPE or unigram reaches across; the space before a word belongs to it.

Where white space or Chinese begins or ends there is always a border: `chunks` counts on it.
"""
SPACE = "▁"
CHUNK_CHARACTERS = 1 << 16
BYTE_SCORE = -1000.0
"""Of a byte in a unigram model: so low that only fallback uses it, and never the text ``<0x41>``"""
PREFIX = "##"


MAX_SETTING = 2**31 - 1
"""Greatest number that a setting may be: ids are 32 bits wide."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TokenizerConfig:
    """How to train a tokenizer."""

    model: Literal["bpe", "wordpiece", "unigram", "characters"] = "bpe"
    vocab_size: int = 24_000
    """Most ids, special tokens and characters counted too."""
    special: Literal["bert", "llama", "chat"] | None = None
    """Preset of special tokens; bert for WordPiece and llama for the rest if left out."""
    extra_tokens: tuple[str, ...] = ()
    """More special tokens, behind those of the preset."""
    lowercase: bool = False
    """Fold case, and for WordPiece accents too, as BERT's uncased models do."""
    normalization: Literal["nfc", "nfkc"] | None = None
    """Unicode form that the text is brought to first."""
    coverage: float = 0.9995
    """Share of the text's characters that have an id of their own, the most frequent ones."""
    min_count: int = 2
    """Least count of a piece of several characters."""
    max_piece_length: int = 16
    """Most characters of a piece."""

    def __post_init__(self) -> None:
        if not 0 < self.coverage <= 1:
            raise ConfigError(
                f"coverage must be above 0 and at most 1, got {self.coverage}", hint="0.9995 is so"
            )
        for name in ("vocab_size", "min_count", "max_piece_length"):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} must be 1 or more, got {getattr(self, name)}")
            if getattr(self, name) > MAX_SETTING:
                raise ConfigError(f"{name} must be {MAX_SETTING:,} or less")
        if "" in self.extra_tokens:
            raise ConfigError("extra_tokens holds an empty string, which cannot be a token")

    @property
    def preset(self) -> str:
        """The preset of special tokens that holds."""
        return self.special or ("bert" if self.model == "wordpiece" else "llama")

    @property
    def special_tokens(self) -> list[str]:
        """All special tokens in the order of their ids, each once."""
        return list(dict.fromkeys([*SPECIAL_TOKENS[self.preset].tokens, *self.extra_tokens]))


def train(texts: Iterable[str], config: TokenizerConfig) -> Tokenizer:
    """Train a tokenizer on texts.

    Raises:
        ConfigError: If the special tokens and covered characters alone are too many.
        InputError: If the texts hold nothing to learn from.
    """
    normalizer, splitter = NORMALIZERS[config.model](config), SPLITTERS[config.model]()
    counts = count_words(texts, normalizer, splitter)
    characters = count_characters(counts)
    if not characters:
        raise InputError("the texts hold no words to learn from", hint="give more text")
    covered = covered_characters(characters, config.coverage)
    library = LEARNERS[config.model](counts, covered, config)
    if normalizer is not None:
        library.normalizer = normalizer
    if splitter is not None:
        library.pre_tokenizer = _as_used(config.model, splitter)
    special = SPECIAL_TOKENS[config.preset]
    library.add_special_tokens(config.special_tokens)
    library.post_processor = template(special, library.get_vocab())
    return Tokenizer(library, roles=special.roles)


def count_words(texts: Iterable[str], normalizer: Any, splitter: Any) -> Counter[str]:
    """Count the words that the pieces may not reach across; characters where nothing splits."""
    counts: Counter[str] = Counter()
    for text in texts:
        for chunk in _chunks(without_surrogates(text)):
            normal = normalizer.normalize_str(chunk) if normalizer is not None else chunk
            if splitter is None:
                counts.update(normal)
            else:
                counts.update(word for word, _ in splitter.pre_tokenize_str(normal))
    return counts


def _chunks(text: str) -> Iterator[str]:
    """Cut a long text behind line ends, where no word is torn."""
    start = 0
    while start < len(text):
        end = start + CHUNK_CHARACTERS
        line_end = text.find("\n", end) + 1
        end = line_end if 0 < line_end < end + CHUNK_CHARACTERS else end
        yield text[start:end]
        start = end


def count_characters(words: Mapping[str, int]) -> Counter[str]:
    """Count the characters of counted words."""
    counts: Counter[str] = Counter()
    for word, count in words.items():
        if len(word) == 1:
            counts[word] += count
        else:
            for char in word:
                counts[char] += count
    return counts


def covered_characters(counts: Mapping[str, int], coverage: float) -> list[str]:
    """Give the fewest characters that make up `coverage` of the text, the most frequent first."""
    wanted = coverage * sum(counts.values())
    covered: list[str] = []
    seen = 0
    for char, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        if seen >= wanted:
            break
        covered.append(char)
        seen += count
    return covered


def _normalizer(config: TokenizerConfig) -> Any:
    parts: list[Any] = []
    if config.normalization is not None:
        parts.append({"nfc": normalizers.NFC, "nfkc": normalizers.NFKC}[config.normalization]())
    if config.lowercase:
        parts.append(normalizers.Lowercase())
    return normalizers.Sequence(parts) if parts else None


def _bert_normalizer(config: TokenizerConfig) -> Any:
    bert = normalizers.BertNormalizer(lowercase=config.lowercase)
    if config.normalization is None:
        return bert
    form = {"nfc": normalizers.NFC, "nfkc": normalizers.NFKC}[config.normalization]()
    return normalizers.Sequence([form, bert])


def _split_words() -> Any:
    return pre.Split(Regex(WORDS), behavior="isolated")


def _as_used(model: str, splitter: Any) -> Any:
    """Give the pre-tokenizer that encodes: what splits for counting, and the spelling."""
    if model == "bpe":
        spelling: Any = pre.ByteLevel(add_prefix_space=False, use_regex=False)
    elif model == "unigram":
        spelling = pre.Metaspace(replacement=SPACE, prepend_scheme="never", split=False)
    else:
        return splitter
    return pre.Sequence([splitter, spelling])


NORMALIZERS: Mapping[str, Callable[[TokenizerConfig], Any]] = {
    "bpe": _normalizer,
    "wordpiece": _bert_normalizer,
    "unigram": _normalizer,
    "characters": _normalizer,
}
SPLITTERS: Mapping[str, Callable[[], Any]] = {
    "bpe": _split_words,
    "wordpiece": pre.BertPreTokenizer,
    "unigram": _split_words,
    "characters": lambda: None,
}


def _room(config: TokenizerConfig, num_symbols: int) -> int:
    """Give how many pieces fit behind the special tokens and symbols."""
    num_special = len(config.special_tokens)
    room = config.vocab_size - num_special - num_symbols
    if room < 0:
        raise ConfigError(
            f"vocab_size {config.vocab_size:,} cannot hold {num_special} special tokens and "
            f"{num_symbols:,} characters and bytes",
            hint=f"{num_special + num_symbols:,} or more, or a lower coverage",
        )
    return room


def _numbered(config: TokenizerConfig, pieces: Iterable[str]) -> dict[str, int]:
    ordered = dict.fromkeys([*config.special_tokens, *pieces])
    return {piece: number for number, piece in enumerate(ordered)}


def byte_letters() -> list[str]:
    """Give the letter that stands for each byte in byte-level BPE (Radford et al., 2019)."""
    visible = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = {byte: 0x100 + n for n, byte in enumerate(b for b in range(256) if b not in visible)}
    return [chr(others.get(byte, byte)) for byte in range(256)]


class _ByteSpelling:
    """How characters are spelled in bytes: a covered one is one symbol, others begin as those."""

    def __init__(self, covered: Iterable[str]) -> None:
        self.letters = byte_letters()
        self.merges: dict[tuple[str, str], None] = {}
        """What makes one symbol of the bytes of a covered character; learned pairs come behind."""
        for char in sorted(char for char in covered if not char.isascii()):
            spelled = self._bytes(char)
            for size in range(1, len(spelled)):
                self.merges["".join(spelled[:size]), spelled[size]] = None
        self.symbols = [*self.letters, *dict.fromkeys(a + b for a, b in self.merges)]
        self._known = frozenset(self.symbols)
        self._spelled: dict[str, list[str]] = {}

    def _bytes(self, char: str) -> list[str]:
        return [self.letters[byte] for byte in char.encode("utf-8")]

    def spell(self, word: str) -> list[str]:
        """Give the symbols of a word."""
        return [symbol for char in word for symbol in self._char(char)]

    def _char(self, char: str) -> list[str]:
        if char not in self._spelled:
            spelled = self._bytes(char)
            size = next(
                n for n in range(len(spelled), 0, -1) if "".join(spelled[:n]) in self._known
            )
            self._spelled[char] = ["".join(spelled[:size]), *spelled[size:]]
        return self._spelled[char]


def _learn_bpe(
    counts: Mapping[str, int], covered: Sequence[str], config: TokenizerConfig
) -> Library:
    spelling = _ByteSpelling(covered)
    learned = learn_merges(
        counts,
        spelling.spell,
        spelling.symbols,
        _limits(config, _room(config, len(spelling.symbols))),
    )
    merges = list(spelling.merges)
    merges += [("".join(left), "".join(right)) for left, right in learned]
    pieces = [*spelling.symbols, *(left + right for left, right in merges)]
    library = Library(models.BPE(vocab=_numbered(config, pieces), merges=merges))
    library.decoder = decoders.ByteLevel()
    return library


def _limits(config: TokenizerConfig, num_pieces: int) -> MergeLimits:
    return MergeLimits(
        num_pieces=num_pieces,
        min_count=config.min_count,
        max_piece_length=config.max_piece_length,
    )


def _learn_wordpiece(
    counts: Mapping[str, int], covered: Sequence[str], config: TokenizerConfig
) -> Library:
    # marks and Chinese characters are always words of their own: they go on in no word
    inside = {char for word in counts if len(word) > 1 for char in word}
    symbols = [*covered, *(PREFIX + char for char in covered if char in inside)]
    learned = learn_merges(
        counts, _spell_wordpiece, symbols, _limits(config, _room(config, len(symbols)))
    )
    pieces = [*symbols, *(_wordpiece(left + right) for left, right in learned)]
    library = Library(models.WordPiece(vocab=_numbered(config, pieces), unk_token=_unknown(config)))
    library.decoder = decoders.WordPiece(prefix=PREFIX, cleanup=False)
    return library


def _spell_wordpiece(word: str) -> list[str]:
    return [word[0], *(PREFIX + char for char in word[1:])]


def _wordpiece(symbols: Sequence[str]) -> str:
    return symbols[0] + "".join(symbol.removeprefix(PREFIX) for symbol in symbols[1:])


def _learn_unigram(
    counts: Mapping[str, int], covered: Sequence[str], config: TokenizerConfig
) -> Library:
    alphabet = frozenset(char.replace(" ", SPACE) for char in covered)
    spaced: Counter[str] = Counter()
    for word, count in counts.items():
        spaced[word.replace(" ", SPACE)] += count
    fallback = [f"<0x{byte:02X}>" for byte in range(256)]
    room = _room(config, len(fallback) + len(alphabet)) + len(alphabet)
    pieces = learn_pieces(
        spaced,
        alphabet,
        num_pieces=room,
        min_count=config.min_count,
        max_piece_length=config.max_piece_length,
    )
    special = config.special_tokens
    scored = [(token, 0.0) for token in special]
    scored += [(piece, BYTE_SCORE) for piece in fallback]
    scored += [row for row in pieces if row[0] not in special]
    library = Library(
        models.Unigram(scored, unk_id=special.index(_unknown(config)), byte_fallback=True)
    )
    library.decoder = decoders.Sequence(
        [decoders.Replace(SPACE, " "), decoders.ByteFallback(), decoders.Fuse()]
    )
    return library


def _learn_characters(
    _counts: Mapping[str, int], covered: Sequence[str], config: TokenizerConfig
) -> Library:
    _room(config, len(covered))
    # pairs are never merged, so every character stays by itself
    library = Library(
        models.BPE(vocab=_numbered(config, covered), merges=[], unk_token=_unknown(config))
    )
    library.decoder = decoders.Fuse()
    return library


def _unknown(config: TokenizerConfig) -> str:
    return SPECIAL_TOKENS[config.preset].roles["unk_token"]


LEARNERS: Mapping[str, Callable[[Mapping[str, int], Sequence[str], TokenizerConfig], Library]] = {
    "bpe": _learn_bpe,
    "wordpiece": _learn_wordpiece,
    "unigram": _learn_unigram,
    "characters": _learn_characters,
}
"""Name of a model -> what learns its pieces."""
