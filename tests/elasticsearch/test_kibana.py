"""Kibana's objects: whole in themselves, asking for what there is, and imported as Kibana wants it.

No Kibana runs in the tests.  What it would ask the server is asked here, of a real server; what it is sent
is looked at by an HTTP server that answers as Kibana's documented import does.
"""

from __future__ import annotations

import email.parser
import email.policy
import json
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from structlog.testing import capture_logs

from cli.main import main
from scheduler.checkup import check, publish
from search.documents import document
from search.elasticsearch import ElasticEngine, health, kibana, mapping
from store.health import Gap, Health, State, Visited
from store.ledger import Ledger
from store.records import KindLabel, Ties
from tests.elasticsearch import server
from tests.search.press import NOW, SOURCES, analysis, on_server, stored

COMMITTED = Path(__file__).parents[2] / "kibana" / "marsad.ndjson"
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
VIEWS = {
    kibana.ARTICLES: mapping.components(analysis())["mapping"]["mappings"],
    kibana.HEALTH: health.MAPPING,
}
OBJECTS = kibana.objects("marsad")
DRAWN = [one for one in OBJECTS if one["type"] == "visualization"]


def source_of(one: dict[str, Any]) -> dict[str, Any]:
    return dict(json.loads(one["attributes"]["kibanaSavedObjectMeta"]["searchSourceJSON"]))


def view_of(one: dict[str, Any]) -> str:
    (found,) = [each["id"] for each in one["references"] if each["type"] == "index-pattern"]
    return str(found)


def fields_of(properties: dict[str, Any], before: str = "") -> set[str]:
    found = set()
    for name, told in properties.items():
        if "properties" in told:
            found |= fields_of(told["properties"], f"{before}{name}.")
        else:
            found |= {before + name, *(f"{before}{name}.{sub}" for sub in told.get("fields", ()))}
    return found


def clauses(query: str) -> list[tuple[str, str]]:
    """(field, value) of a query in Kibana's language, of the plain sort that the panels use."""
    parts = [part.split(" : ") for part in query.split(" and ")]
    assert all(len(part) == 2 for part in parts), query
    return [(name, value) for name, value in parts]


# -- as objects ---------------------------------------------------------------------------------------------


def test_the_committed_file_is_what_is_installed() -> None:
    made = "from search.elasticsearch.kibana import ndjson; print(ndjson('marsad'), end='')"
    assert COMMITTED.read_text("utf-8") == kibana.ndjson("marsad"), f"write it again: {made}"


def test_every_object_has_an_id_of_ours_and_names_only_what_is_there() -> None:
    there = [(one["type"], one["id"]) for one in OBJECTS]
    assert len(set(there)) == len(there)
    assert all(name.startswith("marsad-") for _, name in there)
    seen: set[tuple[str, str]] = set()
    for one in OBJECTS:
        named = {(each["type"], each["id"]) for each in one["references"]}
        assert named <= seen, f"{one['id']} comes before what it names"
        seen.add((one["type"], one["id"]))


def test_every_reference_is_used_and_every_use_has_one() -> None:
    for one in OBJECTS:
        names = sorted(each["name"] for each in one["references"])
        if one["type"] == "dashboard":
            panels = json.loads(one["attributes"]["panelsJSON"])
            used = sorted(f"{panel['panelIndex']}:{panel['panelRefName']}" for panel in panels)
            kinds = {f"{panel['panelIndex']}:{panel['panelRefName']}": panel["type"] for panel in panels}
            assert {each["name"]: each["type"] for each in one["references"]} == kinds
        elif one["type"] == "index-pattern":
            used = []
        else:
            used = [source_of(one)["indexRefName"]]
        assert names == used


def test_everything_that_is_made_is_reached_from_the_menu_or_the_dashboard() -> None:
    (dashboard,) = [one for one in OBJECTS if one["type"] == "dashboard"]
    on_it = {each["id"] for each in dashboard["references"]}
    assert {one["id"] for one in DRAWN} <= on_it


