"""Scrapy's settings: every default that matters is said here, with the reason (table: docs/crawling.md).

Values that a team may change come from the configuration (``config/defaults.toml``, ``marsad.toml``, the
environment); ``-s NAME=VALUE`` of the ``scrapy`` command wins over all of them.
"""

from __future__ import annotations

import config
from config.logs import as_json
from crawlers.identity import user_agent

_CONFIG = config.load().settings

BOT_NAME = "marsad"
SPIDER_MODULES = ["crawlers.spiders"]
NEWSPIDER_MODULE = "crawlers.spiders"

# -- who we are ------------------------------------------------------------------------------------------
USER_AGENT = user_agent(_CONFIG["politeness.user_agent"])  # honest, with a way to reach the operator
ROBOTSTXT_USER_AGENT = "Marsad"  # the product token that groups of robots.txt are matched with
DEFAULT_REQUEST_HEADERS = {
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    # Without a preference: a site's own default language is the one its feed lists.
    "Accept-Language": "*",
}
REFERER_ENABLED = False  # an outlet need not learn which feed or other outlet a link came from
REFERRER_POLICY = "no-referrer"  # the same, for whoever switches it on again; no policy named by a server

# -- doors that stay shut --------------------------------------------------------------------------------
REMOTE_CONTROL_ENABLED = False  # on by default since 2.19: runs code sent to a local HTTP port
TELNETCONSOLE_ENABLED = False  # the same through telnet
DOWNLOAD_HANDLERS = {
    "http": "crawlers.handler.PoliteHandler",
    "https": "crawlers.handler.PoliteHandler",
    # A link in somebody's feed must reach neither local files nor other protocols.
    "data": None,
    "file": None,
    "ftp": None,
    "s3": None,
}
HTTPPROXY_ENABLED = False  # http_proxy of the environment would carry requests past the network guard
NETWORK_ALLOW = _CONFIG["network.allow"]  # networks that the guard lets through (crawlers/guard.py)
NETWORK_SCHEMES = _CONFIG["network.schemes"]
NETWORK_HOSTS: dict[str, str] = {}  # name → address, ahead of DNS, as in /etc/hosts
NETWORK_LOOKUP = None  # dotted path of another resolver (tests)
DOWNLOAD_VERIFY_CERTIFICATES = _CONFIG["network.verify_certificates"]  # off by default in Scrapy
METAREFRESH_ENABLED = False  # consent and login walls use it; what answers with 200 is the reader's business
HTTPCACHE_ENABLED = False  # the archive keeps pages, the ledger validators: a cache would hide both
JOBDIR = None  # loses its queue on kill -9; the frontier is in the ledger

# -- politeness ------------------------------------------------------------------------------------------
ROBOTSTXT_OBEY = True  # by crawlers.middleware.RobotsGate; the stock middleware lets waiters pass
DOWNLOAD_DELAY = _CONFIG["politeness.delay_s"]  # held by crawlers/hosts.py, from end to start
DOWNLOAD_DELAY_JITTER = 0.0  # a delay is a promise: never shorter
MAX_DELAY_S = _CONFIG["politeness.max_delay_s"]
ROBOTS_TTL_S = _CONFIG["politeness.robots_ttl_s"]
ROBOTS_KEEP_DAYS = _CONFIG["politeness.robots_keep_days"]
CONCURRENT_REQUESTS = 0  # no limit of Scrapy's own: requests wait for the turn of their host
CONCURRENT_REQUESTS_PER_DOMAIN = 1
AUTOTHROTTLE_ENABLED = False  # it would lower the delay of fast servers
COOKIES_ENABLED = True  # consent cookies; one jar an outlet's host, gone with the process
MAX_PAGES_PER_RUN = _CONFIG["politeness.max_pages_per_run"]

# -- limits ----------------------------------------------------------------------------------------------
DOWNLOAD_TIMEOUT = _CONFIG["network.timeout_s"]  # of the whole request: name, connection, headers, body
DOWNLOAD_MAXSIZE = _CONFIG["network.max_bytes"]  # as received and inflated; 1 GiB by default
DOWNLOAD_WARNSIZE = 0  # too large is counted, not warned of
DOWNLOAD_FAIL_ON_DATALOSS = True  # crawlers/wire.py knows more ways of losing data; none is stored
COMPRESSION_ENABLED = False  # crawlers/inflate.py inflates as bytes come, capped and to the end mark
REDIRECT_ENABLED = True  # by crawlers.middleware.BoundedRedirects
REDIRECT_MAX_TIMES = _CONFIG["network.max_redirects"]
RETRY_ENABLED = False  # the frontier retries, with back-off, across runs; stock retries hammer a 429
RETRY_TIMES = _CONFIG["crawl.retry_times"]  # used by the frontier
BACK_OFF_S = 10.0  # before the first retry of a page with a trouble of its own; doubles
PATIENCE_S = 60.0  # a run waits for what may be tried again this soon, and leaves the rest to the next
HTTPERROR_ALLOW_ALL = True  # every status is an answer that is booked (crawlers/pauses.py)
URLLENGTH_LIMIT = 4096
DEPTH_LIMIT = 0  # listings carry a depth of their own (crawlers/collect.py)
MEMUSAGE_ENABLED = True
EXTENSIONS = {
    "scrapy.extensions.memusage.MemoryUsage": None,
    "crawlers.memusage.ResidentMemory": 0,
}
MEMUSAGE_LIMIT_MB = _CONFIG["crawl.memory_mb"]
MEMUSAGE_CHECK_INTERVAL_SECONDS = 5.0
WALL_CLOCK_S = _CONFIG["crawl.wall_clock_s"]
CONCURRENT_HOSTS = _CONFIG["crawl.concurrent_hosts"]
LEASE_S = _CONFIG["crawl.lease_s"]
BACKFILL_DAYS = _CONFIG["crawl.backfill_days"]
POLL_MIN_S = _CONFIG["crawl.poll_min_s"]
POLL_MAX_S = _CONFIG["crawl.poll_max_s"]
CLOSESPIDER_ERRORCOUNT = 0  # one sick page must not end the run of fifty outlets

# -- the way of a page -----------------------------------------------------------------------------------
MARSAD_STORE = None  # folder of ledger and archive; without one the frontier is in memory (`-O items.jsonl`)
LEDGER_URL = _CONFIG["ledger.url"]  # a server that holds the ledger in the place of the folder's file
ARCHIVE_ROTATE_BYTES = _CONFIG["archive.rotate_bytes"]
DOWNLOADER_MIDDLEWARES = {
    "scrapy.downloadermiddlewares.offsite.OffsiteMiddleware": None,  # discovery has scoped the links
    "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": None,
    "scrapy.downloadermiddlewares.redirect.RedirectMiddleware": None,
    "crawlers.middleware.RobotsGate": 100,
    "crawlers.middleware.BoundedRedirects": 600,
}
ITEM_PIPELINES = {"crawlers.handoff.HandOff": 100}
CONCURRENT_ITEMS = 1  # a page yields one item; Scrapy starts this many tasks for each answer
FEED_EXPORT_ENCODING = "utf-8"

# -- the engine ------------------------------------------------------------------------------------------
TWISTED_REACTOR = "twisted.internet.asyncioreactor.AsyncioSelectorReactor"
LOG_LEVEL = _CONFIG["log.level"].upper()
LOG_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
LOG_JSON = as_json(_CONFIG)  # ours: the crawl process then logs a JSON object a line
LOGSTATS_INTERVAL = 0  # progress is told by events
STATS_DUMP = False  # the result rows say it
WARN_ON_GENERATOR_RETURN_VALUE = False
