"""``lexloom tokenizer``: train and extend tokenizers, try them, and measure how they fit a text."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from lexloom.cli.say import print_json
from lexloom.cli.texts import FilesArgument, Texts
from lexloom.config import from_mapping, parse_overrides, read_table
from lexloom.corpus.read import check_outside
from lexloom.errors import InputError, UsageError
from lexloom.printable import printable

if TYPE_CHECKING:
    from lexloom.tokens.tokenizer import Tokenizer


app = typer.Typer(help="Train tokenizers, extend them, try and measure them.", no_args_is_help=True)

TokenizerOption = Annotated[
    Path, typer.Option("--tokenizer", help="A tokenizer.json or its folder.", show_default=False)
]
OutOption = Annotated[Path, typer.Option("--out", help="Folder to write.", show_default=False)]
ConfigOption = Annotated[Path | None, typer.Option("--config", help="Settings (TOML or JSON).")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command(
    "train",
    epilog="Example: lexloom tokenizer train texts/ --out tok --set model=wordpiece",
)
def train_command(
    files: FilesArgument,
    *,
    out: OutOption,
    config: ConfigOption = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            help="One setting: model (bpe, wordpiece, unigram, characters), vocab_size, coverage, "
            "special (bert, llama, chat), lowercase, normalization ...",
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Train a tokenizer; the same texts and settings give the same file."""
    from lexloom.tokens.learn import TokenizerConfig, train
    from lexloom.tokens.tokenizer import check_folder

    check_outside(out, files)
    check_folder(out)  # before the work, not behind it
    values = (read_table(config) if config else {}) | parse_overrides(settings or [])
    tokenizer_config = from_mapping(TokenizerConfig, values, where="settings")
    texts = Texts(files, "reading")
    tokenizer = train(texts, tokenizer_config)
    _save(tokenizer, out, {}, as_json=as_json)
    texts.leave()


@app.command(
    "extend", epilog="Example: lexloom tokenizer extend new/ --tokenizer tok --out tok-larger"
)
def extend_command(
    files: FilesArgument,
    *,
    tokenizer: TokenizerOption,
    out: OutOption,
    config: ConfigOption = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="coverage=, num_words= or min_count=.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Add characters and words of more texts to a vocabulary; every old id stays."""
    from lexloom.tokens.extend import ExtendConfig, extend
    from lexloom.tokens.tokenizer import Tokenizer, check_folder

    check_outside(out, files)
    check_folder(out)
    values = (read_table(config) if config else {}) | parse_overrides(settings or [])
    extend_config = from_mapping(ExtendConfig, values, where="settings")
    texts = Texts(files, "reading")
    extended, added = extend(Tokenizer.load(tokenizer), texts, extend_config)
    _save(extended, out, {"added": added}, as_json=as_json)
    texts.leave()


def _save(tokenizer: "Tokenizer", out: Path, more: dict[str, Any], *, as_json: bool) -> None:
    tokenizer.save(out)
    report = {"path": str(out), "vocab_size": tokenizer.vocab_size, "sha256": tokenizer.sha256}
    if as_json:
        print_json(report | more)
    else:
        added = f", {len(more['added']):,} of them new" if "added" in more else ""
        typer.echo(f"{out}: {tokenizer.vocab_size:,} ids{added}")


@app.command(
    "encode", epilog="Example: lexloom tokenizer encode 'Ann works in 北京.' --tokenizer tok"
)
def encode_command(
    text: Annotated[str, typer.Argument(help="The text, or - for the standard input.")],
    *,
    tokenizer: TokenizerOption,
    special: Annotated[bool, typer.Option(help="Put the special tokens around the text.")] = True,
    as_json: JsonOption = False,
) -> None:
    """Cut one text into tokens, with ids and offsets."""
    from lexloom.tokens.tokenizer import Tokenizer

    loaded = Tokenizer.load(tokenizer)
    text = _standard_input() if text == "-" else text
    ids, offsets = loaded.encode(text, add_special_tokens=special)
    tokens = [loaded.library.id_to_token(id) for id in ids.tolist()]
    if as_json:
        print_json({"input_ids": ids.tolist(), "offsets": offsets.tolist(), "tokens": tokens})
        return
    table = Table("id", "token", "start", "end", "text", box=None)
    for id, token, (start, end) in zip(ids.tolist(), tokens, offsets.tolist(), strict=True):
        part = printable(repr(text[start:end]))
        table.add_row(str(id), Text(printable(token or "")), str(start), str(end), Text(part))
    Console().print(table)


def _standard_input() -> str:
    try:
        return sys.stdin.buffer.read().decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError("the standard input is not UTF-8") from error


@app.command("decode", epilog="Example: lexloom tokenizer decode 12 873 5 --tokenizer tok")
def decode_command(
    ids: Annotated[
        list[str], typer.Argument(help="Ids, or - to read them from the standard input.")
    ],
    *,
    tokenizer: TokenizerOption,
    special: Annotated[bool, typer.Option(help="Show special tokens too.")] = False,
) -> None:
    """Give the text of ids."""
    from lexloom.tokens.tokenizer import Tokenizer

    words = _standard_input().split() if ids == ["-"] else ids
    try:
        numbers = [int(word.strip(",[]")) for word in words if word.strip(",[]")]
    except ValueError as error:
        raise UsageError(f"ids are whole numbers, got {' '.join(words)[:80]!r}") from error
    text = Tokenizer.load(tokenizer).decode(numbers, skip_special_tokens=not special)
    typer.echo(text.encode("utf-8"))


@app.command("stats", epilog="Example: lexloom tokenizer stats texts/ --tokenizer tok --json")
def stats_command(
    files: FilesArgument, *, tokenizer: TokenizerOption, as_json: JsonOption = False
) -> None:
    """Measure tokens a word and a character by language, what is unknown, and long tokens."""
    from lexloom.tokens.fertility import measure
    from lexloom.tokens.tokenizer import Tokenizer

    texts = Texts(files, "reading")
    values = measure(Tokenizer.load(tokenizer), texts).to_dict()
    if as_json:
        print_json(values)
    else:
        _print_stats(values)
    texts.leave()


def _print_stats(values: dict[str, Any]) -> None:
    console = Console()
    console.print(f"ids: {values['vocab_size']:,}, used: {100 * values['used_share']:.1f} %")
    table = Table(
        "language", "sentences", "tokens", "per word", "per character", "unknown", box=None
    )
    for name, row in [*values["languages"].items(), ("all", values["all"])]:
        table.add_row(
            name,
            f"{row['sentences']:,}",
            f"{row['tokens']:,}",
            f"{row['tokens_per_word']:.2f}",
            f"{row['tokens_per_character']:.3f}",
            f"{100 * row['unknown_share']:.3f} %",
        )
    console.print(table)
    console.print(Text(printable("longest: " + "  ".join(map(repr, values["longest_tokens"])))))