def test_objects_are_written_in_a_form_that_the_oldest_kibana_knows() -> None:
    # of Kibana 8.11; a newer one brings them up to its own, an older form than 8.0 would be a guess
    known = {"index-pattern": "8.0.0", "search": "8.0.0", "visualization": "8.5.0", "dashboard": "8.9.0"}
    for one in OBJECTS:
        assert (one["coreMigrationVersion"], one["typeMigrationVersion"]) == ("8.8.0", known[one["type"]])
        assert set(one) == {
            "type", "id", "attributes", "references", "managed", "coreMigrationVersion",
            "typeMigrationVersion",
        }  # fmt: skip


def test_panels_lie_beside_each_other() -> None:
    (dashboard,) = [one for one in OBJECTS if one["type"] == "dashboard"]
    taken: set[tuple[int, int]] = set()
    for panel in json.loads(dashboard["attributes"]["panelsJSON"]):
        place = panel["gridData"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken and max(x for x, _ in cells) < 48
        taken |= cells


def test_every_field_that_is_named_is_mapped() -> None:
    fields = {view: fields_of(mapped["properties"]) for view, mapped in VIEWS.items()}
    for one in OBJECTS:
        told = one["attributes"]
        match one["type"]:
            case "index-pattern":
                assert {told["timeFieldName"], *json.loads(told["fieldFormatMap"])} <= fields[one["id"]]
            case "search" | "visualization":
                named = {name for name, _ in clauses(source_of(one)["query"]["query"])}
                if one["type"] == "search":
                    named |= {*told["columns"], *(name for name, _ in told["sort"])}
                else:
                    aggs = json.loads(told["visState"])["aggs"]
                    named |= {agg["params"]["field"] for agg in aggs if "field" in agg["params"]}
                assert named <= fields[view_of(one)], one["id"]


def test_another_index_is_named_where_ours_is() -> None:
    titles = [
        one["attributes"]["title"] for one in kibana.objects("presse") if one["type"] == "index-pattern"
    ]
    assert titles == ["presse", "presse-health"]


# -- what it asks, on a real server -------------------------------------------------------------------------


def asked(one: dict[str, Any], since: datetime, until: datetime) -> dict[str, Any]:
    """The search that Kibana makes of a visualisation: buckets in their order, metrics in the innermost."""
    state = json.loads(one["attributes"]["visState"])
    buckets = [agg for agg in state["aggs"] if agg["schema"] != "metric"]
    metrics = {
        agg["id"]: {agg["type"]: {"field": agg["params"]["field"]}}
        for agg in state["aggs"]
        if agg["schema"] == "metric" and agg["type"] != "count"
    }
    aggs: dict[str, Any] = metrics
    for agg in reversed(buckets):
        told = agg["params"]
        if agg["type"] == "date_histogram":
            made: dict[str, Any] = {
                "date_histogram": {
                    "field": told["field"], "calendar_interval": "1d", "time_zone": "Africa/Casablanca",
                    "min_doc_count": told["min_doc_count"],
                }
            }  # fmt: skip
        else:
            by = told["orderBy"] if told["orderBy"] in metrics else "_count"
            order = {by: told["order"]}
            made = {"terms": {"field": told["field"], "size": told["size"], "order": order}}
        # each level has the metrics, as what it is ordered by is one of them
        aggs = {agg["id"]: made | ({"aggs": {**metrics, **aggs}} if metrics or aggs else {})}
    when = {"range": {"at": {"gte": since.isoformat(), "lt": until.isoformat()}}}
    matches = [{"match": {name: value}} for name, value in clauses(source_of(one)["query"]["query"])]
    return {
        "size": 0,
        "track_total_hits": True,
        "query": {"bool": {"filter": [when, *matches]}},
        "aggs": aggs,
    }


@pytest.fixture(scope="module")
def filled(elasticsearch: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Data view → URL of its index, with some articles and the health of some sources."""
    home, name = tmp_path_factory.mktemp("home"), server.index_name()
    config = on_server(home, elasticsearch, name)
    articles = [
        stored("Un", name="a", source_id="matin", institutions=("dgsn",), ties=Ties("1" * 32)),
        stored("Deux", name="b", source_id="matin", institutions=("dgsn", "bcij"), ties=Ties("1" * 32),
               labels={"kinds": (KindLabel("denial"),)}),
        stored("Trois", name="c", source_id="gazette", language="ar", at=NOW - 3 * DAY, ties=Ties("2" * 32)),
        stored("Quatre", name="d", source_id="gazette", relevance="none"),
    ]  # fmt: skip
    with ElasticEngine(home, config, analysis=analysis()) as engine:
        engine.upsert(document(one, analysis(), SOURCES) for one in articles)
        engine.refresh()
    health.publish(config, health.documents(SOURCES, JUDGED, VISITS, NOW), NOW)
    yield {
        kibana.ARTICLES: f"{elasticsearch}/{name}",
        kibana.HEALTH: f"{elasticsearch}/{health.index_name(name)}",
    }
    server.drop(elasticsearch, name)


JUDGED = [
    (Health("matin", State.OK, NOW - 9 * DAY, "as usual", "", {}), []),
    (
        Health("gazette", State.FAILING, NOW - DAY, "503 since yesterday", "see its site", {}),
        [
            Gap("gazette", NOW - 2 * DAY, NOW - DAY, "not visited"),
            Gap("gazette", NOW - 6 * HOUR, None, "503"),
        ],
    ),
]
VISITS = [
    Visited("gazette", NOW - 5 * HOUR, "failed", 0),
    Visited("gazette", NOW - 4 * HOUR, "blocked", 0),
    Visited("gazette", NOW - 3 * HOUR, "interrupted", 1),
    Visited("matin", NOW - 3 * HOUR, "ok", 7),
    Visited("matin", NOW - 30 * HOUR, "partial", 2),
    Visited("unknown", NOW - 3 * HOUR, "ok", 7),
]


def answers(filled: dict[str, str], name: str) -> Any:
    (one,) = [each for each in DRAWN if each["id"] == name]
    return server.ask(filled[view_of(one)], "POST", "/_search", asked(one, NOW - 30 * DAY, NOW + DAY))


def tally(buckets: list[dict[str, Any]], metric: str | None = None) -> dict[str, float]:
    return {each["key"]: each["doc_count"] if metric is None else each[metric]["value"] for each in buckets}


@pytest.mark.parametrize("name", [one["id"] for one in DRAWN])
def test_every_aggregation_is_answered_by_every_shard(filled: dict[str, str], name: str) -> None:
    found = answers(filled, name)
    assert found["_shards"]["failed"] == 0 and not found["timed_out"]
    assert found["hits"]["total"]["value"] > 0, "a panel without a document shows nothing"


def test_the_panels_of_articles_count_those_that_searches_show(filled: dict[str, str]) -> None:
    totals = answers(filled, "marsad-totals")
    assert totals["hits"]["total"]["value"] == 3
    assert [totals["aggregations"][each]["value"] for each in ("2", "3")] == [2, 2]
    by_scope: dict[str, int] = {}
    for day in answers(filled, "marsad-by-scope")["aggregations"]["2"]["buckets"]:
        for scope, count in tally(day["3"]["buckets"]).items():
            by_scope[scope] = by_scope.get(scope, 0) + int(count)
    assert by_scope == {"national": 2, "international": 1}
    found = {
        name: tally(answers(filled, name)["aggregations"]["3"]["buckets"])
        for name in ("marsad-outlets", "marsad-institutions", "marsad-kinds")
    }
    assert found == {
        "marsad-outlets": {"matin": 2, "gazette": 1},
        "marsad-institutions": {"dgsn": 2, "bcij": 1},
        "marsad-kinds": {"denial": 1},
    }


def test_the_panels_of_the_crawl_tell_gaps_visits_and_states(filled: dict[str, str]) -> None:
    lacking = answers(filled, "marsad-gap-sources")["aggregations"]["3"]["buckets"]
    assert tally(lacking, "1") == {"gazette": 30}  # a day, and six hours so far
    states = answers(filled, "marsad-states")["aggregations"]["3"]["buckets"]
    assert tally(states) == {"ok": 1, "failing": 1}
    days = answers(filled, "marsad-visits")["aggregations"]["2"]["buckets"]
    assert [(day["1"]["value"], day["3"]["value"]) for day in days] == [(0, 2), (2, 8)]


@pytest.mark.parametrize(
    ("name", "hits"),
    [("marsad-latest", 3), ("marsad-denials", 1), ("marsad-removed", 0), ("marsad-needy", 1)],
)
def test_a_saved_search_finds_and_shows(filled: dict[str, str], name: str, hits: int) -> None:
    (one,) = [each for each in OBJECTS if each["id"] == name]
    matches = [{"match": {key: value}} for key, value in clauses(source_of(one)["query"]["query"])]
    body = {
        "query": {"bool": {"filter": matches}},
        "sort": [{key: order} for key, order in one["attributes"]["sort"]],
        "fields": one["attributes"]["columns"],
    }
    found = server.ask(filled[view_of(one)], "POST", "/_search", body)["hits"]["hits"]
    assert len(found) == hits
    assert all(len(hit["fields"]) >= 4 for hit in found)


# -- crawl health -------------------------------------------------------------------------------------------


def test_a_gap_is_told_day_by_day_and_an_old_one_not() -> None:
    gaps = [
        Gap("matin", NOW - 400 * DAY, NOW - 300 * DAY, "long ago"),
        Gap("matin", datetime(2026, 11, 20, 22, tzinfo=UTC), datetime(2026, 11, 22, 1, 30, tzinfo=UTC), "x"),
    ]
    judged = [(Health("matin", State.OK, NOW, "as usual", "", {}), gaps)]
    found = dict(health.documents(SOURCES, judged, [], NOW))
    assert {name: told["hours"] for name, told in found.items() if told["what"] == "gap"} == {
        "gap:matin:2026-11-20": 2, "gap:matin:2026-11-21": 24, "gap:matin:2026-11-22": 1.5,
    }  # fmt: skip


def test_health_is_written_over_what_was_there(elasticsearch: str, tmp_path: Path) -> None:
    name = server.index_name()
    config = on_server(tmp_path, elasticsearch, name)
    told_of = list(health.documents(SOURCES, JUDGED, VISITS, NOW))
    assert health.publish(config, told_of, NOW) == len(told_of)
    later = NOW + HOUR
    assert health.publish(config, [], later, unless_within=2 * HOUR) == 0
    assert server.ask(elasticsearch, "GET", f"/{name}-health/_count")["count"] == len(told_of)
    mended = list(health.documents(SOURCES, JUDGED[:1], [], later))
    assert health.publish(config, mended, later, unless_within=HOUR / 2) == 1
    found = server.ask(elasticsearch, "GET", f"/{name}-health/_search")["hits"]["hits"]
    assert [hit["_id"] for hit in found] == ["state:matin"]
    server.drop(elasticsearch, name)


def test_sources_are_judged_whatever_becomes_of_the_copy(tmp_path: Path) -> None:
    config = on_server(tmp_path, f"http://127.0.0.1:{server.free_port()}", "t")
    with Ledger.of(config.settings, tmp_path) as ledger, capture_logs() as logs:
        check(config, ledger, NOW, lambda: False)
        assert set(ledger.health()) == set(SOURCES)
    (told,) = [each for each in logs if each["event"] == "health_not_published"]
    assert "does not answer" in told["fault"]


def test_the_health_job_writes_it(elasticsearch: str, tmp_path: Path) -> None:
    name = server.index_name()
    config = on_server(tmp_path, elasticsearch, name)
    with Ledger.of(config.settings, tmp_path) as ledger:
        check(config, ledger, NOW, lambda: False)
        found = server.ask(elasticsearch, "GET", f"/{name}-health/_search?q=what:state")["hits"]["total"]
        assert found["value"] == len(SOURCES)
        for minutes, written in ((10, NOW), (70, NOW + 7 * HOUR / 6)):
            check(config, ledger, NOW + minutes * HOUR / 60, lambda: False)
            newest = {"aggs": {"newest": {"max": {"field": "written_at"}}}, "size": 0}
            told = server.ask(elasticsearch, "POST", f"/{name}-health/_search", newest)
            at_ms = told["aggregations"]["newest"]["value"]
            assert datetime.fromtimestamp(at_ms / 1000, UTC) == written, "once an hour, where nothing changes"
        assert publish(config, ledger, NOW + 2 * HOUR) >= len(SOURCES)
    server.drop(elasticsearch, name)


# -- kibana install -----------------------------------------------------------------------------------------


@dataclass
class Kibana:
    """Answers as Kibana does, and keeps what it was asked."""

    status: tuple[int, Any] = (200, {"status": {}, "version": {"number": "8.19.8"}})
    answer: tuple[int, Any] | None = None
    url: str = ""
    asked: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)

    def imported(self) -> list[dict[str, Any]]:
        """The objects of the last request, read as a form is."""
        _, _, headers, body = self.asked[-1]
        told = f"Content-Type: {headers['content-type']}\r\n\r\n".encode() + body
        form = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(told)
        (part,) = form.iter_parts()
        assert part.get_param("name", header="content-disposition") == "file"
        name = part.get_filename() or ""
        assert name.endswith(".ndjson"), "Kibana refuses a file of another name"
        content = part.get_payload(decode=True)
        assert isinstance(content, bytes)
        return [json.loads(line) for line in content.decode().splitlines() if line]


@contextmanager
def running(kibana: Kibana) -> Iterator[Kibana]:
    class Handler(BaseHTTPRequestHandler):
        def _take(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            headers = {name.lower(): value for name, value in self.headers.items()}
            kibana.asked.append((self.command, self.path, headers, self.rfile.read(length)))
            status, value = kibana.status
            if self.command == "POST":
                if "kbn-xsrf" not in headers:
                    kibana.answer = (400, {"message": "Request must contain a kbn-xsrf header."})
                status, value = kibana.answer or (200, self._success())
            said = value if isinstance(value, bytes) else json.dumps(value).encode()
            self.send_response(status)
            if 300 <= status < 400:
                self.send_header("Location", "http://elsewhere.example/")
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def _success(self) -> dict[str, Any]:
            return {"success": True, "successCount": len(kibana.imported()), "warnings": []}

        do_GET = do_POST = _take

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        kibana.url = f"http://127.0.0.1:{listening.server_port}"
        threading.Thread(target=listening.serve_forever, args=(0.02,), daemon=True).start()
        yield kibana
        listening.shutdown()


def marsad(*arguments: str, **environ: str) -> Result:
    names = ("KIBANA_URL", "KIBANA_API_KEY", "ELASTICSEARCH_API_KEY", "ELASTICSEARCH_CA_CERTS")
    return CliRunner().invoke(main, [*arguments], env={**dict.fromkeys(names), **environ})


def test_installing_sends_everything_as_kibana_wants_it(tmp_path: Path) -> None:
    with running(Kibana()) as kibana_server:
        done = marsad(
            "--home", str(tmp_path), "--set", "elasticsearch.index=presse", "kibana", "install",
            "--space", "desk", "--json", KIBANA_URL=kibana_server.url, KIBANA_API_KEY="c2VjcmV0",
        )  # fmt: skip
        assert done.exit_code == 0, done.output
        assert json.loads(done.stdout) == {
            "url": f"{kibana_server.url}/s/desk/app/dashboards#/view/{kibana.DASHBOARD}",
            "space": "desk",
            "objects": len(OBJECTS),
            "version": "8.19.8",
        }
        method, path, headers, _ = kibana_server.asked[-1]
        assert (method, path) == ("POST", "/s/desk/api/saved_objects/_import?overwrite=true")
        assert headers["kbn-xsrf"] and headers["authorization"] == "ApiKey c2VjcmV0"
        assert re.fullmatch(r"multipart/form-data; boundary=\w+", headers["content-type"])
        assert kibana_server.imported() == kibana.objects("presse")


def test_the_default_space_has_no_path_and_elasticsearchs_key_will_do(tmp_path: Path) -> None:
    with running(Kibana()) as kibana_server:
        arguments = ("--home", str(tmp_path), "kibana", "install", "--url", f"{kibana_server.url}/")
        done = marsad(*arguments, ELASTICSEARCH_API_KEY="a2V5")
        assert done.exit_code == 0, done.output
        assert f"{len(OBJECTS)} objects installed. Open {kibana_server.url}/app/dashboards" in done.stdout
        assert "the panels are empty until" in done.stderr
        done = marsad("--set", "index.engine=elasticsearch", *arguments)
        assert (done.exit_code, done.stderr) == (0, "")
        paths = [path for _, path, _, _ in kibana_server.asked]
        assert paths[:2] == ["/api/status", "/api/saved_objects/_import?overwrite=true"]
        assert [headers.get("authorization") for _, _, headers, _ in kibana_server.asked] == [
            "ApiKey a2V5", "ApiKey a2V5", None, None,
        ]  # fmt: skip


UP = Kibana().status
OLD = {"status": {}, "version": {"number": "7.17.9"}}
REFUSED = {
    "success": False,
    "successCount": 3,
    "errors": [{"type": "dashboard", "id": "marsad-dashboard", "error": {"type": "unsupported_type"}}],
}


@pytest.mark.parametrize(
    ("status", "answer", "said"),
    [
        ((401, {}), None, "refused the key, or wants one. Next: set KIBANA_API_KEY"),
        (UP, (403, {}), 'may not import saved objects. Next: give its role "Saved Objects Management: All"'),
        ((404, {}), None, "there is no such space, or no Kibana. Next: see --space and --url"),
        ((503, {}), None, "is not ready yet (503). Next: try again in a minute"),
        ((302, {}), None, "leads elsewhere (302 http://elsewhere.example/). Next: set --url"),
        ((200, b"<html>"), None, "is no Kibana. Next: set --url or KIBANA_URL"),
        ((200, {"tagline": "You Know, for Search"}), None, "is no Kibana. Next: set --url or KIBANA_URL"),
        ((200, OLD), None, "is Kibana 7.17.9, 8.11 or later is needed"),
        (UP, (200, REFUSED), f"took 3 of {len(OBJECTS)} objects: dashboard marsad-dashboard: unsupp"),
        (UP, (400, {"message": "Malformed"}), "400 Malformed"),
        (UP, (500, b"oops"), "500"),
    ],
)  # fmt: skip
def test_what_kibana_refuses_is_said_in_one_line(
    tmp_path: Path, status: tuple[int, Any], answer: tuple[int, Any] | None, said: str
) -> None:
    with running(Kibana(status, answer)) as kibana_server:
        done = marsad("--home", str(tmp_path), "kibana", "install", "--url", kibana_server.url)
        assert done.exit_code == 5, done.output
        assert said in done.stderr and done.stderr.count("\n") == 1


def test_a_kibana_that_is_not_there_is_told_with_the_next_move(tmp_path: Path) -> None:
    url = f"http://127.0.0.1:{server.free_port()}"
    done = marsad("--home", str(tmp_path), "kibana", "install", "--url", url)
    assert done.exit_code == 5
    assert f"{url} does not answer" in done.stderr and "Next: start Kibana, or set --url" in done.stderr


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (b"SSH-2.0-OpenSSH_9.2\r\n", "is no Kibana. Next: set --url"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{", "does not answer (IncompleteRead"),
    ],
)
def test_what_speaks_otherwise_or_breaks_off_is_told_in_one_line(
    tmp_path: Path, answer: bytes, said: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_answer, args=(listener, answer)).start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        done = marsad("--home", str(tmp_path), "kibana", "install", "--url", url)
    assert done.exit_code == 5, done.exception
    assert f"{url} {said}" in done.stderr and done.stderr.count("\n") == 1


def _answer(listener: socket.socket, answer: bytes) -> None:
    client, _ = listener.accept()
    with client:
        client.recv(1 << 16)
        client.sendall(answer)


def test_a_key_that_cannot_be_sent_and_a_password_in_the_url_are_not_shown(tmp_path: Path) -> None:
    install = ("--home", str(tmp_path), "kibana", "install", "--url")
    done = marsad(*install, "http://127.0.0.1:1", KIBANA_API_KEY="geheim\n")
    assert done.exit_code == 5 and "Next: set KIBANA_API_KEY" in done.stderr
    refused = marsad(*install, "http://elastic:geheim@kibana.example")
    assert refused.exit_code == 2 and "the key in KIBANA_API_KEY" in refused.stderr
    assert "geheim" not in done.output + refused.output + repr(refused.exception)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--url", "kibana:5601"), "expected a URL like https://kibana.example:5601"),
        (("--space", "The Desk"), "expected the id of a space"),
    ],
)
def test_what_can_be_no_url_or_space_is_refused(
    tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    done = marsad("--home", str(tmp_path), "kibana", "install", *arguments)
    assert done.exit_code == 2 and said in done.stderr
