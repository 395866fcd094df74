"""The peer of ``benchmarks/corpus_build.py``: the same reading, filters and MinHash by datatrove.

Runs in an environment of its own with ``datatrove[io,processing] spacy jieba``; it imports nothing
of Lexloom. Each folder goes through datatrove's usual four steps with the tokenizer that it assigns
to the language. Filters and signatures are made while reading, so that nothing is read twice. The
limits are those of Lexloom's filters, and 14 bands of 8 hashes over 5-grams.
"""

import argparse
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

from datatrove.data import Document
from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.base import PipelineStep
from datatrove.pipeline.dedup import (
    MinhashDedupBuckets,
    MinhashDedupCluster,
    MinhashDedupFilter,
    MinhashDedupSignature,
)
from datatrove.pipeline.dedup.minhash import MinhashConfig
from datatrove.pipeline.filters import GopherQualityFilter, GopherRepetitionFilter
from datatrove.pipeline.readers import JsonlReader
from datatrove.pipeline.readers.base import BaseDiskReader
from datatrove.pipeline.writers import JsonlWriter

CONFIG = MinhashConfig(n_grams=5, num_buckets=14, hashes_per_bucket=8)


class TextReader(BaseDiskReader):
    """Reads each file as one document, for datatrove has no reader of plain text."""

    name = "text"

    def __init__(self, folder: Path) -> None:
        super().__init__(str(folder))

    def read_file(self, filepath: str) -> Iterator[Document]:
        """Give the one document of a file."""
        with self.data_folder.open(filepath, "rt", encoding="utf-8") as stream:
            document = self.get_document_from_dict({"text": stream.read()}, filepath, 0)
        if document:
            yield document


def filters(language: str) -> list[PipelineStep]:
    """Give the filters that Lexloom has too, with its limits."""
    return [
        GopherRepetitionFilter(
            dup_line_frac=0.3,
            dup_para_frac=None,
            dup_line_char_frac=0.2,
            dup_para_char_frac=None,
            top_n_grams=((2, 0.2),),
            dup_n_grams=((10, 0.3),),
            language=language,
        ),
        GopherQualityFilter(
            min_doc_words=20,
            max_doc_words=None,
            min_avg_word_length=None,
            max_avg_word_length=12,
            max_non_alpha_words_ratio=0.6,
            min_stop_words=None,
            language=language,
        ),
    ]


def steps(folder: Path, language: str, work: Path, workers: int) -> Iterator[LocalPipelineExecutor]:
    """Give the four steps for one folder, in order."""
    first = [
        TextReader(folder),
        *filters(language),
        JsonlWriter(str(work / "filtered"), compression=None),
        MinhashDedupSignature(str(work / "signatures"), config=CONFIG, language=language),
    ]
    buckets = MinhashDedupBuckets(str(work / "signatures"), str(work / "buckets"), config=CONFIG)
    cluster = MinhashDedupCluster(str(work / "buckets"), str(work / "removed"), config=CONFIG)
    last = [
        JsonlReader(str(work / "filtered")),
        MinhashDedupFilter(str(work / "removed")),
        JsonlWriter(str(work / "corpus"), compression="zstd"),
    ]
    pipelines = [(first, workers), ([buckets], CONFIG.num_buckets), ([cluster], 1), (last, workers)]
    for number, (pipeline, tasks) in enumerate(pipelines):
        # a folder of logs for each step: by default they come to where one stands
        logs = str(work / f"logs{number}")
        yield LocalPipelineExecutor(pipeline, tasks=tasks, workers=workers, logging_dir=logs)


def main() -> None:
    """Run the steps for both folders, and print how many documents are left."""
    described = argparse.ArgumentParser(description=__doc__)
    described.add_argument("--zh", type=Path, required=True, help="folder of Chinese texts")
    described.add_argument("--en", type=Path, required=True, help="folder of English texts")
    described.add_argument("--out", type=Path, required=True, help="folder to write to")
    described.add_argument("--workers", type=int, default=2, help="processes")
    given = described.parse_args()
    kept = {}
    for folder, language in ((given.zh, "zho_Hani"), (given.en, "eng_Latn")):
        work = given.out / language
        shutil.rmtree(work, ignore_errors=True)
        for step in steps(folder, language, work, given.workers):
            stats = step.run()
        kept[language] = stats.stats[-1].stats["total"].total
    print(json.dumps(kept))


if __name__ == "__main__":
    main()
