import re
import xml.etree.ElementTree as ET

from lexloom.corpus.flow_picture import flow_picture
from lexloom.corpus.report import Report, SourceCounts


def picture(**sources):
    return flow_picture(Report(sources=sources))


def test_a_ribbon_for_each_source_and_end():
    svg = picture(
        laws=SourceCounts(documents=10, kept=7, dropped={"too_short": 3}),
        novels=SourceCounts(documents=5, kept=5),
    )
    root = ET.fromstring(svg)
    titles = [node.text for node in root.iter("{http://www.w3.org/2000/svg}title")]
    assert titles == [
        "15 documents: from their sources to the corpus",
        "laws to kept: 7",
        "novels to kept: 5",
        "laws to too short: 3",
    ]
    assert "script" not in svg
    assert not re.findall(r"(?:href|src)=", svg)


def test_names_are_text_whatever_they_hold():
    svg = picture(**{'<b>&"x': SourceCounts(documents=1, kept=1)})
    ET.fromstring(svg)
    assert "<b>" not in svg


def test_an_empty_report_is_a_picture_too():
    ET.fromstring(picture())


def test_the_smallest_of_many_sources_are_joined():
    svg = picture(**{f"s{n:02d}": SourceCounts(documents=n + 1, kept=n + 1) for n in range(30)})
    assert svg.count("<rect") == 12 + 1 + 1
    assert "other sources" in svg


def test_bars_do_not_overlap():
    dropped = {f"reason {n}": 1 for n in range(20)}
    root = ET.fromstring(picture(a=SourceCounts(documents=1020, kept=1000, dropped=dropped)))
    rects = [node.attrib for node in root.iter("{http://www.w3.org/2000/svg}rect")][1:]
    tops = [float(rect["y"]) for rect in rects]
    bottoms = [float(rect["y"]) + float(rect["height"]) for rect in rects]
    assert all(below >= above for above, below in zip(bottoms, tops[1:], strict=False))
    assert bottoms[-1] <= float(root.attrib["viewBox"].split()[3])
