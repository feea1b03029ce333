"""Patterns of results and points in time that the teacher adds to the product's own quantities.

Owns how results and relative dates are written. Must not know labels.
"""

import re
from typing import Final

_UNIT: Final = (
    r"mmol/L|[mnpµμu]mol/L|mEq/L|m?g/d?L|[mnpµμu]g/m?L|m?[UI]U?/m?L|U/L|mmHg|bpm|kPa"
    r"|(?:×|x|\*)\s?10\^?\d{1,2}/L|10\^\d{1,2}/L|/µL|mm/h(?:r|our)?|°\s?[CF]|℃|%|次/分钟?|次每分钟?|度|kg|公斤"
    r"|cm ?H2O|beats per minute|breaths per minute"
    r"|[毫微纳]?摩尔?每升|[毫微纳]?克每(?:分?升|毫升)|毫米汞柱|国际单位每升|单位每升|摄氏度"
)
RESULT: Final = re.compile(
    r"(?:\s+(?:is|was|of|at|levels?|today|count|around|about|up to|were|being|measured|still|now)\b|[\s:：=,，]"
    r"|为|是|约|达|在)*"
    r"(?P<value>[<>≤≥]?\d+(?:,\d{3})*(?:\.\d+)?(?:\s?[/–~-]\s?\d+(?:\.\d+)?)?)(?:\s?(?P<unit>" + _UNIT + r"))?"
    r"(?![\d.]*\d|\s?(?:mm|cm|毫米|厘米|年|月|日)|\s?[.、．)）](?!\d)\S)",
    re.IGNORECASE,
)
WORD_RESULT: Final = re.compile(
    r"(?:\s+(?:is|was|were|came back|remains?)\b|[\s:：]|为|呈|是)*"
    r"(?P<value>positive|negative|normal|elevated|阳性|阴性|正常|升高|降低|偏高|偏低)(?![a-z])",
    re.IGNORECASE,
)
_COUNT: Final = r"(?:\d+|one|two|three|four|five|six|seven|eight|nine|ten|several|a few|a couple of)"
DATE_EN: Final = re.compile(
    r"\b(?:\d{1,2}/\d{1,2}/(?:19|20)?\d{2}|\d{1,2}/(?:19|20)\d{2}|today|yesterday|tomorrow|tonight"
    r"|(?:this|last|next|yesterday) (?:morning|evening|night|afternoon|week|month|year)"
    rf"|{_COUNT} (?:hour|day|week|month|year)s? (?:ago|later|before|earlier|prior)"
    r"|\d{1,2}(?::\d{2})? ?[ap]\.?m\b\.?|(?:in|since) (?P<year>(?:19|20)\d{2}))\b",
    re.IGNORECASE,
)
DATE_ZH: Final = re.compile(
    r"(?:19|20)\d{2}[-.年/]\d{1,2}(?:[-.月/]\d{1,2}[日号]?|月)?|(?:19|20)\d{2}年|\d{1,2}月(?:\d{1,2}[日号]|份)"
    r"|(?:今|昨|明|前|次|当)(?:天|日|晨|晚|年)(?:上午|下午|晚上|早上)?"
    r"|[\d一二两三四五六七八九十半数]+(?:多|余|\+)?个?(?:小时|天|日|周|星期|月|年)余?(?:前|后)"
    r"|术后第?[\d一二三四五六七八九十]+(?:天|日|周)"
)
GONE_BY: Final = re.compile(r"\s*(?:ago|later|before|earlier|prior|余?前|余?后|来)")
LEADING: Final = re.compile(r"(?:(?:on|in|to|of|at) )?(?:the )?", re.IGNORECASE)
CLEARLY_PAST: Final = re.compile(
    r"\b(?:history|previous|previously|past|prior|former|formerly|status post|s/p|ago|last year|in (?:19|20)\d{2})\b"
    r"|既往|曾|病史|患过|得过|有过|年前|以前",
    re.IGNORECASE,
)
CAUSES: Final = re.compile(
    r"^[^.。;；]*(?:\b(?:causes?|caused|causing|gives?|gave|gets?|got|gotten|develops?|developed|leads? to|led to|with"
    r"|reaction|results? in|resulting in|makes?)\b|[(（]|引起|导致|致|出现|表现|发生)[^.。;；]*$",
    re.IGNORECASE,
)
AUXILIARY: Final = re.compile(r"(?:(?:has|have|had|is|are|was|were|been)\s+)+|[已为]", re.IGNORECASE)
TRAILING: Final = re.compile(r"\s+(?:of|in|to prior)$", re.IGNORECASE)
FORM: Final = re.compile(
    r"creams?|ointments?|gels?|lotions?|patch(?:es)?|shampoo|emulgel|inhalers?|eye drops?|eye ointment"
    r"|suppositor(?:y|ies)|nasal spray|nebuli[sz]er"
    r"|.*(?:乳膏|软膏|凝胶|滴眼液|气雾剂|吸入剂|喷剂|喷雾剂|贴剂|眼膏|栓剂?)",
    re.IGNORECASE,
)
NO_ROUTE: Final = re.compile(r"服用?|吃|用|四期?|涂|贴|apply|applied|输液", re.IGNORECASE)
THOUSANDS: Final = re.compile(r"(?<!\d)\d{1,3},$")
TITLE: Final = re.compile(r"mrs?|ms|miss|mister|先生|女士", re.IGNORECASE)
COUNTED: Final = re.compile(
    r"[一二三四五六七八九十百千万半\d个次片粒天日周月年岁种处枚条类份倍期度级]|点[一二三四五六七八九十]"
)
NEGATED_PAIR: Final = re.compile(r"(?:无|否认|未见)(?!力|诱因|.*(?:诱因|但|仍|有|出现|伴))[^,，。;；、]{0,4}$")
