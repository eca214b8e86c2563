"""The languages that the service knows, by the code that a request names."""

from __future__ import annotations

# Of its API description of March 2026; a newer code passes where unknown options may.
_TABLE = """
    en English; en_au Australian English; en_uk British English; en_us American English; es Spanish;
    fr French; de German; it Italian; pt Portuguese; nl Dutch; af Afrikaans; sq Albanian;
    am Amharic; ar Arabic; hy Armenian; as Assamese; az Azerbaijani; ba Bashkir; eu Basque;
    be Belarusian; bn Bengali; bs Bosnian; br Breton; bg Bulgarian; my Burmese; ca Catalan;
    zh Chinese; hr Croatian; cs Czech; da Danish; et Estonian; fo Faroese; fi Finnish; gl Galician;
    ka Georgian; el Greek; gu Gujarati; ht Haitian; ha Hausa; haw Hawaiian; he Hebrew; hi Hindi;
    hu Hungarian; is Icelandic; id Indonesian; ja Japanese; jw Javanese; kn Kannada; kk Kazakh;
    km Khmer; ko Korean; lo Lao; la Latin; lv Latvian; ln Lingala; lt Lithuanian; lb Luxembourgish;
    mk Macedonian; mg Malagasy; ms Malay; ml Malayalam; mt Maltese; mi Maori; mr Marathi;
    mn Mongolian; ne Nepali; no Norwegian; nn Norwegian Nynorsk; oc Occitan; pa Panjabi; ps Pashto;
    fa Persian; pl Polish; ro Romanian; ru Russian; sa Sanskrit; sr Serbian; sn Shona; sd Sindhi;
    si Sinhala; sk Slovak; sl Slovenian; so Somali; su Sundanese; sw Swahili; sv Swedish;
    tl Tagalog; tg Tajik; ta Tamil; tt Tatar; te Telugu; th Thai; bo Tibetan; tr Turkish;
    tk Turkmen; uk Ukrainian; ur Urdu; uz Uzbek; vi Vietnamese; cy Welsh; yi Yiddish; yo Yoruba
"""
LANGUAGES = dict(row.strip().split(" ", 1) for row in _TABLE.split(";"))

# What people write from other programs: regions of ISO 3166, and codes that have a newer name.
_OTHER_WORDS = {"en_gb": "en_uk", "nb": "no", "jv": "jw", "iw": "he", "in": "id", "fil": "tl", "cmn": "zh"}


def codes_by_word() -> dict[str, str]:
    """Return the code for everything that may be written in its place: itself, its name, a form of others."""
    by_name = {name.casefold(): code for code, name in LANGUAGES.items()}
    return by_name | _OTHER_WORDS | {code: code for code in LANGUAGES}
