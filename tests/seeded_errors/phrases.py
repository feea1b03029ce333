"""What the operators say: the set that the rules were developed with, and two that were written after they were frozen.

`OTHERS` came later than `HELD_OUT`, with reports and operators of its own, when what those had found was mended.
"""

from tests.seeded_errors.seeding import Phrases

DEVELOPED = Phrases(
    critical={
        "en": ("There is free air under the diaphragm.", "Pneumoperitoneum. "),
        "zh": ("膈下见游离气体。", "气腹，考虑消化道穿孔。"),
    },
    allergy={
        "en": {
            "amoxicillin": "Allergies: penicillin.",
            "ibuprofen": "Allergies: aspirin.",
            "ceftriaxone": "He is allergic to cephalosporins.",
            "azithromycin": "She is allergic to erythromycin.",
            "aspirin": "He is allergic to aspirin.",
            "metformin": "Allergies: metformin.",
        },
        "zh": {
            "阿莫西林": "过敏史：青霉素过敏。",
            "布洛芬": "过敏史：阿司匹林过敏。",
            "头孢曲松": "对头孢类药物过敏。",
            "阿奇霉素": "对红霉素过敏。",
            "阿司匹林": "对阿司匹林过敏。",
            "二甲双胍": "过敏史：二甲双胍过敏。",
        },
    },
    macro={
        "en": (
            ("insert normal lungs", "There is consolidation in the right lower lobe."),
            ("insert normal liver", "There is a 12 mm cyst in the liver."),
        ),
        "zh": (("插入正常双肺", "右肺下叶见实变。"), ("插入正常肝脏", "肝右叶见一大小约1.2厘米的囊肿。")),
    },
    denial={"en": "No {}.", "zh": "未见{}。"},
    wrong_study={
        "en": {
            "chest_xray": "X-ray left knee",
            "ct_chest": "CT abdomen and pelvis",
            "us_thyroid": "Ultrasound abdomen",
            "us_abdomen": "MRI abdomen",
        },
        "zh": {
            "chest_xray": "左膝正侧位片",
            "ct_chest": "腹部CT",
            "us_thyroid": "腹部彩超",
            "us_abdomen": "上腹部磁共振",
        },
    },
    wrong_operation={"en": "Total hip replacement", "zh": "全髋关节置换术"},
    extra={
        "en": {"male": "ovarian cyst. ", "female": "prostatitis. "},
        "zh": {"male": "卵巢囊肿。", "female": "前列腺炎。"},
    },
)

HELD_OUT = Phrases(
    critical={
        "en": (
            "A large tension pneumothorax is present on the left with mediastinal shift.",
            "Left tension pneumothorax. ",
        ),
        "zh": ("左侧大量气胸，纵隔右移，呈张力性气胸改变。", "左侧张力性气胸。"),
    },
    allergy={
        "en": {
            "clarithromycin": "Allergic to macrolides, which caused a rash.",
            "naproxen": "Allergies include ibuprofen.",
            "nitrofurantoin": "Known allergy to nitrofurantoin.",
            "furosemide": "She has a furosemide allergy.",
            "enoxaparin": "There is a documented allergy to heparin.",
            "diclofenac": "The patient is allergic to NSAIDs.",
            "doxycycline": "Hypersensitivity to tetracyclines is noted.",
        },
        "zh": {
            "左氧氟沙星": "既往对喹诺酮类过敏。",
            "双氯芬酸": "对布洛芬过敏史。",
            "头孢克肟": "过敏史：头孢类过敏。",
            "呋塞米": "患者对呋塞米过敏。",
            "依诺肝素": "肝素过敏。",
            "多西环素": "对四环素类药物过敏。",
        },
    },
    macro={
        "en": (
            ("insert normal lung fields", "A patchy opacity is noted within the left upper lobe."),
            ("insert normal kidneys", "A 15 mm cortical cyst is seen in the left kidney."),
        ),
        "zh": (("插入正常肺", "左肺上叶见斑片影。"), ("插入正常双肾", "左肾见一囊肿，直径约1.5厘米。")),
    },
    denial={"en": "There is no {}.", "zh": "无{}。"},
    wrong_study={
        "en": {
            "chest_xray": "CT head",
            "ct_chest": "Chest radiograph",
            "us_thyroid": "US renal tract",
            "us_abdomen": "Pelvic ultrasound",
        },
        "zh": {"chest_xray": "颅脑CT", "ct_chest": "胸部正位片", "us_thyroid": "泌尿系彩超", "us_abdomen": "盆腔超声"},
    },
    wrong_operation={"en": "Open splenectomy", "zh": "脾切除术"},
    extra={
        "en": {"male": "uterine fibroids. ", "female": "testicular torsion. "},
        "zh": {"male": "子宫肌瘤。", "female": "睾丸扭转。"},
    },
)

OTHERS = Phrases(
    critical={
        "en": (
            "There is an acute type A dissection of the ascending aorta.",
            "Acute aortic dissection. ",
        ),
        "zh": ("升主动脉见内膜片，呈A型夹层改变。", "主动脉夹层A型。"),
    },
    allergy={
        "en": {
            "ramipril": "She once had angioedema with lisinopril and is allergic to ACE inhibitors.",
            "ibuprofen": "NSAIDs bring him out in hives, he is allergic to them.",
            "ceftriaxone": "Anaphylaxis to cefuroxime in 2019.",
            "paracetamol": "Documented paracetamol allergy.",
            "enoxaparin": "Allergic to heparins.",
            "metformin": "He reports a reaction to metformin.",
        },
        "zh": {
            "雷米普利": "患者对普利类药物过敏。",
            "布洛芬": "既往服用非甾体抗炎药过敏。",
            "头孢曲松": "头孢呋辛皮试阳性。",
            "依诺肝素": "有肝素过敏史。",
            "对乙酰氨基酚": "对乙酰氨基酚过敏。",
            "二甲双胍": "曾因二甲双胍过敏。",
        },
    },
    macro={
        "en": (
            ("insert normal lungs", "Right upper lobe nodule of 9 mm."),
            ("insert normal gallbladder", "The gallbladder holds several stones."),
        ),
        "zh": (("插入正常双肺", "右上肺见结节，直径约0.9厘米。"), ("插入正常胆囊", "胆囊内见多发结石。")),
    },
    denial={"en": "Without {}.", "zh": "没有{}。"},
    wrong_study={
        "en": {
            "chest_xray": "XR right ankle",
            "ct_chest": "MRI brain",
            "us_thyroid": "Doppler of the leg veins",
            "us_abdomen": "Echocardiogram",
        },
        "zh": {
            "chest_xray": "右踝正侧位片",
            "ct_chest": "头颅磁共振",
            "us_thyroid": "下肢静脉彩超",
            "us_abdomen": "心脏彩超",
        },
    },
    wrong_operation={"en": "Right carpal tunnel release", "zh": "腕管松解术"},
    extra={
        "en": {"male": "endometriosis. ", "female": "benign prostatic hyperplasia. "},
        "zh": {"male": "子宫内膜异位症。", "female": "前列腺增生。"},
    },
)
