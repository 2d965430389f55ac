"""The words by which pages are read: names that outlets give their boxes, and phrases of furniture in four
languages.

Tables, and the one reading of names by them.  Box names are matched against ``class``, ``id``, ``role`` … as
written, lower case, with separators; phrases against cleaned text.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeVar

K = TypeVar("K")
V = TypeVar("V")

# --- elements -------------------------------------------------------------------------------------------

SKIPPED = frozenset(
    """
    style template svg canvas object embed map math button select option textarea input dialog
    noembed
    """.split()
)
BLOCKS = frozenset(
    """
    html body address article aside blockquote center dd details dialog dir div dl dt fieldset
    figcaption figure footer form frameset h1 h2 h3 h4 h5 h6 header hgroup hr legend li main menu
    nav ol p pre section summary table tbody td tfoot th thead tr ul caption
    """.split()
)
HEADINGS = frozenset("h1 h2 h3 h4 h5 h6".split())

# --- boxes by name --------------------------------------------------------------------------------------


# A box with one of these words in its name is furniture, unless it turns out to hold the article.  Names are
# cut into words at anything but letters and digits (``entry-meta`` is two).
FURNITURE_WORDS = frozenset(
    """
    nav navbar navigation menu menus submenu breadcrumb breadcrumbs ariane filariane foot footer
    siteheader masthead topbar toolbar toolbox sidebar sidebars aside widget widgets rail share
    shares sharing sharedaddy partage partager partages compartir a2a comment comments commentlist
    commentaire commentaires comentario comentarios respond replies discussion similar readmore
    newsletters signup paywalls login signin register rgpd cmp overlay lightbox ads adv adbox dfp
    caption captions credit credits legende legend copyright copyrights carousel diaporama tagcloud
    tags keywords metadata meta bio byline bylines timestamp vcard signature pagination pager
    pagenav rating ratings vote votes poll quiz survey noprint contact feedback disclaimer legal
    playlist ticker weather trending teaser teasers toc wpembed infobox tooltip tooltips dropdown
    player jwplayer
    """.split()
)
FURNITURE_PREFIXES = tuple(
    """
    social addthis addtoany disqus related relacionad recommend recirc popular newsletter subscri
    abonn suscri cookie consent gdpr onetrust didomi modal popup advert publicit publicidad sponsor
    promo outbrain taboola banner breadcrumb slick donat download yarpp wpcf7 mc4wp skiplink
    sharebar sharebutton vjs readnext mostread lireaussi
    """.split()
)
FURNITURE_PAIRS = frozenset(
    """
    site-header most-read most-popular most-viewed most-commented most-shared more-stories more-news
    more-articles more-from more-on more-links more-like more-coverage read-more read-also read-next
    lire-aussi lire-plus a-lire also-read see-also mas-leidas lo-mas up-next latest-news sign-up
    pop-up ad-slot ad-unit ad-container ad-wrapper ad-label photo-credit photo-credits pie-foto
    image-source image-info image-meta image-description tag-list tag-links tag-cloud tag-container
    topics-list topic-list cat-links entry-meta entry-footer entry-utility post-meta post-footer
    post-nav post-info post-navigation article-footer article-meta article-info article-tools
    article-tool article-actions article-tags author-bio author-box author-info author-card
    author-desc author-description author-details author-about author-profile author-block
    about-author about-the by-line published-date pub-date post-date entry-date prev-next next-prev
    prev-post prev-article next-post next-article print-only print-footer visually-hidden sr-only
    screen-reader support-us error-report correction-form video-player video-container video-wrapper
    video-info video-title video-meta audio-player market-data app-promo app-banner app-store
    back-top back-to category-list trust-project jp-relatedposts wp-embed nf-form ez-toc table-of
    skip-links skip-link post-tags dateline-date wp-caption
    """.split()
)
# ``has-sidebar`` says that a sidebar stands beside, ``elementor-widget`` wraps whole articles.
FURNITURE_NOT_AFTER = frozenset("has no with without elementor is show hide hidden".split())
_NAME_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+")


class Remembered(dict[K, V]):
    """What *tell* says of each name, remembered: outlets give theirs on every page."""

    def __init__(self, tell: Callable[[K], V]) -> None:
        super().__init__()
        self._tell = tell

    def __missing__(self, name: K) -> V:
        if len(self) >= 100_000:
            self.clear()
        self[name] = told = self._tell(name)
        return told


def _token_says(token: str) -> tuple[str, bool, bool]:
    """What one class name, id … says of its box, as :func:`name_says`."""
    if len(token) > 50 or token.count("-") > 4:
        return "", False, False  # a slug of the box's text ("the-actor-wore-a-similar-style") names nothing
    why = before = ""
    byline = caption = False
    for word in _NAME_WORD.findall(token):
        low = str(word).lower()
        if (
            low in BYLINE_WORDS
            or (before == "by" and low.startswith("line"))
            or (before, low) == ("written", "by")
        ):
            byline = True
        if low in CAPTION_WORDS or low.endswith("caption") or (low == "foto" and before in ("pie", "de")):
            caption = True
        if (
            not why
            and before not in FURNITURE_NOT_AFTER
            and (
                low in FURNITURE_WORDS
                or low.startswith(FURNITURE_PREFIXES)
                or f"{before}-{low}" in FURNITURE_PAIRS
            )
        ):
            why = low
        before = low
    caption = caption or token.lower() == "spip_doc_titre"
    if token.lower() in ("by", "par", "por"):
        byline = True
    if not why and token.lower() in ("ad", "tag", "tag-list"):
        why = token.lower()
    return why, byline, caption


_tokens = Remembered(_token_says)


def name_says(name: str) -> tuple[str, bool, bool]:
    """(the word that makes a box's name one of furniture or empty, whether a byline, whether a caption).

    >>> name_says("post-content has-sidebar"), name_says("c-RelatedPosts u-mb"), name_says("by-line")
    (('', False, False), ('related', False, False), ('line', True, False))
    """
    why = ""
    byline = caption = False
    for token in name.split():
        says, signs, describes = _tokens[token]
        why = why or says
        byline = byline or signs
        caption = caption or describes
    return why, byline, caption


# The box that an outlet names as its article text.
ARTICLE_TEXT = re.compile(
    r"(?:^|[\s_\-:/])(?:articlebody|article-?(?:body|text|content|copy|main|corps|cuerpo|entry)[a-z\-_]*|"
    r"story-?(?:body|text|content|copy|contents)[a-z\-_]*|post-?(?:body|content|entry|text)|"
    r"entry-?(?:content|body|text)"
    r"|body-?(?:copy|text|content)|news-?(?:body|text|content|detail)|td-post-content|field-name-body|"
    r"main-?text|content-?(?:body|text)|texte-?article|texto-?(?:noticia|articulo)?|corps|cuerpo|"
    r"rich-?text|wysiwyg|singlepost|single-?content|the-?content)(?=$|[\s_\-:/\d])",
    re.IGNORECASE,
)

LEAD = re.compile(
    r"(?:^|[\s_\-:/])(?:lead|lede|standfirst|chapo|chapeau|sapo|sub-?(?:title|head|heading|headline)|"
    r"deck?|summary|intro|introduction|excerpt|teaser-?text|description|entradilla|sumario|bajada|"
    r"sub|abstract|kicker-?text|sous-?titre|subtitulo|article-?(?:summary|intro|lead|description|"
    r"chapo))[a-z]*(?=$|[\s_\-:/\d])",
    re.IGNORECASE,
)

# A name inside a line of what is no word of it: the section set before a standfirst.
KICKER = re.compile(
    r"(?:^|[\s_-])(?:kicker|overline|hat-label|sur-?titre|antetitulo|ante-?titulo)(?=$|[\s_-])", re.IGNORECASE
)

BYLINE_WORDS = frozenset(
    """
    byline bylines byl author authors auteur auteurs autor autores journalist reporter writer contributor
    signature signed fn creator authorname
    """.split()
)

# The last lines of an article of its own, where many systems print who wrote it and when.
OWN_FOOTER = re.compile(r"(?:^|[\s_-])(?:post|entry|article|story)-?_?footer(?=$|[\s_-])", re.IGNORECASE)

DATE_BOX = re.compile(
    r"(?:^|[\s_\-:/.])(?:date[a-z]*|pub-?date|publi[a-z]*|post(?:ed)?-?(?:date|on)|time(?:stamp)?|fecha|"
    r"created|updated|modified|entry-?date|meta|article-?(?:date|meta|info))(?=$|[\s_\-:/\d.])",
    re.IGNORECASE,
)

# A name that says "the article's own text" outweighs a name of furniture beside it (``article-body
# paywall``).
POSITIVE = re.compile(
    r"article-?_*(?:body|text|content)|story-?_*(?:body|text|content)|post-?_*(?:body|content)|"
    r"entry-?_*content|articlebody",
    re.IGNORECASE,
)

# Furniture that never turns out to be the article, however long it is.
STRONG_FURNITURE = re.compile(
    r"^(?:nav|footer|menu|comment|cookie|consent|gdpr|rgpd|onetrust|didomi|cmp|disqus|respond|breadcrumb|"
    r"figcaption|modal|pop-?up|newsletter|subscri|signup|sign-up|related|recirc|recommend|relacionad)",
    re.IGNORECASE,
)

CAPTION_WORDS = frozenset("legend legende credit credits photocredit copyright piefoto".split())

# --- phrases of furniture: Arabic, French, Spanish, English ---------------------------------------------

READ_ALSO = re.compile(
    r"^\W*(?:read (?:also|more|next)|also read|see also|related(?: (?:article|story|stories|news|coverage|"
    r"topics|content|video))?\s*:|more (?:on|from|about)\b.{0,60}$|watch\s*:|"
    r"(?:à |a )?lire (?:aussi|[ée]galement|plus)|lisez (?:aussi|[ée]galement)|voir aussi|à voir aussi|"
    r"[àa] lire|sur le m[êe]me sujet|"
    r"lea tambi[ée]n|lee tambi[ée]n|leer m[áa]s|te puede interesar|ver tambi[ée]n|m[áa]s informaci[óo]n|"
    r"noticias? relacionadas?|"
    r"اقرأ (?:أيضا|أيضًا|المزيد|كذلك)|إقرأ (?:أيضا|أيضًا|المزيد)|اقرأ ايضا|شاهد (?:أيضا|أيضًا)|"
    r"طالع (?:أيضا|أيضًا)|قد يهمك|مواضيع ذات صلة|أخبار ذات صلة|مقالات ذات صلة)",
    re.IGNORECASE,
)
PHRASE = re.compile(
    r"^\W*(?:advertisement|publicit[ée]|publicidad|إعلان|annonce|sponsored|sign up (?:for|to)\b|"
    r"subscribe (?:to|now|for)\b|follow (?:us|@)|suivez[- ]nous|s[íi]guenos|تابعنا|تابعوا|"
    r"share (?:this|on|via)|partager|compartir|شارك|click here|cliquez ici|haga clic|اضغط هنا|انقر هنا|©|"
    r"copyright\b|all rights reserved|tous droits r[ée]serv|todos los derechos|جميع الحقوق|"
    r"loading|chargement|this article (?:was|has been) (?:originally )?(?:published|updated)|"
    r"we use cookies|this (?:web)?site uses cookies|bienvenue dans la section commentaires|"
    r"like this (?:story|article)\?|this is a breaking (?:news? )?story|this post (?:may )?contains? aff|"
    r"the (?:content|information) (?:contained |provided )?[io]n this (?:blog|post|article|site|website)\b|"
    r"story continues below|continue reading|scroll to continue|"
    r"abonnez[- ]vous|inscrivez[- ]vous|suscr[íi]bete|اشترك|download (?:the|our) app|t[ée]l[ée]chargez|"
    r"listen to this article|[ée]couter l.article|"
    r"comments? (?:\(\d+\))?$|\d+ comments?$|\d+ commentaires?$|"
    r"\d+ (?:updates?|mises? à jour|actualizaciones)$|\d+ (?:تحديث|تعليق)\w*$|leave a (?:comment|reply)|"
    r"laisser un commentaire|deja (?:un|tu) comentario|أضف تعليق|اترك تعليق|"
    r"tags?\s*:|filed under|mots[- ]cl[ée]s|etiquetas?\s*:|كلمات (?:دلالية|مفتاحية)|الوسوم|"
    r"source\s*:\s*\S{0,30}$|print(?: this)?(?: article)?$|imprimer$|imprimir$|طباعة$|"
    r"temps de lecture|table of contents$|sommaire$|text size|up next$|explore further$|story highlights$|"
    r"don.t miss$|what to read next|te recomendamos\W*$|[úu]nete a (?:nuestro|nuestra|la)\b|"
    r"aviso importante\s*:|"
    r"suivez (?:les|toute l.)\s*(?:derni[èe]res )?(?:actu|info)\S* .{0,60}(?:google|whatsapp)|"
    r"(?:تابع|تابعوا) (?:صحيفة|موقع|قناة|جريدة)\b|"
    r"\d* ?me (?:gusta|sorprende|enoja|entristece|divierte|encanta)$|"
    r"(?:ap )?audio\s*:|en vid[ée]o\s*[-–:]|video duration\b|ad$|do you have a story\b|"
    r"follow .{3,50} on (?:instagram|facebook|twitter|x\b)|listen to .{3,40} live\b|this slideshow requires|"
    r"this report by .{3,40} was first published|"
    r"lecture du monde en cours|vous devez être connect|you must be logged|"
    r"vous devez indiquer votre|ce document est|this document is subject to copyright|citation:|"
    r"to view this video|this site is protected by|cet article est r[ée]serv|"
    r"il vous reste .{0,20}% de cet article|d[ée]jà abonn|already a (?:subscriber|member)|"
    r"write to .{3,40} at \S+@|.{0,60}(?:politique de gestion des cookies|cookie policy|"
    r"pol[íi]tica de cookies)|\d+ min(?:ute)?s? (?:read|de lecture)|posted in\b|view (?:all|more)|"
    r"show more|voir plus|load more|back to top|skip to|top stories$|recommended(?: for you)?$|"
    r"most (?:read|popular)$)",
    re.IGNORECASE,
)
CREDIT = re.compile(
    r"^\W*(?:(?:photo|image|picture|photograph|foto|illustration|video|صورة|تصوير|الصورة)(?:s|"
    r"e)?(?: (?:credit|by|courtesy|d.illustration|d.archives?))?\s*[:：/(]|(?:credit|cr[ée]dits?|"
    r"crédit photo)\s*[:：]?|getty images|reuters/|afp/|ap photo|"
    r"file(?: photo)?\s*[:–—-]\s|in this .{0,60}\b(?:file|undated|handout) (?:photo|image|picture)|"
    r"(?:une? |cette )?(?:photo|image) (?:d.archives?|d.illustration)|"
    r"(?:foto|imagen) de archivo|صورة (?:أرشيفية|من الأرشيف|توضيحية)|\(?(?:afp|reuters|getty|ap|efe|"
    r"map)[\s/,)].{0,60}$)",
    re.IGNORECASE,
)
# Looked for in a block's last hundred characters, in lower case.  So are, anywhere in a block, PAYWALL,
# PROMO_HINT and PROMO: four times as fast as with IGNORECASE, as the engine then skips what none begins with.
CREDIT_END = re.compile(
    r"(?:/(?:getty|afp|reuters|ap|efe|shutterstock)(?: images)?\)?|(?:getty images|shutterstock|via (?:ap|"
    r"getty|reuters|afp)))\W*$|"
    r"[a-z]\.(?:reuters|associated press|ap photo)$|"
    r"\((?:image|picture|pic|photo|foto|file|credit|cr[ée]dit|source|video|"
    r"screengrab|screenshot|instagram|twitter|facebook|youtube|getty|afp|reuters|ap|efe|epa|صورة|"
    r"الصورة)\b[^)]{0,80}\)\W*$|\[(?:image|photo|file photo|photo credit)[^\]]{0,60}\]\W*$|(?:photo|image|"
    r"picture|foto)\s*(?:credit)?\s*[:©]\s*[^.]{0,60}$",
)
# A sub-heading after which the article is over.
ENDING = re.compile(
    r"^\W*(?:related|more (?:from|on|stories|news|like|in|great)\b|"
    r"recent (?:articles|posts|stories)|recommended|you (?:may|might) (?:also )?(?:like|be interested)|"
    r"read (?:more|next|also)|most (?:read|popular|viewed)|"
    r"trending|latest|popular|comments?|leave a|about the author|share this|tags|further reading|"
    r"(?:à|a) lire|lire aussi|sur le m[êe]me|les plus lus|vos commentaires|commentaires|r[ée]agir|"
    r"dans la m[êe]me|articles? (?:li[ée]s|similaires|recommand)|plus d.(?:articles|infos)|newsletter|"
    r"m[áa]s (?:le[íi]d|noticias|informaci)|te puede|relacionad|comentarios|noticias relacionadas|"
    r"lo m[áa]s|archivado en|"
    r"اقرأ|إقرأ|مواضيع|أخبار ذات|مقالات|التعليقات|تعليقات|الأكثر|شارك|قد يعجبك|ذات صلة|آخر الأخبار)",
    re.IGNORECASE,
)
# A line after which nothing in its box is the article's: readers' comments, other articles of the section.
THE_END = re.compile(
    r"^\W*(?:(?:vos )?commentaires(?: des lecteurs)?|\d+ commentaires?|comments|comentarios|"
    r"dans la m[êe]me rubrique|(?:articles|sujets) (?:similaires|li[ée]s|connexes)|"
    r"sur le m[êe]me (?:sujet|th[èe]me)|related (?:articles|stories|news|posts)|more from .{3,30}|"
    r"noticias relacionadas|"
    r"(?:ال)?تعليقات(?:كم)?|(?:آراء|ردود|تعليقات) (?:القراء|الزوار|المتتبعين)|"
    r"في نفس (?:الركن|القسم|الباب|الموضوع)|(?:مواضيع|مقالات|أخبار) (?:مرتبطة|ذات صلة|مشابهة|متعلقة|أخرى)|"
    r"اخترنا ل(?:كم|ك)|(?:ألبومات|فيديوهات|صور) أخرى|قد يعجبك أيضا)\W*(?:\(\s*\d+\s*\))?\W*$",
    re.IGNORECASE,
)
# A box of words lifted out of the text.
QUOTE = re.compile(
    r"(?:^|[\s_-])(?:pull-?quote|quote|quotation|exergue|citation|destacado|sumario|entresacado|despiece|a_q|"
    r"highlight)(?=$|[\s_-])|اقتباس",
    re.IGNORECASE,
)
# The list of an article's tags; a cloud is the site's.
TAG_BOX = re.compile(
    r"(?:^|[\s_-])(?:tags|etiquetas|etiquettes|hashtags|mots-?cl[eé]s|keywords|topics?-list|topic-tags?|"
    r"tag-?(?:list|links?|items?|container)|suggested-topics)(?=$|[\s_-])(?!-?cloud)|(?:^|\s)tag(?=$|\s)",
    re.IGNORECASE,
)
# A post of a social network, set into a text by the network's own markup.
POST = re.compile(
    r"(?:^|\s)(?:twitter-tweet|twitter-video|instagram-media|fb-post|tiktok-embed|bluesky-embed|"
    r"telegram-post)(?=$|\s)"
)
PAYWALL = re.compile(
    r"reste .{0,20}% .{0,30}(?:lire|article)|"
    r"la suite (?:de cet article )?est r[ée]serv[ée]e|article r[ée]serv[ée] aux abonn|"
    r"r[ée]serv[ée] (?:à nos|aux) abonn|subscribe to (?:continue|read|keep)|to continue reading|"
    r"this (?:article|content|story) is (?:for|only available|available (?:only )?to|exclusive)|"
    r"subscribers? only|"
    r"contenido exclusivo|s[óo]lo para suscriptores|para (?:seguir|continuar) leyendo|هذا المحتوى (?:خاص|"
    r"مخصص|متاح) (?:ل|لل)?مشتركين|للاطلاع على بقية المقال|already a subscriber|d[ée]jà abonn[ée]",
)

# Boxes inside the text that sell the outlet or lead away from the article.
PROMO_HINT = re.compile(
    r"subscri|abonn|newsletter|sign |regist|inscri|suscr|bolet|whatsapp|follow us|treated|stories|اشترك|"
    r"النشرة|تابعونا|انضم",
)
# Links of its own that an outlet sets into a text as words.
BRACKETED = re.compile(
    r"\[(?:WARNING|INSIGHT|PICTURES?|VIDEOS?|ANALYSIS|REVEAL(?:ED)?|UPDATE|REPORT|EXCLUSIVE|LATEST|COMMENT|"
    r"DETAILS|OPINION|INTERVIEW|SPOTLIGHT)\]\s*(?:$|\||[A-Z])"
)
PROMO = re.compile(
    r"reserved for subscribers|r[ée]serv[ée]e? aux abonn|sign (?:in|up) to (?:unlock|read|continue)|"
    r"register (?:to|/)|subscribe (?:to|now|today|for)|subscriber exclusive|(?:our|free|daily|"
    r"weekly) newsletters?\b|inscrivez-vous|abonnez-vous|s.abonner|"
    r"suscr[íi]bete|reg[íi]strate|bolet[íi]n|newsletter|join us on whatsapp|follow us on|"
    r"more great .{2,20} stories|community members are treated|اشترك في|النشرة البريدية|تابعونا على|"
    r"انضم إلى قناتنا",
)
DATE_LINE = re.compile(
    r"^\W*(?:published|updated?|last updated|posted(?: on)?|publi[ée]e?(?: le)?|mis(?:e)? à jour|"
    r"cr[ée]{1,2}e? le|modifi[ée]e? le|publicado|actualizado|first published|"
    r"نشرت? (?:في|بتاريخ|يوم)|آخر تحديث|تاريخ النشر)\b.{0,90}\d",
    re.IGNORECASE,
)
# A line that is only a dateline, the beginning of a by-line, or who wrote as what; how many have read it.
LABEL = re.compile(
    r"^[^.!?]{3,40}(?:, ?\d{1,2}\.? \w{3,10}\.?)? ?\([^)]{2,25}\) ?[-–—]+$|^(?:by|par|por|بقلم)\W*$|"
    r"^(?:corresponsal|enviad[oa] especial|envoy[ée]e? sp[ée]ciale?|correspondante?) (?:en|[àa]|au)\b"
    r"[^.!?]{0,30}$|^(?:caption|close|image|photo|video)$|^image \d+ of \d+$|\bupdated ?: ?\S*\d|"
    r"^\d{1,2}[/.-]\d{1,2}[/.-]\d{4}\b.{0,12}(?:actualizad|updated|mis|تحديث)|"
    # The head of an entry of a live blog, glued to who wrote it.
    r"^(?:\d+ (?:min(?:ute)?s?|hours?) ago)?\d{1,2}[:h]\d{2} ?"
    r"(?-i:KEY EVENT|(?<=\d)[A-Z][\w'’-]+(?: [A-Z][\w'’-]+){0,3})?$|"
    r"^\d+ (?:min(?:ute)?s?|hours?) ago ?\d{1,2}[:h]\d{2} (?-i:[A-Z][\w'’-]+(?: [A-Z][\w'’-]+){0,3})$",
    re.IGNORECASE,
)
# The outlet's words about itself, however long.
BOILERPLATE = re.compile(
    r"^\W*(?:bienvenue dans la section commentaires|this document is subject to copyright|"
    r"if you (?:buy|purchase) (?:something|a product|an item)\b.{0,60}\blinks?\b|stay informed with|"
    r"we (?:may|might) (?:earn|receive) a (?:small )?commission|"
    r"the (?:times|guardian|post|telegraph) is committed to publishing|"
    r"the (?:content|information) (?:contained |provided )?[io]n this (?:blog|post|article|site|website)\b)",
    re.IGNORECASE,
)
COUNTER = re.compile(r"(?:قراءات|مشاهدات|\bvues|\blectures|\bviews|\bvisitas)\s*[:：]\s*\d+", re.IGNORECASE)
SIGNED = re.compile(
    r"^\W*(?:(?:written |posted |reported |issued )?by|par|por|texte?|article rédigé par|"
    r"propos recueillis par|"
    r"escrito por|بقلم|كتب|كتبت|إعداد|تحرير)\s*[:\-–]?\s+\w|"
    r"^\W*(?:مراسلة|متابعة|تقرير|عدسة|من إعداد|حاوره?ا?)\s*[:：]\s*\w|^[^.!?]{3,60}//+\W*$",
    re.IGNORECASE,
)
BIO = re.compile(
    r"^(?:\S+\s+){1,4}(?:is|was) (?:an?|the|[A-Z]\S+[’']s?) (?:\S+\s+){0,6}(?:writer|reporter|editor|"
    r"journalist|columnist|correspondent|contributor|author|curator|freelance|native|professor)\b"
)
