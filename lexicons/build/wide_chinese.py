"""Builds the wide Chinese tables: terms to correct towards, too many and too rare to take mentions from.

    python lexicons/build/wide_chinese.py --source ../shared/data

CMeKG (PyCMeKG 0.2.5, MIT): other names of diseases, their symptoms, complications and tests. Records and questions:
what annotators marked in cEHRNER and cMedQANER (ChineseBLUE, Apache-2.0).
"""

import argparse
import gzip
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from chinese import (
    DISEASE_END,
    DISEASE_NOT,
    DRUG_MARKS,
    HERB_MARKS,
    PROCEDURE_END,
    SYMPTOM,
    TEST_END,
    TEST_NOT,
    Attributes,
    sayable,
)
from writing import Row, TableHead, Trusted, write_table

_LABELS = {
    "疾病和诊断": "disease", "手术": "procedure", "解剖部位": "anatomy", "药物": "drug", "症状": "symptom",
    "影像检查": "test", "实验室检验": "test", "disease": "disease", "symptom": "symptom", "body": "anatomy",
    "drug": "drug", "test": "test",
}  # fmt: skip
_HAN_ONLY = re.compile(r"[\u4e00-\u9fff]+")
_LOOSE = re.compile(
    r"^[无未没伴并及行予]|[的了和与或及等并伴行]|可能|不详|其他|其它|明显|情况|治疗|患者|我|你|孩子|什么|怎么|检查术|"
    r"叒|正常$|术后$|多发|少许|广发|^下|(.)\1"
)
# The text of cEHRNER has 上 and 下 exchanged in places (卵巢恶性下皮性肿瘤) and 两 for 双: nothing with them is taken.
_EXCHANGED = re.compile("[上下两]")
_ANATOMY_END = re.compile(
    r"(肝|脾|肺|肾|胃|肠|胆|胰|脑|心|骨|肌|腺|管|动脉|静脉|神经|淋巴结|关节|韧带|黏膜|粘膜|叶|段|窦|壁|腔|膜|部|区|体|端|弓|"
    r"窝|门|根|椎|囊|道|瓣|房|室|旁|沟|底|颈|头|角|曲|极|侧|系膜|网膜|附件|子宫|卵巢|乳房|皮肤|手|足|臂|腿|眼|耳|鼻|口|咽|喉|舌)$"
)
_VAGUE_SYMPTOM = re.compile(
    r"^(轻度|严重|剧烈|持续|明显)|症状|体征|表现|不同程度|等$|者$|时$|后$|伴有|可有|呈|早期|晚期|偶|常"
)


def main() -> None:
    """Builds all wide tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--source", type=Path, required=True, help="folder with lexicon/zh and ner/zh")
    source: Path = parser.parse_args().source
    with gzip.open(source / "lexicon/zh/cmekg/cmekg.json.gz", "rt", encoding="utf-8") as file:
        graph: dict[str, Attributes] = json.load(file)
    trusted = Trusted.of("zh")
    taken: set[str] = set()
    built = "lexicons/build/wide_chinese.py"

    def write(stem: str, head: TableHead, rows: Iterator[Row]) -> None:
        fresh = (row for row in (trusted.new(row, taken) for row in rows) if row is not None)
        write_table(stem, head, fresh, tier="wide")

    marked = "mentions annotated in cEHRNER and cMedQANER (ChineseBLUE, Alibaba), reduced to a list"
    head = TableHead("Terms of records and questions", "zh", marked, "Apache-2.0", "2019", built)
    write("wide_records", head, _marked(source / "ner/zh"))
    cmekg = "CMeKG entities and attributes (via PyCMeKG 0.2.5)"
    write("wide_cmekg", TableHead("Names, symptoms, tests", "zh", cmekg, "MIT", "0.2.5", built), _graph(graph))


def _marked(folder: Path) -> Iterator[Row]:
    counts: Counter[tuple[str, str]] = Counter()
    for corpus in ("cEHRNER", "cMedQANER"):
        for part in ("train", "dev"):
            for line in (folder / corpus / f"{part}.json").read_text(encoding="utf-8").split("\n"):
                for mention in json.loads(line)["mention_data"] if line.strip() else ():
                    label = mention.get("label") or mention.get("type")
                    if label in _LABELS:
                        counts[mention["mention"].strip(), _LABELS[label]] += 1
    for (text, term_class), count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        if not sayable(text, 2, 12) or not _HAN_ONLY.fullmatch(text) or _LOOSE.search(text) or _EXCHANGED.search(text):
            continue
        if _fits(text, term_class, count):
            yield Row(text, term_class, 0.4 if count > 2 else 0.3)


def _fits(text: str, term_class: str, count: int) -> bool:
    """Whether the form bears out the annotators' class, or they said so often enough."""
    match term_class:
        case "disease":
            return bool(DISEASE_END.search(text)) and not DISEASE_NOT.search(text)
        case "symptom":
            return count > 1 and bool(SYMPTOM.search(text))
        case "procedure":
            return bool(PROCEDURE_END.fullmatch(text)) or text.endswith("术")
        case "test":
            return count > 1 or bool(TEST_END.fullmatch(text))
        case "anatomy":
            return bool(_ANATOMY_END.search(text)) and count > 1
        case _:
            return count > 1 and len(text) > 2


def _graph(graph: Mapping[str, Attributes]) -> Iterator[Row]:
    counts: Counter[tuple[str, str]] = Counter()
    for name, facts in graph.items():
        if (DRUG_MARKS | HERB_MARKS) & facts.keys():
            continue
        for other in (*facts.get("又称", ()), *facts.get("同义词", ()), *facts.get("别称", ())):
            if sayable(other, 3, 12) and DISEASE_END.search(other) and not DISEASE_NOT.search(other):
                yield Row(other, "disease", 0.3, name)
        for column in ("并发症", "相关疾病", "病理分型"):
            counts.update((value, "disease") for value in facts.get(column, ()))
        for column in ("常见症状", "临床症状及体征", "相关症状"):
            counts.update((value, "symptom") for value in facts.get(column, ()))
        for column in ("检查", "影像学检查", "实验室检查", "辅助检查", "组织学检查", "内窥镜检查"):
            counts.update((value, "test") for value in facts.get(column, ()))
        for column in ("手术治疗", "手术_手术方式", "治疗"):
            counts.update((value, "procedure") for value in facts.get(column, ()))
    for (text, term_class), count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        if not sayable(text, 3, 10) or not _HAN_ONLY.fullmatch(text) or _LOOSE.search(text):
            continue
        if term_class == "symptom" and (_VAGUE_SYMPTOM.search(text) or count < 2 or len(text) > 8):
            continue
        if term_class == "test" and TEST_NOT.search(text):
            continue
        if _fits(text, term_class, count):
            yield Row(text, term_class, 0.3)


if __name__ == "__main__":
    main()
