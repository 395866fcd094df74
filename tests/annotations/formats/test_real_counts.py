"""Counts of the public data sets, where the folder that `LEXLOOM_DATA` names holds them.

They are those that the sets' publishers state. Where a file differs from its publisher's count,
the comment says why.
"""

import os
import tarfile
import zipfile
from pathlib import Path

import pytest

from lexloom.annotations.formats.table import import_dataset
from lexloom.annotations.options import ImportOptions
from lexloom.annotations.report import ImportReport

pytestmark = [
    pytest.mark.slow,
    pytest.mark.data,
    pytest.mark.skipif("LEXLOOM_DATA" not in os.environ, reason="LEXLOOM_DATA is not set"),
]


@pytest.fixture(scope="module")
def data():
    return Path(os.environ["LEXLOOM_DATA"])


def counted(path, format):
    report = ImportReport()
    ids = {document.id for document in import_dataset(path, format, report=report)}
    assert len(ids) == report.documents
    assert report.unaligned.total == 0
    return report


@pytest.mark.parametrize(
    ("file", "documents", "entities", "repaired", "relations"),
    [
        ("train.txt", 910, 3391, 2, 1273),
        ("dev.txt", 243, 877, 0, 353),
        ("test.txt", 288, 1079, 0, 422),
    ],
)
def test_conll04(data, file, documents, entities, repaired, relations):
    report = counted(data / "conll04" / file, "conll04")
    # the stated number is that of B- tags
    assert report.entities.total() - report.repaired.total == entities
    assert report.repaired.total == repaired
    assert (report.documents, report.relations.total()) == (documents, relations)


@pytest.mark.parametrize(
    ("file", "documents", "entities"),
    [
        ("wnut17/wnut17train.conll", 3394, 1975),
        ("wnut17/emerging.dev.conll", 1009, 836),
        ("wnut17/emerging.test.annotated", 1287, 1079),
        ("biomed_ner/BC5CDR-IOB/train.tsv", 4560, 9385),
        ("biomed_ner/BC5CDR-IOB/devel.tsv", 4581, 9593),
        ("biomed_ner/BC5CDR-IOB/test.tsv", 4797, 9809),
        ("biomed_ner/NCBI-disease-IOB/train.tsv", 5424, 5134),  # stated: 5,427 sentences
        ("biomed_ner/NCBI-disease-IOB/devel.tsv", 923, 787),
        ("biomed_ner/NCBI-disease-IOB/test.tsv", 940, 960),
        ("resume_ner/train.char.bmes", 3821, 13440),  # stated: 3,822 and 13,441
        ("resume_ner/dev.char.bmes", 463, 1497),
        ("resume_ner/test.char.bmes", 477, 1630),
    ],
)
def test_columns(data, file, documents, entities):
    report = counted(data / file, "columns")
    assert (report.documents, report.entities.total()) == (documents, entities)


@pytest.mark.parametrize(
    ("part", "documents", "entities"),
    [
        # stated: 1,894; one more where an inside tag changes the type without a new B-
        ("train", 1350, 1895),
        ("dev", 270, 389),
        ("test", 270, 418),
    ],
)
def test_weibo(data, part, documents, entities):
    report = counted(data / f"weibo_ner/weiboNER_2nd_conll.{part}", "columns-segmented")
    assert (report.documents, report.entities.total()) == (documents, entities)
    assert len(report.entities) <= 8


@pytest.mark.parametrize(
    ("file", "documents", "entities"), [("train.json", 10_748, 23_972), ("dev.json", 1343, 3072)]
)
def test_cluener(data, file, documents, entities):
    report = counted(data / "cluener" / file, "cluener")
    assert (report.documents, report.entities.total()) == (documents, entities)
    assert len(report.entities) == 10


def test_msra_is_train_and_test_joined(data, tmp_path):
    with zipfile.ZipFile(data / "msra_ner" / "dh_msra.zip") as archive:
        path = Path(archive.extract("dh_msra.txt", tmp_path))
    parts = []
    for options in (ImportOptions(stop=50_658), ImportOptions(start=50_658)):
        report = ImportReport()
        for _ in import_dataset(path, "columns", report=report, options=options):
            pass
        parts.append((report.documents, report.entities.total() - report.repaired.total))
    # the stated numbers are those of B- tags
    assert parts == [(50_658, 74_703), (4631, 6181)]
    assert counted(data / "msra_ner" / "msra_test_bio.txt", "columns").documents == 3442


@pytest.mark.parametrize(
    ("file", "documents", "events"),
    [("train.json", 2898, 3006), ("dev.json", 961, 1003), ("test.json", 968, 1010)],
)
def test_phee(data, file, documents, events):
    report = counted(data / "phee" / file, "phee")
    assert (report.documents, report.events.total()) == (documents, events)
    assert set(report.events) == {"Adverse_event", "Potential_therapeutic_event"}


def test_fewfc(data):
    counts, mentions = {}, 0
    for path in sorted((data / "fewfc_zh" / "rearranged").glob("*.json")):
        report = counted(path, "fewfc")
        counts[path.stem] = (report.documents, report.events.total(), len(report.events))
        mentions += report.events.total() + report.arguments.total() + report.merged["argument"]
    assert counts == {
        "train_base": (2732, 4682, 5),
        "test_base": (1821, 3320, 5),
        "train_trans": (820, 895, 5),
        "test_trans": (3609, 3993, 5),
    }
    assert mentions == 53_177


