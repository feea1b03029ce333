"""What the operators say: the set that the rules were developed with, and the one written after they were frozen."""

from tests.seeded_errors.operators import Phrases

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
