"""Builds the derived Chinese tables from CMeKG (PyCMeKG 0.2.5) and THUOCL, both MIT.

    python lexicons/build/chinese.py --source ../shared/data/lexicon/zh

CMeKG says by its attributes what an entry is: composition or approval make a drug, a department a disease, related
diseases and a body system a test. A trade name that jieba knows as a word is left out.
THUOCL gives bare words; only those whose ending tells their class are kept.
"""

import argparse
import gzip
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import jieba
from writing import Row, TableHead, read_words, write_table

Attributes = Mapping[str, Sequence[str]]

HAN = re.compile(r"[\u4e00-\u9fffA-Za-z0-9α-ωⅠ-Ⅻ\-]+")
FORM = re.compile(
    r"(缓释|控释|肠溶|分散|咀嚼|口腔崩解|口崩|泡腾|舌下|干混悬|混悬|口服|薄膜衣|糖衣|双层|软|硬|滴|微|吸入|外用|"
    r"鼻用|鼻|阴道|滴耳|滴眼|滴鼻|眼用|浓|小容量|静脉)*"
    r"(胶囊剂?|片剂?|颗粒剂?|注射液|注射剂|针剂?|口服液|口服溶液|溶液|乳膏|软膏|眼膏|凝胶|眼用凝胶|栓剂?|滴剂|滴丸|糖浆|混悬液|"
    r"干混悬剂|混悬剂|气雾剂|粉雾剂|喷雾剂|吸入剂|散剂?|滴眼液|滴鼻液|滴耳液|贴剂|贴片|贴膏|乳剂|洗剂|搽剂|酊剂?|冻干粉针|"
    r"粉针剂?|膜剂?|丸剂?|泡腾片|缓释片|控释片|肠溶片|分散片)$"
)
SALT = re.compile(
    r"^(注射用|复方|小儿|盐酸|硫酸氢|硫酸|磷酸|马来酸|富马酸|枸橼酸|酒石酸|甲磺酸|苯磺酸|醋酸|氢溴酸|乳酸|硝酸|琥珀酸|"
    r"重酒石酸|葡萄糖酸|门冬氨酸|双氯芬酸)"
)
DRUG_MARKS = frozenset({"成份", "药品监管分级", "OTC类型", "药品类型"})
HERB_MARKS = frozenset({"界", "入药部位", "性味", "采收时间"})
DISEASE_MARKS = frozenset({"就诊科室", "常见症状", "ICD10"})
_EVERYDAY = read_words("everyday_zh.txt")
DISEASE_END = re.compile(
    r"(炎|癌|瘤|症|综合征|综合症|病|结核|骨折|脱位|溃疡|肿|梗死|梗塞|出血|狭窄|畸形|衰竭|中毒|损伤|硬化|囊肿|结石|息肉|"
    r"疝|麻痹|痉挛|萎缩|坏死|穿孔|梗阻|积液|脓肿|血症|尿症|疹|癣|疮|痔|瘘|裂|不全|障碍|缺损|感染|增生|脱垂|扩张|粘连|"
    r"闭锁|扭转|积水|血肿|血栓|栓塞|心动过速|心动过缓|早搏|颤动|阻滞|贫血|黄疸|休克|水肿|肥大|白内障|青光眼|近视|斜视)$"
)
DISEASE_NOT = re.compile(
    r"^[无未没伴]|^(局部|综合症$)|(公主|王子|空调|富贵|相思|职业|多发|常见|传染|慢性|疑难|皮肤|妇科|心脏|红眼)病$|(其他|其它|未特指|妊娠合并|所致|引起|与|及其|或|后的|小儿|老年人|职业性|地方性|家族性)"
)
PROCEDURE_END = re.compile(
    r".{2,}(切除术|成形术|造影|置换术|吻合术|修补术|移植术|引流术|穿刺术|切开术|固定术|结扎术|造瘘术|活检术|镜检查|植入术|"
    r"缝合术|松解术|根治术|清除术|减压术|融合术|矫正术|摘除术|剥除术|复位术)$"
)
TEST_END = re.compile(
    r".{2,}(检查|试验|测定|检测|造影|CT|MRI|超声|心电图|脑电图|肌电图|显像|培养|抗体|抗原|计数|镜检|涂片|扫描|平片|染色|分析)$"
)
TEST_NOT = re.compile(r"与|(体位|温度|性别|全身|一般|体格|常规|呼吸|健康|婴幼儿呼吸)检查$|观察")
_THUOCL_DRUG = re.compile(
    r".*(霉素|西林|沙星|洛尔|普利|沙坦|地平|他汀|拉唑|替丁|西泮|唑仑|硝唑|康唑|洛韦|夫定|双胍|格列.+|列汀|列净|单抗|替尼|"
    r"噻嗪|布洛芬|芬太尼|卡因|松龙|可的松|奈德|他赛|铂|磺胺.+|头孢.+|胰岛素|肝素|巴比妥|平片|胶囊)$"
)
_THUOCL_ORGANISM = re.compile(r".{2,}(杆菌|球菌|弧菌|螺旋体|病毒|衣原体|支原体|念珠菌|曲霉菌|原虫|吸虫|绦虫|线虫)$")
_THUOCL_ANATOMY = re.compile(r".{1,3}(动脉|静脉|神经|韧带|关节|肌|骨|腺|淋巴结|皮质|黏膜|粘膜|肌腱|软骨|瓣膜|脊髓|椎)$")
_ANATOMY_NOT = re.compile(
    r"(假|人工|电|气|水|软管|导|胶|茶|树|红|荷|绿|枫|竹|落|粗|脱|接|钢|试|血管|毛细|排骨|露骨|龙|风|刻|筋骨|入骨)"
)