@pytest.mark.parametrize(("file", "documents"), [("train.csv", 4000), ("test.csv", 1000)])
def test_deepke(data, file, documents):
    report = counted(data / "deepke_zh_re_v0" / file, "deepke")
    assert report.documents == report.relations.total() == documents
    assert report.entities.total() == 2 * documents
    assert set(report.relations.values()) == {documents // 10}


@pytest.mark.parametrize(
    ("part", "documents", "entities", "relations"),
    [("train", 1861, 5598, 3219), ("dev", 275, 811, 455), ("test", 551, 1685, 974)],
)
def test_scierc(data, part, documents, entities, relations):
    report = counted(data / "scierc" / "joint_er" / f"scierc_joint_er_{part}.json", "spert")
    assert (report.documents, report.entities.total()) == (documents, entities)
    assert report.relations.total() + report.merged["relation"] == relations
    assert (len(report.entities), len(report.relations)) == (6, 7)


@pytest.mark.parametrize(
    ("file", "documents"), [("train.txt", 6507), ("val.txt", 1493), ("test.txt", 2717)]
)
def test_semeval(data, file, documents):
    report = counted(data / "semeval2010_task8" / file, "semeval")
    assert (report.documents, report.entities.total()) == (documents, 2 * documents)
    assert len(report.relations) == 9


def test_wiki80(data):
    report = counted(data / "wiki80" / "test.txt", "wiki80")
    assert report.documents == 5600
    assert len(report.relations) == 80
    assert set(report.relations.values()) == {70}


@pytest.mark.parametrize(
    ("part", "documents", "triples"),
    [("train", 5019, 11_313), ("val", 500, 1224), ("test", 703, 1607)],
)
def test_webnlg(data, part, documents, triples):
    report = counted(data / "webnlg" / f"{part}_triples.json", "triples")
    assert report.documents == documents
    assert report.relations.total() + report.merged["relation"] == triples
    if part == "train":
        assert len(report.relations) == 211


def test_duie(data):
    report = counted(data / "duie" / "train_data_5000.json", "duie")
    assert report.documents == 5000
    # the stated numbers are those of triples; the further slots of their objects are relations too
    assert report.relations.total() + report.merged["relation"] == 8945 + 348
    assert len([name for name in report.relations if "." not in name]) == 46


def test_casie(data):
    report = ImportReport()
    documents = list(import_dataset(data / "casie.tar.gz", "casie", report=report))
    assert len({document.id for document in documents}) == 1000
    # one trigger ends with a full stop that its text has not
    assert (report.events.total(), len(report.events)) == (8485 - 1, 5)
    assert report.unaligned.total == 2
    kept = report.arguments.total() + report.merged["argument"]
    assert (kept, len(report.arguments)) == (22_701 - 1, 26)
    assert report.repaired.total == 1094  # 313 triggers, about 4 %, and 781 arguments


@pytest.mark.parametrize(
    ("file", "format", "documents", "relations", "entities"),
    [
        # stated: 4,271 distinct sentences; one of them stands in two articles
        ("DRUG-AE.rel", "ade", 4272, 6821, 10_839),
        ("DRUG-DOSE.rel", "ade-dosage", 213, 279, 491),
        ("ADE-NEG.txt", "ade-negative", 16_695, 0, 0),
    ],
)
def test_ade(data, file, format, documents, relations, entities):
    report = counted(data / "ade" / file, format)
    assert (report.documents, report.relations.total()) == (documents, relations)
    assert report.entities.total() == entities
    assert report.repaired.total == 0


@pytest.mark.parametrize(
    ("part", "documents", "entities", "relations", "clusters"),
    [("train", 350, 5598, 3219, 720), ("dev", 50, 811, 455, 100), ("test", 100, 1685, 974, 195)],
)
def test_scierc_documents(data, part, documents, entities, relations, clusters):
    report = counted(data / "scierc" / f"{part}.json", "scierc")
    assert (report.documents, report.entities.total()) == (documents, entities)
    assert report.relations.total() + report.merged["relation"] == relations
    assert report.left_out.total == clusters


@pytest.mark.parametrize(
    ("file", "documents", "faulty"),
    [("train.csv", 13_815, 18), ("valid.csv", 3131, 2), ("test.csv", 5921, 4)],
)
def test_deepke_attributes(data, file, documents, faulty):
    report = ImportReport()
    for _ in import_dataset(data / "deepke_zh_ae" / file, "deepke-attributes", report=report):
        pass
    # the entity of some rows is written in small letters, and its offset is -1
    assert (report.documents, report.relations.total()) == (documents, documents - faulty)
    assert report.unaligned.total == 2 * faulty
    assert len(report.relations) == 6


def test_litbank_in_the_form_of_brat(data):
    report = counted(data / "litbank_annotations.tar.gz", "brat")
    assert (report.documents, report.entities.total()) == (100, 13_912)


def test_litbank(data, tmp_path):
    with tarfile.open(data / "litbank_annotations.tar.gz") as archive:
        for member in archive:  # its `extractall` has a filter from Python 3.11.4 on
            stream = archive.extractfile(member)
            if stream and member.name.endswith(".tsv"):
                path = tmp_path / member.name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(stream.read())
    report = counted(tmp_path / "litbank" / "entities_tsv", "litbank")
    assert report.entities.total() == 13_912
    assert set(report.entities) == {"PER", "FAC", "LOC", "GPE", "VEH", "ORG"}
    events = counted(tmp_path / "litbank" / "events_tsv", "litbank-events").events
    assert events == {"EVENT": 7849}


def test_iepile_samples(data):
    folder = data / "instruct_ie_samples"
    report = ImportReport()
    for _ in import_dataset(folder / "kg_structured_1120.json", "iepile", report=report):
        pass
    assert report.documents == 1120
    # lines of one text are one document: 96 lines of 6 texts
    for task, documents in (("EE", 6), ("EET", 6), ("RE", 6), ("SPO", 5), ("NER", 6), ("KG", 5)):
        path = folder / "iepile_format_samples" / task / "train.json"
        assert counted(path, "iepile").documents == documents
