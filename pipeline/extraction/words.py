"""The words by which pages are read: names that outlets give their boxes, and phrases of furniture in four languages.

Tables only, no logic.  Box names are matched against ``class``, ``id``, ``role`` … as written, lower case, with
separators; phrases against cleaned text.
"""

from __future__ import annotations

import re

# --- elements -----------------------------------------------------------------------------------------------------

SKIPPED = frozenset(
    "style template svg canvas object embed map math button select option textarea input dialog noembed".split()
)
BLOCKS = frozenset(
    "html body address article aside blockquote center dd details dialog dir div dl dt fieldset figcaption figure footer "
    "form frameset h1 h2 h3 h4 h5 h6 header hgroup hr legend li main menu nav ol p pre section summary table tbody td "
    "tfoot th thead tr ul caption amp-img".split()
)
HEADINGS = frozenset("h1 h2 h3 h4 h5 h6".split())

# --- boxes by name --------------------------------------------------------------------------------------------------

_S = r"(?:^|[\s_\-:./]|(?<=[a-z])(?=[A-Z]))"


def _names(*words: str) -> str:
    return "|".join(words)


# A box with such a name is furniture unless it turns out to hold most of the page's text.
FURNITURE = re.compile(
    r"(?:^|[\s_\-:/])(?:" + _names(
        r"nav(?:bar|igation)?", r"menus?", r"submenu", r"breadcrumbs?", r"fil-?ariane", r"ariane", r"foot(?:er)?", r"site-?header",
        r"masthead", r"topbar", r"toolbar", r"toolbox", r"side-?bar", r"sidebars?", r"aside", r"widgets?", r"rail",
        r"share", r"shares", r"shar(?:e|ing)[a-z]*", r"social[a-z]*", r"addthis[a-z_]*", r"addtoany[a-z_]*", r"a2a", r"partage[rs]?", r"compartir",
        r"comments?", r"commentlist", r"comment-?list", r"commentaires?", r"comentarios?", r"disqus[a-z_]*", r"respond", r"replies", r"discussion",
        r"related[a-z]*", r"relacionad[ao]s?", r"similar", r"recommend[a-z]*", r"recirc[a-z]*", r"more-?(?:stories|news|articles|from|on|links|like|coverage)",
        r"read-?(?:more|also|next)", r"lire-?(?:aussi|plus)", r"a-?lire[a-z\-]*", r"also-?read", r"see-?also", r"most-?(?:read|popular|viewed|commented|shared)", r"mas-?leid[ao]s?", r"lo-?mas",
        r"popular[a-z]*", r"trending[a-z]*", r"up-?next", r"latest(?:-?news)?", r"teasers?", r"readmore",
        r"newsletters?[a-z\-]*", r"subscri(?:be|ption|ber)[a-z\-]*", r"signup", r"sign-?up", r"abonn[a-z\-]*", r"suscri[a-z\-]*", r"paywall[a-z\-]*", r"login", r"signin", r"register",
        r"cookies?[a-z\-]*", r"consent[a-z\-]*", r"gdpr[a-z\-]*", r"rgpd", r"onetrust[a-z\-]*", r"didomi[a-z\-]*", r"cmp", r"modal[a-z\-]*", r"pop-?up[a-z\-]*", r"overlay", r"lightbox",
        r"ads?", r"advert[a-z\-]*", r"adv", r"adbox", r"ad-?(?:slot|unit|container|wrapper|label)[a-z\-]*", r"dfp", r"publicit[a-z\-]*", r"publicidad", r"sponsor[a-z\-]*", r"promo[a-z\-]*", r"outbrain[a-z_]*", r"taboola[a-z_]*", r"banner[a-z]*",
        r"captions?[a-z\-]*", r"wp-?caption-?text", r"legends?", r"legende", r"photo-?credits?", r"credits?", r"copyrights?", r"pie-?(?:de-?)?foto", r"image-?(?:source|info|meta|description)",
        r"gallery[a-z\-]*", r"slideshow[a-z\-]*", r"carousel[a-z\-]*", r"slick[a-z\-]*", r"swiper[a-z\-]*", r"diaporama",
        r"tags?(?:-?(?:list|links|cloud|container))?", r"tagcloud", r"post-?tags", r"entry-?tags", r"keywords", r"topics?(?:-?list)?", r"cat-?links", r"entry-?(?:meta|footer|utility)", r"post-?(?:meta|footer|nav|info|navigation)", r"article-?(?:footer|meta|info|tools?|actions?|tags)", r"metadata", r"meta",
        r"author[a-z]*-?(?:bio|box|info|card|desc|description|details|about|profile|block)s?", r"about-?(?:the-?)?author[a-z\-]*", r"bio", r"byline[a-z\-]*", r"by-?line", r"timestamp", r"dateline-?date", r"published-?date", r"pub-?date", r"post-?date", r"entry-?date", r"vcard", r"signature",
        r"pagination", r"pager", r"pagenav", r"prev-?next", r"next-?prev", r"prev(?:ious)?-?(?:post|article)s?", r"next-?(?:post|article)s?",
        r"rating", r"ratings", r"votes?", r"poll", r"quiz", r"survey", r"print-?(?:only|footer)?", r"visually-?hidden", r"sr-?only", r"screen-?reader[a-z\-]*", r"noprint", r"tooltip[a-z]*", r"dropdown[a-z\-]*", r"skip[a-z\-]*", r"hidden",
        r"donat[a-z\-]*", r"support-?us", r"contact", r"feedback", r"error-?report", r"correction-?form", r"disclaimer", r"legal", r"player[a-z\-]*", r"video-?(?:player|container|wrapper|info|title|meta|js)", r"vjs[a-z\-]*", r"jwplayer[a-z\-]*", r"audio-?player", r"playlist", r"ticker", r"weather", r"market-?data", r"stock[a-z\-]*", r"download[a-z\-]*", r"app-?(?:promo|banner|store)", r"back-?to-?top", r"category-?list", r"trust-?project", r"jp-relatedposts", r"sharedaddy", r"yarpp[a-z\-]*", r"wp-?embed", r"wpcf7", r"nf-form[a-z\-]*", r"mc4wp[a-z\-]*", r"ez-?toc[a-z\-]*", r"toc", r"table-?of-?contents?", r"infobox",
    ) + r")(?=$|[\s_\-:/\d])",
    re.IGNORECASE,
)  # fmt: skip