def main() -> None:
    """Builds all tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--source", type=Path, required=True)
    source: Path = parser.parse_args().source
    with gzip.open(source / "cmekg/cmekg.json.gz", "rt", encoding="utf-8") as file:
        graph: dict[str, Attributes] = json.load(file)
    jieba.setLogLevel("ERROR")
    jieba.initialize()
    built = "lexicons/build/chinese.py"

    def head(name: str, origin: str, version: str) -> TableHead:
        return TableHead(name, "zh", origin, "MIT", version, built)

    cmekg = "CMeKG entities and attributes (via PyCMeKG 0.2.5)"
    write_table("drugs_cmekg", head("Drugs, generic and brand", cmekg, "0.2.5"), _drugs(graph))
    diseases = head("Diseases", cmekg, "0.2.5")
    write_table("diseases_cmekg", diseases, _diseases(graph), extra_column="icd10")
    write_table("symptoms_cmekg", head("Symptoms", cmekg, "0.2.5"), _symptoms(graph))
    write_table("tests_cmekg", head("Tests and procedures", cmekg, "0.2.5"), _tests(graph))
    thuocl = head("Words whose ending tells their class", "THUOCL medical words, thunlp", "2017")
    write_table("words_thuocl", thuocl, _thuocl(source / "thuocl/THUOCL_medical.txt"))


def sayable(name: str, shortest: int, longest: int) -> bool:
    """Whether a name of `shortest` to `longest` characters can be written as it is said, and is no everyday word."""
    return shortest <= len(name) <= longest and bool(HAN.fullmatch(name)) and name not in _EVERYDAY


def _drugs(graph: Mapping[str, Attributes]) -> Iterator[Row]:
    for name, facts in graph.items():
        if not DRUG_MARKS & facts.keys() or HERB_MARKS & facts.keys():
            continue
        if not sayable(name, 3, 12) or DISEASE_END.search(name) or name.startswith(("口服", "外用", "静脉")):
            continue
        if FORM.search(name) or _THUOCL_DRUG.fullmatch(name) or SALT.match(name):
            yield Row(name, "drug", 0.3)
        elif name not in jieba.dt.FREQ and "商品名" not in facts:
            yield Row(name, "drug", 0.2)
        base = name
        while (shorter := FORM.sub("", base)) != base and len(shorter) >= 3:
            base = shorter
        for form in (base, SALT.sub("", base)):
            if form != name and len(form) >= 3 and form not in _EVERYDAY and _worth(form, name):
                yield Row(form, "drug", 0.5)


def _worth(form: str, name: str) -> bool:
    """Whether what is left without salt and dosage form is a substance, not a word of praise."""
    return bool(_THUOCL_DRUG.fullmatch(form)) or (form != name and bool(SALT.match(name)))


def _diseases(graph: Mapping[str, Attributes]) -> Iterator[Row]:
    for name, facts in graph.items():
        if not DISEASE_MARKS & facts.keys() or DRUG_MARKS & facts.keys() or HERB_MARKS & facts.keys():
            continue
        code = next(iter(facts.get("ICD10", ())), "")
        code = code if re.fullmatch(r"[A-Z]\d\d(\.\d+)?", code) else ""
        for form in (name, *facts.get("别称", ())):
            if sayable(form, 2, 12) and DISEASE_END.search(form) and not DISEASE_NOT.search(form):
                yield Row(form, "disease", 0.4 if form == name else 0.3, extra=code)


def _symptoms(graph: Mapping[str, Attributes]) -> Iterator[Row]:
    """What at least twenty diseases name as their symptom."""
    count: dict[str, int] = {}
    for facts in graph.values():
        if DRUG_MARKS & facts.keys():
            continue
        for symptom in facts.get("常见症状", ()):
            count[symptom] = count.get(symptom, 0) + 1
    for name, n in count.items():
        if n >= 8 and sayable(name, 3, 8) and SYMPTOM.search(name) and not DISEASE_NOT.search(name):
            yield Row(name, "symptom", 0.5)


SYMPTOM = re.compile(
    r"(痛|热|痒|胀|麻木|无力|困难|减退|障碍|消失|异常|增多|减少|下降|肿大|肿胀|出血|血尿|血便|水肿|恶心|呕吐|腹泻|便秘|头晕|"
    r"咳嗽|咳痰|咯血|心悸|气促|气短|发绀|黄疸|抽搐|昏迷|晕厥|皮疹|红斑|畸形|压痛|疼痛|不适|受限|僵硬|震颤|嘶哑|充血|渗出|"
    r"分泌物|流泪|畏光|复视|耳鸣|听力下降|乏力|消瘦|盗汗|感|升高|降低|紊乱)$"
)


def _tests(graph: Mapping[str, Attributes]) -> Iterator[Row]:
    for name, facts in graph.items():
        if (DRUG_MARKS | HERB_MARKS | DISEASE_MARKS) & facts.keys():
            continue
        if "相关疾病" not in facts or "所属分类" not in facts or not sayable(name, 3, 12):
            continue
        if TEST_END.fullmatch(name) and not TEST_NOT.search(name):
            yield Row(name, "procedure" if PROCEDURE_END.fullmatch(name) else "test", 0.4)


def _thuocl(path: Path) -> Iterator[Row]:
    for line in path.read_text(encoding="utf-8").split("\n"):
        word = line.split("\t")[0].strip()
        if not sayable(word, 2, 10):
            continue
        if PROCEDURE_END.fullmatch(word):
            yield Row(word, "procedure", 0.3)
        elif len(word) >= 3 and _THUOCL_DRUG.fullmatch(word):
            yield Row(word, "drug", 0.4)
        elif _THUOCL_ORGANISM.fullmatch(word):
            yield Row(word, "organism", 0.3)
        elif len(word) >= 3 and DISEASE_END.search(word) and not DISEASE_NOT.search(word):
            yield Row(word, "disease", 0.3)
        elif len(word) >= 3 and _THUOCL_ANATOMY.fullmatch(word) and not _ANATOMY_NOT.search(word):
            yield Row(word, "anatomy", 0.3)


if __name__ == "__main__":
    main()
