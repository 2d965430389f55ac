"""Names and numbers of dates as the press of four languages writes them; tables and arithmetic, no reading.

Every name stands folded (:func:`config.fold.fold`): ``أبريل`` and ``ابريل``, ``août`` and ``aout`` are one.
"""

from __future__ import annotations

from datetime import date, timedelta

from config.fold import fold

_MONTHS = (
    # January to December; within a month: Egypt and the Gulf, Morocco, Tunisia and Algeria, the Levant and
    # Iraq
    "يناير جانفي كانون_الثاني كانون_ثاني ك2 january jan janvier janv enero ene",
    "فبراير فيفري شباط february feb fevrier fevr fev febrero",
    "مارس آذار march mar mars marzo",
    "أبريل إبريل أفريل نيسان april apr avril avr abril abr",
    "مايو ماي أيار مايس may mai mayo",
    "يونيو يونيه جوان حزيران june jun juin junio",
    "يوليو يوليوز يوليه جويلية جويليا تموز july jul juillet juil julio",
    "أغسطس غشت أوت آب اغشت august aug aout août agosto ago",
    "سبتمبر شتنبر أيلول september sept sep septembre septiembre setiembre set",
    "أكتوبر تشرين_الأول تشرين_أول ت1 october oct octobre octubre",
    "نوفمبر نونبر تشرين_الثاني تشرين_ثاني ت2 november nov novembre noviembre",
    "ديسمبر دجنبر كانون_الأول كانون_أول ك1 december dec decembre déc diciembre dic",
)
MONTHS: dict[str, int] = {
    fold(name).replace("_", " "): number for number, names in enumerate(_MONTHS, 1) for name in names.split()
}
_HIJRI = (
    "محرم المحرم", "صفر", "ربيع_الأول", "ربيع_الثاني ربيع_الآخر", "جمادى_الأولى جمادى_الأول",
    "جمادى_الثانية جمادى_الآخرة جمادى_الثاني", "رجب", "شعبان", "رمضان", "شوال",
    "ذو_القعدة ذي_القعدة", "ذو_الحجة ذي_الحجة",
)  # fmt: skip
HIJRI_MONTHS: dict[str, int] = {
    fold(name).replace("_", " "): number for number, names in enumerate(_HIJRI, 1) for name in names.split()
}
WEEKDAYS: dict[str, int] = {
    fold(name): number
    for number, names in enumerate(
        (
            "الاثنين الإثنين monday mon lundi lun lunes",
            "الثلاثاء الثلثاء tuesday tue tues mardi martes",
            "الأربعاء الاربعا wednesday wed mercredi mer miercoles mie",
            "الخميس thursday thu thur thurs jeudi jeu jueves jue",
            "الجمعة friday fri vendredi ven viernes vie",
            "السبت saturday sat samedi sam sabado sab",
            "الأحد sunday sun dimanche dim domingo dom",
        )
    )
    for name in names.split()
}

# Units of "3 hours ago": seconds, and whether the unit alone is a dual ("ساعتين" is two hours).
_UNITS = {
    1: "ثانية ثواني ثوان second seconds sec secs seconde secondes segundo segundos",
    60: "دقيقة دقائق minute minutes min mins minuto minutos",
    3600: "ساعة ساعات hour hours hr hrs h heure heures hora horas",
    86400: "يوم أيام يوما day days jour jours j dia dias",
    604800: "أسبوع أسابيع week weeks semaine semaines semana semanas",
    2592000: "شهر أشهر شهور شهرا month months mois mes meses",
}
_DUALS = {
    60: "دقيقتين دقيقتان",
    3600: "ساعتين ساعتان",
    86400: "يومين يومان",
    604800: "أسبوعين أسبوعان",
    2592000: "شهرين شهران",
}
UNITS: dict[str, int] = {fold(word): size for size, words in _UNITS.items() for word in words.split()}
DUALS: dict[str, int] = {fold(word): size for size, words in _DUALS.items() for word in words.split()}
ONES = frozenset(fold(word) for word in "a an une un una one واحدة واحد".split())

ZONE_OFFSETS: dict[str, int] = {
    # minutes east of UTC, of the abbreviations that the press prints beside a time
    "z": 0, "utc": 0, "gmt": 0, "غرينتش": 0, "جرينتش": 0, "wet": 0, "bst": 60, "cet": 60, "cest": 120,
    "west": 60, "eet": 120, "eest": 180, "est": -300, "edt": -240, "et": -300, "cst": -360, "cdt": -300,
    "mst": -420, "mdt": -360, "pst": -480, "pdt": -420, "ist": 330, "msk": 180,
}  # fmt: skip


def hijri_to_gregorian(year: int, month: int, day: int) -> date | None:
    """The day by the tabular (civil) calendar: right to within one day of what a sighting decides."""
    if not (1300 <= year <= 1600 and 1 <= month <= 12 and 1 <= day <= 30):
        return None
    # days since 1 Muharram 1 AH, which is 16 July 622 Julian = proleptic Gregorian 19 July 622
    days = (year - 1) * 354 + (3 + 11 * year) // 30 + 29 * (month - 1) + month // 2 + day - 1
    return date(622, 7, 19) + timedelta(days=days)
