BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0001');
CREATE TABLE articles (
	article_id VARCHAR NOT NULL, 
	"key" TEXT NOT NULL, 
	source_id VARCHAR NOT NULL, 
	revision INTEGER NOT NULL, 
	first_seen_at BIGINT NOT NULL, 
	last_seen_at BIGINT NOT NULL, 
	removed_at BIGINT, 
	CONSTRAINT pk_articles PRIMARY KEY (article_id), 
	CONSTRAINT uq_articles_key UNIQUE ("key")
);
INSERT INTO "articles" VALUES('998feba773f4b4728f0d0b20dcb6e74c','akhbar.example/news/1-title','akhbar',2,1795507200000000,1795510800000000,NULL);
CREATE TABLE coverage (
	source_id VARCHAR NOT NULL, 
	from_at BIGINT NOT NULL, 
	to_at BIGINT NOT NULL, 
	CONSTRAINT pk_coverage PRIMARY KEY (source_id, from_at)
);
INSERT INTO "coverage" VALUES('akhbar',1795420800000000,1795507200000000);
CREATE TABLE entry_points (
	source_id VARCHAR NOT NULL, 
	url TEXT NOT NULL, 
	etag TEXT, 
	last_modified TEXT, 
	body_sha256 VARCHAR, 
	next_due_at BIGINT, 
	interval_s FLOAT, 
	failures INTEGER NOT NULL, 
	last_status INTEGER, 
	last_fetched_at BIGINT, 
	moved_to TEXT, 
	CONSTRAINT pk_entry_points PRIMARY KEY (source_id, url)
);
INSERT INTO "entry_points" VALUES('akhbar','https://www.akhbar.example/feed','"abc"',NULL,NULL,1795507200000000,NULL,0,NULL,NULL,NULL);
CREATE TABLE hosts (
	host VARCHAR NOT NULL, 
	token INTEGER NOT NULL, 
	lease_owner VARCHAR, 
	lease_until BIGINT, 
	next_allowed_at BIGINT, 
	blocked_until BIGINT, 
	blocked_reason TEXT, 
	crawl_delay_s FLOAT, 
	served_at BIGINT, 
	robots_status INTEGER, 
	robots_body BLOB, 
	robots_fetched_at BIGINT, 
	CONSTRAINT pk_hosts PRIMARY KEY (host)
);
INSERT INTO "hosts" VALUES('www.akhbar.example',0,NULL,NULL,NULL,NULL,NULL,NULL,1795507200000000,200,X'557365722D6167656E743A202A0A',1795507200000000);
CREATE TABLE links (
	link_id INTEGER NOT NULL, 
	"key" TEXT NOT NULL, 
	source_id VARCHAR NOT NULL, 
	url TEXT NOT NULL, 
	host VARCHAR NOT NULL, 
	found_in TEXT NOT NULL, 
	via VARCHAR NOT NULL, 
	hint TEXT, 
	tier INTEGER NOT NULL, 
	state VARCHAR NOT NULL, 
	discovered_at BIGINT NOT NULL, 
	changed_at BIGINT NOT NULL, 
	attempts INTEGER NOT NULL, 
	ready_at BIGINT, 
	lease_owner VARCHAR, 
	reason VARCHAR, 
	detail TEXT, 
	capture_file TEXT, 
	capture_offset BIGINT, 
	capture_sha256 VARCHAR, 
	fetched_at BIGINT, 
	status INTEGER, 
	readings INTEGER NOT NULL, 
	article_id VARCHAR, 
	CONSTRAINT pk_links PRIMARY KEY (link_id), 
	CONSTRAINT ck_links_captured_has_capture CHECK (state <> 'captured' OR capture_file IS NOT NULL), 
	CONSTRAINT uq_links_key UNIQUE ("key")
);
INSERT INTO "links" VALUES(1,'akhbar.example/news/1-title','akhbar','https://www.akhbar.example/news/1-title','www.akhbar.example','https://www.akhbar.example/feed','feed','{"title":"عنوان 1","published_at":"2026-11-24T08:00:00.000000Z","published_raw":"24 نونبر"}',0,'stored',1795507200000000,1795510800000000,0,NULL,NULL,NULL,NULL,'marsad-1.warc.gz',9,'0000000000000000000000000000000000000000000000000000000000000009',1795510800000000,200,0,'998feba773f4b4728f0d0b20dcb6e74c');
INSERT INTO "links" VALUES(2,'akhbar.example/news/2-title','akhbar','https://www.akhbar.example/news/2-title','www.akhbar.example','https://www.akhbar.example/feed','feed','{"title":"عنوان 2","published_at":"2026-11-24T08:00:00.000000Z","published_raw":"24 نونبر"}',0,'captured',1795507200000000,1795507200000000,0,NULL,NULL,NULL,NULL,'marsad-1.warc.gz',2,'0000000000000000000000000000000000000000000000000000000000000002',1795507200000000,200,0,NULL);
INSERT INTO "links" VALUES(3,'akhbar.example/news/3-title','akhbar','https://www.akhbar.example/news/3-title','www.akhbar.example','https://www.akhbar.example/feed','feed','{"title":"عنوان 3","published_at":"2026-11-24T08:00:00.000000Z","published_raw":"24 نونبر"}',0,'discovered',1795507200000000,1795507200000000,0,1795507200000000,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,0,NULL);
INSERT INTO "links" VALUES(4,'akhbar.example/news/4-title','akhbar','https://www.akhbar.example/news/4-title','www.akhbar.example','https://www.akhbar.example/feed','feed','{"title":"عنوان 4","published_at":"2026-11-24T08:00:00.000000Z","published_raw":"24 نونبر"}',0,'rejected',1795507200000000,1795507200000000,0,NULL,NULL,'listing',NULL,'marsad-1.warc.gz',4,'0000000000000000000000000000000000000000000000000000000000000004',1795507200000000,200,0,NULL);
CREATE TABLE outbox (
	seq INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	article_id VARCHAR NOT NULL, 
	revision INTEGER NOT NULL, 
	lease_owner VARCHAR, 
	lease_until BIGINT
);
INSERT INTO "outbox" VALUES(1,'998feba773f4b4728f0d0b20dcb6e74c',1,NULL,NULL);
INSERT INTO "outbox" VALUES(2,'998feba773f4b4728f0d0b20dcb6e74c',2,NULL,NULL);
CREATE TABLE revisions (
	article_id VARCHAR NOT NULL, 
	revision INTEGER NOT NULL, 
	fetched_at BIGINT NOT NULL, 
	content_hash VARCHAR NOT NULL, 
	rules_version VARCHAR NOT NULL, 
	capture_file TEXT NOT NULL, 
	capture_offset BIGINT NOT NULL, 
	capture_sha256 VARCHAR NOT NULL, 
	document TEXT NOT NULL, 
	CONSTRAINT pk_revisions PRIMARY KEY (article_id, revision), 
	CONSTRAINT fk_revisions_article_id FOREIGN KEY(article_id) REFERENCES articles (article_id)
);
INSERT INTO "revisions" VALUES('998feba773f4b4728f0d0b20dcb6e74c',1,1795507200000000,'hash of first','1','marsad-1.warc.gz',1,'0000000000000000000000000000000000000000000000000000000000000001','{"v":1,"article":{"source_id":"akhbar","url":"https://www.akhbar.example/news/1-title","canonical_url":"https://www.akhbar.example/news/1-title","title":"بلاغ","paragraphs":["first","فقرة ثانية"],"language":"ar","published":{"at":"2026-11-24T08:00:00.000000Z","precision":"minute","origin":"meta","earliest":"2026-11-24T08:00:00.000000Z","latest":"2026-11-24T08:01:00.000000Z","local_date":"2026-11-24"},"origins":[["title","h1"]]},"relevance":{"decision":"in","evidence":[{"label":"dgsn","field":"text","start":7,"end":22,"words":"المديرية العامة"}],"reason":"institution named"},"institutions":["dgsn"],"evidence":[{"label":"dgsn","field":"text","start":7,"end":22,"words":"المديرية العامة"}],"content_hash":"hash of first","rules_version":"1"}');
INSERT INTO "revisions" VALUES('998feba773f4b4728f0d0b20dcb6e74c',2,1795510800000000,'hash of second','1','marsad-1.warc.gz',9,'0000000000000000000000000000000000000000000000000000000000000009','{"v":1,"article":{"source_id":"akhbar","url":"https://www.akhbar.example/news/1-title","canonical_url":"https://www.akhbar.example/news/1-title","title":"بلاغ","paragraphs":["second","فقرة ثانية"],"language":"ar","published":{"at":"2026-11-24T08:00:00.000000Z","precision":"minute","origin":"meta","earliest":"2026-11-24T08:00:00.000000Z","latest":"2026-11-24T08:01:00.000000Z","local_date":"2026-11-24"},"origins":[["title","h1"]]},"relevance":{"decision":"in","evidence":[{"label":"dgsn","field":"text","start":7,"end":22,"words":"المديرية العامة"}],"reason":"institution named"},"institutions":["dgsn"],"evidence":[{"label":"dgsn","field":"text","start":7,"end":22,"words":"المديرية العامة"}],"content_hash":"hash of second","rules_version":"1"}');
CREATE TABLE sources (
	source_id VARCHAR NOT NULL, 
	first_visited_at BIGINT, 
	last_visited_at BIGINT, 
	last_ok_at BIGINT, 
	next_due_at BIGINT, 
	state VARCHAR NOT NULL, 
	reason TEXT, 
	CONSTRAINT pk_sources PRIMARY KEY (source_id)
);
INSERT INTO "sources" VALUES('akhbar',1795507200000000,1795507200000000,1795507200000000,NULL,'ok',NULL);
CREATE TABLE variants (
	article_id VARCHAR NOT NULL, 
	url TEXT NOT NULL, 
	"key" TEXT NOT NULL, 
	CONSTRAINT pk_variants PRIMARY KEY (article_id, url), 
	CONSTRAINT fk_variants_article_id FOREIGN KEY(article_id) REFERENCES articles (article_id)
);
INSERT INTO "variants" VALUES('998feba773f4b4728f0d0b20dcb6e74c','https://www.akhbar.example/news/1-title','akhbar.example/news/1-title');
CREATE TABLE visits (
	visit_id INTEGER NOT NULL, 
	source_id VARCHAR NOT NULL, 
	started_at BIGINT NOT NULL, 
	ended_at BIGINT, 
	outcome VARCHAR, 
	counts TEXT, 
	CONSTRAINT pk_visits PRIMARY KEY (visit_id)
);
INSERT INTO "visits" VALUES(1,'akhbar',1795507200000000,1795507200000000,'ok','{"found":3}');
CREATE INDEX ix_visits_source_id_started_at ON visits (source_id, started_at);
CREATE INDEX ix_links_captured ON links (fetched_at, link_id) WHERE state = 'captured';
CREATE INDEX ix_links_open ON links (host, tier, discovered_at, link_id) WHERE state IN ('discovered', 'fetching', 'retry');
CREATE INDEX ix_links_reason_state ON links (reason, state);
CREATE INDEX ix_variants_key ON variants ("key");
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('outbox',2);
COMMIT;
