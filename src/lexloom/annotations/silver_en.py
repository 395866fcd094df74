"""Patterns of English times, numbers and amounts of money; `silver` uses them.

Where a pattern has a group, the group is the mention and the rest its surroundings. The kinds are
those of `silver.KINDS`.
"""

import re

# a pattern is read more easily whole than cut at the hundredth column
# ruff: noqa: E501

ONES = "one|two|three|four|five|six|seven|eight|nine"
TEENS = (
    "ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen"
)  # fmt: skip
TENS = "twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety"
LARGE = r"(?:hundred|thousand|million|billion|trillion|dozen)"
SMALL = rf"(?i:(?:{TENS})(?:[- ](?:{ONES}))?|{TEENS}|{ONES})\b"
DIGITS = r"(?:\d{1,3}(?:\s?,\s?\d{3}){1,5}(?:\.\d+)?|\d{1,15}(?:\.\d{1,9})?)"
WORDS = rf"(?:(?:{SMALL}|an?|several(?=\s{LARGE}))(?:[- ]{LARGE}){{1,3}}(?:\sand\s{SMALL}|\s{SMALL})?|{SMALL})"
NUMBER = rf"(?:{DIGITS}(?:[- ]?{LARGE}){{0,3}}|{WORDS})"
MANY = rf"(?:{DIGITS}(?:[- ]?{LARGE}){{0,3}}|(?!(?i:one)\b(?![- ]{LARGE})){WORDS})"
"""A number that is not a bare "one", which mostly means "a"."""
RANGE = rf"{DIGITS}\s?[-–]\s?{DIGITS}"

UNIT = (
    r"(?:%|per\s?cent|percentage\spoints?|°\s?[CF]?|degrees?(?:\s(?:Celsius|Fahrenheit))?"
    r"|(?:square|cubic|nautical)[-\s](?:kilomet(?:er|re)|met(?:er|re)|mile|foot|inch|centimet(?:er|re))(?:s|es)?"
    r"|(?:kilo|centi|milli|micro)?(?:met(?:er|re)|gram(?:me)?|lit(?:er|re)|watt)s?|square\sfeet|feet|foot"
    r"|miles?(?:\san\shour|\sper\shour)?|inch(?:es)?|yards?|acres?|hectares?|tonnes?|tons?|kilos?|pints?|gallons?"
    r"|ounces?|megawatts?|gigawatts?|gigabytes?|megabytes?|hertz|decibels?|volts?|knots?|calories"
    r"|(?:km|kg|mg|cm|mm|ml|[GM]Hz|k?Hz|[kMG]Wh?|[GMTk]B|mph|m|g|L|l|lb|lbs|oz|ft)\b(?:/(?:kg|day|dL|ml|mL|L|l|h|s|m2)\b)?(?:[²³])?)"
)
"""Units of measure, written out or not."""

