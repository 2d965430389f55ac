"""Pages that are no article, or one without text, in the shapes that sites use, and what becomes of them.

    python -m tests.quality.shapes

Each stands in the frame of an outlet's site (menu, sidebar, footer) unless the shape has none of its own.  The
table says, reason by reason, what extraction took them for; ``article`` is the mistake that matters.  Pages of a
video or of pictures are kept, with their kind.
"""

# ruff: noqa: E501 -- a page of a table is one string, kept on its line

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from pipeline.extraction import extract
from pipeline.rules import Rules
from store.records import ArticleKind, FetchedPage, Link, Reason, Rejection, Via

SITE = "https://www.alminbar.example"
_AT = datetime(2026, 11, 29, 8, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Shape:
    name: str
    url: str
    html: str
    reason: Reason | ArticleKind
    """Why it is to be rejected, or what it is to be kept as."""


_MENUS = {
    "ar": "الرئيسية سياسة مجتمع اقتصاد رياضة ثقافة جهات",
    "fr": "Accueil Politique Société Économie Sport Culture Régions",
    "en": "Home Politics Society Economy Sport Culture Regions",
    "es": "Portada Política Sociedad Economía Deporte Cultura Regiones",
}
_HEADLINES = {
    "ar": "توقيف شخصين بميناء المدينة في قضية رقم {} والبحث متواصل|فتحت المصالح المختصة بحثا لتحديد ظروف الواقعة رقم {} وملابساتها تحت إشراف النيابة العامة.",
    "fr": "Deux interpellations au port de la ville dans l'affaire {}|Les services compétents ont ouvert une enquête pour déterminer les circonstances de l'affaire {}, sous la supervision du parquet.",
    "en": "Two arrested at the harbour in case number {} of this week|The services in charge opened an inquiry to establish the circumstances of case {}, under the supervision of the prosecutor.",
    "es": "Dos detenidos en el puerto de la ciudad en el caso {}|Los servicios competentes abrieron una investigación para aclarar las circunstancias del caso {}, bajo la supervisión de la fiscalía.",
}
LANGUAGES = tuple(_MENUS)


def _framed(language: str, title: str, body: str, head: str = "") -> str:
    items = "".join(f'<li><a href="/{n}">{word}</a></li>' for n, word in enumerate(_MENUS[language].split()))
    direction = ' dir="rtl"' if language == "ar" else ""
    return (
        f'<!doctype html><html lang="{language}"{direction}><head><meta charset="utf-8"><title>{title}</title>{head}</head>'
        f'<body><header><nav class="main-menu"><ul>{items}</ul></nav></header><main>{body}</main>'
        f"<footer><p>© 2026 Al Minbar</p><ul>{items}</ul></footer></body></html>"
    )


def _bare(title: str, body: str, head: str = "") -> str:
    return f"<!doctype html><html><head><meta charset=utf-8><title>{title}</title>{head}</head><body>{body}</body></html>"


def _teasers(language: str, count: int, *, excerpts: bool, element: str = "article") -> str:
    headline, excerpt = _HEADLINES[language].split("|")
    return "".join(
        f'<{element} class="teaser post"><a href="/{language}/{n}.html"><img src="/{n}.jpg" alt=""></a>'
        f'<h2><a href="/{language}/{n}.html">{headline.format(n)}</a></h2><span class="date">{n % 28 + 1:02}/11/2026</span>'
        + (f"<p>{excerpt.format(n)}</p>" if excerpts else "")
        + f"</{element}>"
        for n in range(1, count + 1)
    )


_SECTIONS = {"ar": "مجتمع", "fr": "Société", "en": "Society", "es": "Sociedad"}
_TAGS = {
    "ar": "الأمن الوطني",
    "fr": "Sûreté nationale",
    "en": "National security",
    "es": "Seguridad nacional",
}
_MISSING = {
    "ar": (
        "الصفحة غير موجودة",
        "عذرا، الصفحة التي تبحث عنها غير موجودة أو تم حذفها. يمكنك العودة إلى الصفحة الرئيسية.",
    ),
    "fr": (
        "Page non trouvée",
        "Oups ! La page que vous recherchez n'existe pas ou n'existe plus. Retournez à l'accueil ou faites une recherche.",
    ),
    "en": (
        "Page not found",
        "Sorry, the page you are looking for doesn't exist or has been moved. Try the search, or go back to the front page.",
    ),
    "es": (
        "Página no encontrada",
        "Lo sentimos, la página que busca no existe o ha sido eliminada. Vuelva a la portada o utilice el buscador.",
    ),
}
_REMOVED = {
    "ar": ("المحتوى غير متوفر", "هذا المقال لم يعد متاحا على موقعنا."),
    "fr": ("Article indisponible", "Cet article n'est plus disponible sur notre site."),
    "en": ("Article unavailable", "This article is no longer available on our site."),
    "es": ("Contenido no disponible", "Este artículo ya no está disponible en nuestro sitio."),
}
_MAINTENANCE = {
    "ar": ("الموقع تحت الصيانة", "الموقع تحت الصيانة حاليا، نعود إليكم بعد قليل. شكرا على تفهمكم."),
    "fr": (
        "Site en maintenance",
        "Notre site est en maintenance. Nous serons de retour dans quelques minutes, merci de votre patience.",
    ),
    "en": (
        "Under maintenance",
        "Our site is under maintenance. We will be back in a few minutes, thank you for your patience.",
    ),
    "es": (
        "Sitio en mantenimiento",
        "Nuestro sitio está en mantenimiento. Volveremos en unos minutos, gracias por su paciencia.",
    ),
}
_LOGIN = {
    "ar": (
        "تسجيل الدخول",
        "أدخل بريدك الإلكتروني وكلمة المرور للدخول إلى حسابك وقراءة المقالات المخصصة للمشتركين.",
    ),
    "fr": (
        "Connexion",
        "Saisissez votre adresse et votre mot de passe pour accéder à votre espace et lire les articles réservés aux abonnés.",
    ),
    "en": (
        "Log in",
        "Enter your address and your password to get to your account and read the articles that are for subscribers.",
    ),
    "es": (
        "Iniciar sesión",
        "Introduzca su correo y su contraseña para acceder a su cuenta y leer los artículos para suscriptores.",
    ),
}
_CONSENT = {
    "ar": (
        "نحن نحترم خصوصيتك",
        "نحن وشركاؤنا نستخدم ملفات تعريف الارتباط لتخزين المعلومات على جهازك والوصول إليها. يمكنك قبول ملفات تعريف الارتباط كلها أو رفضها.",
    ),
    "fr": (
        "Le respect de votre vie privée",
        "Nous et nos 712 partenaires stockons des informations sur votre appareil et y accédons. Vous pouvez accepter les cookies, les refuser ou vous abonner.",
    ),
    "en": (
        "We value your privacy",
        "We and our 712 partners store and access information on your device. You may accept all cookies, reject them or subscribe.",
    ),
    "es": (
        "Su privacidad nos importa",
        "Nosotros y nuestros 712 socios almacenamos información en su dispositivo. Puede aceptar las cookies, rechazarlas o suscribirse.",
    ),
}
_CHALLENGES = {
    "cloudflare": _bare("Just a moment...", '<div class="main-wrapper"><h1>www.alminbar.example</h1><p>Verifying you are human. This may take a few seconds.</p><noscript>Enable JavaScript and cookies to continue</noscript></div><script>window._cf_chl_opt={cType:"managed"}</script>'),
    "cloudflare block": _bare("Attention Required! | Cloudflare", "<h1>Sorry, you have been blocked</h1><h2>You are unable to access alminbar.example</h2><p>This website is using a security service to protect itself from online attacks. The action you just performed triggered the security solution.</p>"),
    "cloudflare fr": _bare("Un instant...", '<h1>www.alminbar.example</h1><p>Vérifiez que vous êtes humain en effectuant l\'action ci-dessous.</p><script src="/cdn-cgi/challenge-platform/h/b/orchestrate"></script>'),
    "cloudflare ar": _bare("لحظة من فضلك...", '<h1>www.alminbar.example</h1><p>تحقق من أنك إنسان من خلال استكمال الإجراء أدناه.</p><script src="/cdn-cgi/challenge-platform/h/b/orchestrate"></script>'),
    "cloudflare es": _bare("Un momento…", '<h1>www.alminbar.example</h1><p>Verifique que usted es un ser humano completando la acción a continuación.</p><script src="/cdn-cgi/challenge-platform/h/b/orchestrate"></script>'),
    "akamai": _bare("Access Denied", '<h1>Access Denied</h1><p>You don\'t have permission to access "http://www.alminbar.example/a/1" on this server.</p><p>Reference #18.2d351ab8.1764400000.1f2e3d4c</p>'),
    "incapsula": _bare("", '<iframe id="main-iframe" src="/_Incapsula_Resource?SWUDNSAI=31" width="100%">Request unsuccessful. Incapsula incident ID: 1234000-56789</iframe>'),
    "datadome": _bare("alminbar.example", '<p id="cmsg">Please enable JS and disable any ad blocker</p><script src="https://geo.captcha-delivery.com/captcha/"></script>'),
    "perimeterx": _bare("Access to this page has been denied", '<h1>Press &amp; Hold to confirm you are a human (and not a bot).</h1><p>Reference ID 1b2c3d4e</p><div id="px-captcha"></div>'),
    "sucuri": _bare("Sucuri WebSite Firewall - Access Denied", "<h2>Access Denied - Sucuri Website Firewall</h2><p>If you are the site owner (or you manage this site), please whitelist your IP or if you think this block is an error please open a support ticket.</p>"),
    "ddos-guard": _bare("DDoS-Guard", '<h1>Checking your browser before accessing alminbar.example</h1><p>Please allow up to five seconds.</p><script src="/.well-known/ddos-guard/js-challenge/index.js"></script>'),
    "aws waf": _bare("Human Verification", '<h1>Let\'s confirm you are human</h1><p>Complete the security check before continuing. This step verifies that you are not a bot, which helps to protect your account and prevent spam.</p><script src="https://token.awswaf.com/challenge.js"></script>'),
    "google": _bare("Sorry...", '<h1>We\'re sorry...</h1><p>Our systems have detected unusual traffic from your computer network. To protect our users, we can\'t process your request right now.</p><div class="g-recaptcha"></div>'),
}  # fmt: skip
_BROKEN = {
    "wordpress update": _bare("Maintenance", "<p>Briefly unavailable for scheduled maintenance. Check back in a minute.</p>"),
    "no database": _bare("Database Error", "<h1>Error establishing a database connection</h1><p>This either means that the username and password information in your configuration file is incorrect or that the host cannot be reached.</p>"),
    "suspended": _bare("Account Suspended", "<h1>Account Suspended</h1><p>This Account has been suspended. Contact your hosting provider for more information.</p>"),
    "for sale": _bare("alminbar.example", "<h1>This domain is for sale</h1><p>The domain alminbar.example may be for sale by its owner. Get a price in less than 24 hours by filling in the form below.</p>"),
    "web server": _bare("Welcome to nginx!", "<h1>Welcome to nginx!</h1><p>If you see this page, the nginx web server is successfully installed and working. Further configuration is required.</p>"),
    "bad gateway": _bare("502 Bad Gateway", "<center><h1>502 Bad Gateway</h1></center><hr><center>nginx</center>"),
}  # fmt: skip


def _shown(language: str) -> Iterator[Shape]:
    """A page of a video and one of pictures, each among links to others of its kind and below a reader's comment."""
    headline, _ = _HEADLINES[language].split("|")
    title = headline.format(1)
    comment = {"ar": "التعليقات", "fr": "Commentaires", "en": "Comments", "es": "Comentarios"}[language]
    others = f"<section class=others>{_teasers(language, 10, excerpts=False)}</section>"
    readers = f"<section><h2>{comment}</h2><p>{headline.format(2)} {headline.format(3)}</p></section>"
    video = f'{{"@type": "VideoObject", "name": "{title}", "embedUrl": "https://www.youtube.com/embed/abc{language}"}}'
    head = f'<script type="application/ld+json">{video}</script><meta property="og:type" content="article">'
    player = f'<div class=player><iframe src="https://www.youtube.com/embed/abc{language}"></iframe></div>'
    figures = "".join(
        f"<figure><img src=/p{n}.jpg width=900><figcaption>{headline.format(n)}</figcaption></figure>"
        for n in range(6)
    )
    yield Shape(
        f"video {language}",
        f"{SITE}/{language}/videos/{language}-1",
        _framed(language, title, f"<h1>{title}</h1>{player}{others}{readers}", head),
        ArticleKind.VIDEO,
    )
    yield Shape(
        f"pictures {language}",
        f"{SITE}/{language}/photos/{language}-1",
        _framed(language, title, f"<h1>{title}</h1>{figures}{others}{readers}"),
        ArticleKind.PHOTO,
    )


def shapes() -> Iterator[Shape]:
    """Every page, in each of the languages where its words matter."""
    for language in LANGUAGES:
        at = f"{SITE}/{language}"
        many = _teasers(language, 24, excerpts=True)
        section, tag = _SECTIONS[language], _TAGS[language]
        yield Shape(f"front page {language}", f"{at}", _framed(language, "Al Minbar", many), Reason.HOME)
        yield Shape(
            f"section {language}",
            f"{SITE}/category/{language}-society/",
            _framed(language, f"{section} - Al Minbar", f"<h1>{section}</h1>{many}"),
            Reason.LISTING,
        )
        yield Shape(
            f"section of bare headlines {language}",
            f"{at}/society",
            _framed(
                language,
                f"{section} - Al Minbar",
                f"<h1>{section}</h1>" + _teasers(language, 30, excerpts=False, element="div"),
            ),
            Reason.LISTING,
        )
        yield Shape(
            f"section of excerpts {language}",
            f"{at}/society",
            _framed(
                language,
                f"{section} - Al Minbar",
                f"<h1>{section}</h1>{many}",
                '<meta property="og:type" content="website">',
            ),
            Reason.LISTING,
        )
        yield Shape(
            f"tag {language}",
            f"{SITE}/tag/{language}-security/",
            _framed(
                language, f"{tag} - Al Minbar", f"<h1>{tag}</h1>" + _teasers(language, 10, excerpts=True)
            ),
            Reason.LISTING,
        )
        yield Shape(
            f"page 3 {language}",
            f"{at}/society/page/3/",
            _framed(
                language, f"{section} - 3", f"<h1>{section}</h1>" + _teasers(language, 12, excerpts=True)
            ),
            Reason.LISTING,
        )
        yield Shape(
            f"author {language}",
            f"{SITE}/author/{language}-one/",
            _framed(
                language, "Nadia Belhaj", "<h1>Nadia Belhaj</h1>" + _teasers(language, 12, excerpts=True)
            ),
            Reason.LISTING,
        )
        yield Shape(
            f"search {language}",
            f"{SITE}/?s=police&lang={language}",
            _framed(
                language, f"{tag} - Al Minbar", f"<h1>{tag}</h1>" + _teasers(language, 15, excerpts=True)
            ),
            Reason.LISTING,
        )
        for kind, words, reason in (
            ("missing", _MISSING, Reason.SOFT_404),
            ("removed", _REMOVED, Reason.SOFT_404),
            ("maintenance", _MAINTENANCE, Reason.SOFT_404),
            ("consent", _CONSENT, Reason.CONSENT),
        ):
            title, text = words[language]
            made = f"<h1>{title}</h1><p>{text}</p>"
            yield Shape(f"{kind} {language}", f"{at}/x/1.html", _framed(language, title, made), reason)
            if kind == "missing":
                more = _teasers(language, 8, excerpts=True)
                yield Shape(
                    f"missing, with teasers {language}",
                    f"{at}/x/1.html",
                    _framed(language, title, f"<h1>404</h1>{made}<aside>{more}</aside>"),
                    reason,
                )
            else:
                yield Shape(f"{kind}, alone {language}", f"{at}/x/1.html", _bare(title, made), reason)
        yield from _shown(language)
        title, text = _LOGIN[language]
        yield Shape(
            f"login {language}",
            f"{at}/account",
            _framed(
                language,
                title,
                f'<h1>{title}</h1><form><input name="u"><input type="password" name="p"></form><p>{text}</p>',
            ),
            Reason.LOGIN,
        )
    for name, html in _CHALLENGES.items():
        yield Shape(name, f"{SITE}/fr/x/1.html", html, Reason.CHALLENGE)
    for name, html in _BROKEN.items():
        yield Shape(name, f"{SITE}/fr/x/1.html", html, Reason.SOFT_404)


RULES = Rules(
    "alminbar",
    LANGUAGES,
    "Africa/Casablanca",
    f"{SITE}/",
    ("alminbar.example",),
    ("Al Minbar",),
    True,
    (),
)


def taken_for(shape: Shape) -> str:
    """The reason of the rejection, the kind of a page that shows more than it says, or ``article``."""
    link = Link("alminbar", shape.url, f"{SITE}/feed", Via.FEED)
    headers = (("content-type", "text/html; charset=utf-8"),)
    got = extract(FetchedPage(link, shape.url, shape.url, 200, headers, shape.html.encode(), _AT), RULES)
    if isinstance(got, Rejection):
        return got.reason.value
    return got.kind.value if got.kind in (ArticleKind.VIDEO, ArticleKind.PHOTO) else "article"


def main() -> None:
    made = list(shapes())
    found = {shape.name: taken_for(shape) for shape in made}
    table = Counter((shape.reason.value, found[shape.name]) for shape in made)
    columns = sorted({taken for _, taken in table}, key=lambda name: (name != "article", name))
    print(
        f"{len(made)} pages without an article's text, taken for" + "".join(f"{name:>12}" for name in columns)
    )
    for reason in sorted({shape.reason.value for shape in made}):
        print(f"{reason:<38}" + "".join(f"{table[reason, name] or '·':>12}" for name in columns))
    wrong = [shape.name for shape in made if found[shape.name] == "article"]
    print(f"taken for an article: {len(wrong) / len(made):.3f}" + (f" ({', '.join(wrong)})" if wrong else ""))


if __name__ == "__main__":
    main()