# The box that an outlet names as its article text.
ARTICLE_TEXT = re.compile(
    r"(?:^|[\s_\-:/])(?:articlebody|article-?(?:body|text|content|copy|main|corps|cuerpo|entry)[a-z\-_]*|story-?(?:body|text|content|copy|contents)[a-z\-_]*|post-?(?:body|content|entry|text)|entry-?(?:content|body|text)"
    r"|body-?(?:copy|text|content)|news-?(?:body|text|content|detail)|td-post-content|field-name-body|main-?text|content-?(?:body|text)|texte-?article|texto-?(?:noticia|articulo)?|corps|cuerpo|rich-?text|wysiwyg|singlepost|single-?content|the-?content)(?=$|[\s_\-:/\d])",
    re.IGNORECASE,
)

LEAD = re.compile(
    r"(?:^|[\s_\-:/])(?:lead|lede|standfirst|chapo|chapeau|sapo|sub-?(?:title|head|heading|headline)|deck?|summary|intro|introduction|excerpt|teaser-?text|description|entradilla|sumario|bajada|abstract|kicker-?text|sous-?titre|subtitulo|article-?(?:summary|intro|lead|description|chapo))[a-z]*(?=$|[\s_\-:/\d])",
    re.IGNORECASE,
)

BYLINE = re.compile(
    r"(?:^|[\s_\-:/.])(?:by-?lines?|byl|authors?|auteurs?|autor(?:es)?|author-?(?:name|names|link)|journalist|reporter|writer|contributor|signature|signed|fn|written-?by|creator)(?=$|[\s_\-:/\d.])",
    re.IGNORECASE,
)

DATE_BOX = re.compile(
    r"(?:^|[\s_\-:/.])(?:date[a-z]*|pub-?date|publi[a-z]*|post(?:ed)?-?(?:date|on)|time(?:stamp)?|fecha|created|updated|modified|entry-?date|meta|article-?(?:date|meta|info))(?=$|[\s_\-:/\d.])",
    re.IGNORECASE,
)

# A name that says "the article's own text" outweighs a name of furniture beside it (``article-body paywall``).
POSITIVE = re.compile(
    r"article-?_*(?:body|text|content)|story-?_*(?:body|text|content)|post-?_*(?:body|content)|entry-?_*content|articlebody",
    re.IGNORECASE,
)