MONTHS = (
    "January|February|March|April|May|June|July|August|September|October|November|December"
    r"|(?:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\b\.?"
)
SURE_MONTHS = "January|February|April|June|July|August|September|October|November|December"
DAYS = r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day"
YEAR = r"(?:1[0-9]\d{2}|20\d{2})"
ORDINAL = r"(?:st|nd|rd|th)?"
SEASON = "spring|summer|autumn|fall|winter"
PART = "morning|afternoon|evening|night"
SPAN = (
    "seconds?|minutes?|hours?|days?|weeks?|fortnights?|weekends?|months?|quarters?|years?|decades?|centur(?:y|ies)"
    "|nights?|mornings?|afternoons?|evenings?|seasons|winters|summers|springs|autumns|semesters?|terms"
)  # fmt: skip
LENGTHS = "seconds?|minutes?|hours?|days?|weeks?|weekends?|months?|years?|decades?|centur(?:y|ies)|nights?"
QUALIFIED = (
    r"(?:(?:early|late|mid)(?:\s|-)(?:in\s)?|(?:beginning|end|start|middle)\sof\s(?:the\s)?)?"
)
HOLIDAYS = (
    "Christmas(?:\\s(?:Eve|Day))?|Easter(?:\\s(?:Sunday|Monday))?|Thanksgiving(?:\\sDay)?|Halloween|Ramadan"
    "|New\\sYear's\\s(?:Eve|Day)|Boxing\\sDay|Good\\sFriday|Valentine's\\sDay|Lunar\\sNew\\sYear|Chinese\\sNew\\sYear"
    "|Labou?r\\sDay|Memorial\\sDay|Mother's\\sDay|Father's\\sDay|Passover|Diwali|Hanukkah"
)
CURRENCY = (
    "(?:US|Australian|Canadian|Hong\\sKong|Singapore)?\\s?dollars?|euros?|pounds?(?:\\ssterling)?|cents?|pence|yen|yuan"
    "|renminbi|francs?|crowns?|kron(?:or|er|a|e)|rupees?|roubles?|rubles?|pesos?|won|lire|shillings?|guilders?|ringgit|baht"
    "|USD|EUR|GBP|RMB|CNY|JPY|CHF"
)
SCALE = r"(?:\s?(?:hundred|thousand|million|billion|trillion|mn|bn|tn)\b|[kKmM]\b)"
NAMED = (
    r"(?:[Nn]o\.?|[Nn]umbers?|[Rr]oom|[Pp]ages?|[Vv]ersion|[Bb]us|[Ff]light|[Cc]hapter|[Rr]oute|[Hh]ighway|[Pp]latform"
    r"|[Gg]ate|[Tt]ype|[Vv]ol\.?|[Vv]olume|[Tt]able|[Ff]igure|[Ff]ig\.?|[Ss]ection|[Aa]rticle|[Pp]art|[Ss]tage|[Ll]ine"
    r"|[Uu]nit|[Ll]evel|[Gg]rade|[Pp]hase|[Ss]eason|[Ee]pisode|[Cc]ase|[Ss]tep|[Dd]ay|[Ww]eek|#)"
)
"""Words after which a number names a thing."""
OPENERS = (
    "About|Nearly|Over|Some|Only|At|In|The|These|Those|All|More|Than|Around|Almost|Another|Just|Of|By|With"
    "|From|For|And|But|Least|Most|Up|To|Roughly|Last|Next|After|Before|Since|Until|On|Between|When|As|If|His"
    "|Her|Their|Our|My|Its|That|This|First|Approximately|He|She|They|We|It|You|I|Aged|There|A|An|Then|Under"
)
"""Words that are capital at the head of a sentence, and no names."""


_LEFT = r"(?<![\w.,/$€£¥-])"
_RIGHT = r"(?![\w/]|[.,:-]\d|-[A-Za-z])"

