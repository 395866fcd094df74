"""Small raw documents in both languages, with all that a corpus build drops."""

import json
import random

SUBJECTS = {
    "en": "the river|a teacher|my sister|the old engine|the council|a stranger|the committee",
    "zh": "委员会|老师|工程师|图书馆|邻居|检察机关|河流",
}
VERBS = {
    "en": "repaired|described|remembered|carried|questioned|measured|abandoned",
    "zh": "修复了|描述了|记录了|运送了|审查了|测量了|放弃了",
}
OBJECTS = {
    "en": "the northern bridge|a heavy box|the first report|an empty house|every letter|the map",
    "zh": "北边的桥|沉重的箱子|第一份报告|空房子|每一封信|地图",
}


def prose(language, seed, num_sentences=25):
    """Sentences at random that pass the filters."""
    generator = random.Random(f"{language} {seed}")
    tables = [table[language].split("|") for table in (SUBJECTS, VERBS, OBJECTS)]
    sentences = []
    for _ in range(num_sentences):
        parts = [generator.choice(table) for table in tables]
        number = generator.randrange(10_000)
        if language == "en":
            sentences.append(f"{' '.join(parts).capitalize()} in {number}.")
        else:
            sentences.append(f"{number}年，{''.join(parts)}。")
    return "\n".join(sentences)


def write_raw(folder, num_documents=30):
    """Write two sources: texts in files, and JSON lines; give their paths."""
    texts = folder / "texts"
    (texts / "deep").mkdir(parents=True)
    for number in range(num_documents):
        name = f"{'deep/' if number % 3 else ''}{number:03d}.txt"
        text = prose("zh" if number % 2 else "en", number)
        (texts / name).write_text(text + "\r\n", encoding="utf-8", newline="")
    (texts / "copy.txt").write_text(prose("en", 0), encoding="utf-8")
    (texts / "near.txt").write_text(prose("en", 0, 24) + "\nThe end.", encoding="utf-8")
    (texts / "short.txt").write_text("Too short.", encoding="utf-8")
    (texts / "binary.pdf").write_bytes(b"%PDF-1.7 nothing else")
    lines = folder / "lines.jsonl"
    rows = [{"id": f"row {n}", "text": prose("zh", f"row {n}")} for n in range(num_documents)]
    rows[3]["text"] = "12 34 | 56 " * 30
    rows[4]["text"] = rows[5]["text"]
    rows[6]["text"] += "\n这里有违禁词语。"
    data = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    lines.write_text(data + "no JSON\n", encoding="utf-8")
    return [texts, lines]