PATTERNS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(pattern))
    for kind, pattern in (
        # ages are numbers
        ("number", rf"{_LEFT}{NUMBER}[-\s](?:year|month|week|day)s?[-\s]olds?\b"),
        ("number", rf"\b[Aa]ged?\s({NUMBER})\b(?!-|\s(?:{LENGTHS})\b)"),
        # money
        ("money", rf"(?<![\w$])(?:(?:US|HK|A|C|NT|S)\s?)?[$€£¥￥]\s?{DIGITS}{SCALE}?(?!\d)"),
        (
            "money",
            rf"{_LEFT}(?:half\sa\s{LARGE}|{NUMBER}{SCALE}?)[-\s](?:{CURRENCY})\b(?!\s(?:weight|of\s(?:flour|sugar|meat)))",
        ),
        # dates
        (
            "date",
            rf"{_LEFT}\d{{1,2}}{ORDINAL}(?:\sof)?\s(?:{MONTHS})(?:,?\s{YEAR})?\b(?:\s(?:BC|AD))?",
        ),
        ("date", rf"\b(?:{MONTHS})\s\d{{1,2}}{ORDINAL}(?:\s?,\s{YEAR}|\s{YEAR})?\b(?!\s?[%:.]\d)"),
        ("date", rf"\b(?:{MONTHS})\s\d{{1,2}}[-–]\d{{1,2}}(?:,\s{YEAR})?\b"),
        ("date", r"(?<![\d./-])\d{4}[-/]\d{1,2}[-/]\d{1,2}(?![\d/-])"),
        (
            "month",
            rf"\b({QUALIFIED}(?:(?:last|next|this|every)\s)?(?:{MONTHS})(?:\sof\slast\syear)?(?:,?\s(?:of\s)?{YEAR}\b))",
        ),
        (
            "month",
            rf"\b({QUALIFIED}(?:(?:last|next|this|every)\s)?(?:{SURE_MONTHS}))\b(?!\s[A-Z]\w)",
        ),
        (
            "month",
            r"\b(?:in|of|since|until|by|from|to|during|last|next|every|and|this)\s((?:early\s|late\s|mid-)?(?:March|May))\b(?!\s[A-Z]\w)",
        ),
        (
            "month",
            r"\b((?:last|next|every|end\sof|[Ee]arly|[Ll]ate)\s(?:March|May))\b(?!\s[A-Z]\w)",
        ),
        ("day", rf"\b((?:(?:last|next|this|every)\s)?{DAYS}s?(?:\s(?:{PART}))?)\b(?!\s[A-Z][a-z])"),
        ("day", rf"\b[Yy]esterday(?:\s(?:{PART}))?\b(?!'s\s)"),
        ("day", rf"\b[Tt]omorrow(?:\s(?:{PART}))?\b"),
        ("day", r"\b(?:[Tt]oday|[Tt]onight)\b(?!'s)"),
        ("part", rf"\b(?:[Tt]his|[Tt]hat|[Tt]he\ssame|[Ll]ast)\s(?:{PART})\b"),
        ("none", r"\b[Tt]he\ssame\s"),
        ("part", r"\bin\sthe\s((?:early\s|late\s)?(?:morning|afternoon|evening))\b"),
        (
            "clock",
            r"(?<![\w.,:])\d{1,2}(?:[:.]\d{2})?\s?(?:[ap]\.\s?m\.|[ap]m\b|[AP]\.?M\b)(?:\s?[-–]\s?\d{1,2}(?:[:.]\d{2})?\s?(?:[ap]\.m\.|[ap]m\b))?",
        ),
        ("clock", r"(?<![\w.,:])(?:[01]?\d|2[0-3]):[0-5]\d(?![\d:])"),
        ("clock", rf"\b(?:half\spast|quarter\s(?:past|to))\s(?:{SMALL}|\d{{1,2}})\b"),
        ("clock", rf"\b(?:{SMALL}|\d{{1,2}})\so'clock\b"),
        ("clock", r"\b(?:noon|midnight|[Nn]oon|[Mm]idnight|midday)\b"),
        # years and longer times
        (
            "year",
            rf"(?:(?<=\()|\b(?:in|since|by|until|from|of|during|after|before|to|and|between|for|till|back\sto|around|circa|c\.)\s|\b[ISBFDA]\w+\s)({YEAR})\b(?![.,]\d|\s?(?:{UNIT}|[$€£])|-|\s(?:people|men|women|houses?|homes?|students?|households?|workers?|members?|other)\b)",
        ),
        ("year", rf"(?<=[a-z,;(–]\s)({YEAR})(?=\s?[,.;:)]|$|\s(?:and|to|when|he|she|it|the)\b)"),
        ("year", rf"^{YEAR}(?=\s?[,:])"),
        (
            "year",
            rf"(?<![\w-])({QUALIFIED}{YEAR}s)\b",
        ),
        ("year", rf"\b((?:early|late|mid)[-\s]{YEAR})\b(?!s)"),
        ("year", rf"\b(?:end|beginning|start|middle)\sof\s{YEAR}\b(?!s)"),
        ("year", rf"(?<![\w-]){YEAR}\s?[-–]\s?(?:{YEAR}|\d{{2}})\b(?!-)"),
        (
            "time",
            rf"\b(?:(?:{QUALIFIED})(?:\d{{1,2}}(?:st|nd|rd|th)|(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth|thirteenth|fourteenth|fifteenth|sixteenth|seventeenth|eighteenth|nineteenth|twentieth|twenty-first))(?:\s|-)centur(?:y|ies)(?:\s(?:BC|AD))?)\b",
        ),
        (
            "time",
            rf"\b((?:{QUALIFIED})?(?:(?:last|next|this|that|[Ll]ast|[Nn]ext|[Tt]his|[Tt]hat)\s)(?:week|month|year|weekend|decade|century|quarter|{SEASON}))\b",
        ),
        (
            "time",
            r"\b[Tt]he\s((?:following|previous|next|same|coming)\s(?:day|week|month|year|weekend|decade|morning|afternoon|evening|night|summer|winter|spring|autumn))\b",
        ),
        (
            "time",
            rf"\b(?:the\s)?((?:past|last|next|first|coming|previous|following)\s(?:{NUMBER}|few|two\sor\sthree)\s(?:{SPAN}))\b(?!\sold)",
        ),
        ("time", rf"\b(?:[Tt]he\s)((?:past|coming)\s(?:{LENGTHS}))\b"),
        ("time", rf"\b(?:{QUALIFIED})?(?:{SEASON})(?:\s(?:of\s)?{YEAR}|\sof\slast\syear)\b"),
        ("time", rf"\b(?:every|each)\s(?:{SEASON}|{DAYS})\b"),
        ("time", r"\b(?:weekends?)\b"),
        ("time", rf"\b(?:{HOLIDAYS})(?:\s{YEAR})?\b"),
        (
            "time",
            r"\b(?:[A-Z][a-z]+\s(?:[Dd]ynasty|[Ee]ra|[Pp]eriod)|Middle\sAges|Renaissance|Victorian\sera|Bronze\sAge|Iron\sAge|Stone\sAge)\b",
        ),
        # durations
        (
            "time",
            rf"{_LEFT}(?:{NUMBER}(?:\s?(?:-|–|to|or)\s?{NUMBER})?(?:\sand\sa\shalf)?)[-\s](?:{SPAN})(?:\s(?:ago|later|earlier)\b)?(?![\w]|-old|\sold\b)",
        ),
        (
            "time",
            rf"\b(?:[Hh]alf\san?\s(?:hour|year|century|day|minute|decade|month)|an?\shour\sand\sa\shalf|a\s(?:few|couple\sof)\s(?:{LENGTHS})\s(?:ago|later|earlier)|an?\s(?:{LENGTHS})\s(?:ago|later|earlier))\b",
        ),
        (
            "time",
            r"\b(?:for|after|within|about|than|over|nearly|almost|in|lasts?|lasted|takes?|took|under|least|spent|of)\s((?:an\shour|a\s(?:minute|day|week|fortnight|month|year|decade|century)))\b(?!\s(?:of|to|when|for|later|ago|in)\b|\sand\sa\shalf|-)",
        ),
        # a year in a name, as in the 2006 World Cup
        ("none", rf"(?<![\w-])({YEAR})(?=\s[A-Z][\w'’]+)"),
        # numbers
        (
            "number",
            rf"{_LEFT}(?:(?:{RANGE}|{MANY})[-\s]?{UNIT}|{NUMBER}\s?(?:%|per\s?cent))(?![\w])(?:\sper\s(?:second|minute|hour|day|kilogram))?",
        ),
        ("number", rf"\b{SMALL}\s(?:in|out\sof)\s(?:every\s)?{SMALL}\b(?!\s(?:{LENGTHS}))"),
        ("number", rf"{_LEFT}\d+\s(?:in|out\sof)\s(?:every\s)?\d+\b(?!\s(?:{LENGTHS}))"),
        (
            "number",
            rf"\b(?:{SMALL}|a)[-\s](?:thirds?|quarters?|fifths?|sixths?|sevenths?|eighths?|ninths?|tenths?)\b(?!\s(?:time|of\san\shour|century|floor|year|day|grade|place|round))",
        ),
        ("number", r"\b(?:[Hh]alf)\b(?!\s(?:an?\s|past|hour|year)|-|\s(?:hearted|asleep|way))"),
        (
            "number",
            r"\b(?:[Dd]ozens|[Hh]undreds|[Tt]housands|[Mm]illions|[Tt]ens\sof\sthousands|[Hh]undreds\sof\sthousands)\b(?=\sof\b)",
        ),
        ("number", rf"(?<![\w.,/$€£¥:-])\d{{1,2}}\s?[-–]\s?\d{{1,2}}{_RIGHT}"),
        ("number", rf"(?<![\w.,/$€£¥:-]){DIGITS}(?:[- ]{LARGE}){{0,3}}{_RIGHT}"),
        (
            "number",
            rf"(?<![\w-])(?:{MANY}|(?:{SMALL}|{DIGITS})\s(?:or|to)\s{SMALL})(?![\w-])",
        ),
        # what looks like a number and names something
        ("none", rf"\b{NAMED}\s?(?:{DIGITS}|{SMALL})(?:\s?[,-]\s?\d+)*\b(?!\s(?:of|people|men)\b)"),
        (
            "none",
            rf"\b(?!(?:{OPENERS}|{MONTHS})\s)[A-Z][\w'’]*[-\s]\d{{1,3}}(?!\d|[.,]\d|\s?%)(?!\s(?:of|people)\b)",
        ),
        (
            "none",
            r"\b\d+[A-Za-z]?\s(?:[A-Z][\w']+\s){1,2}(?:Street|Road|Lane|Avenue|Square|Drive|Hill|Row|Way)\b",
        ),
        ("none", r"(?:\+\d{1,3}\s?)?\(?\d{2,4}\)?[-\s]\d{3,4}[-\s]\d{3,4}\b"),
        ("none", r"\d{1,9}(?:\.\d{1,9}){2,5}"),
        ("none", r"https?://\S{1,200}|@\w{1,40}"),
    )
)
