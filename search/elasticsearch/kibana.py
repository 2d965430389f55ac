"""What Kibana shows of an index: data views, saved searches and one dashboard, as it imports them.

``kibana/marsad.ndjson`` is what :func:`ndjson` makes for the index ``marsad``; ``marsad kibana install``
makes it for the one that is configured.  The panels are plain aggregations, which every Kibana from 8.11 on
draws, 9 among them; it brings objects of an older form up to its own.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from search.elasticsearch.health import index_name

Object = dict[str, Any]

ARTICLES = "marsad-articles"
HEALTH = "marsad-health"
DASHBOARD = "marsad-dashboard"
"""Ids of what is installed begin with ``marsad-``: installing again replaces them and nothing else."""

_CORE = "8.8.0"
_VERSIONS = {"index-pattern": "8.0.0", "search": "8.0.0", "visualization": "8.5.0", "dashboard": "8.9.0"}
"""The form in which each sort of object is written here; none is newer than Kibana 8.11 knows."""
_SHOWN = "shown : 1"
"""What nearly every search of ours keeps to."""
_WIDTH = 48
"""Columns of a dashboard."""


@dataclass(frozen=True, slots=True)
class _Panel:
    id: str
    title: str
    kind: str
    """``histogram``, ``horizontal_bar``, ``table``, ``metric``; ``search`` is a saved search."""
    width: int
    height: int
    view: str = ARTICLES
    query: str = _SHOWN
    aggs: Sequence[Object] = field(default=())


def ndjson(index: str) -> str:
    """Every object, one a line, those first that others name."""
    return "".join(json.dumps(one, ensure_ascii=False, sort_keys=True) + "\n" for one in objects(index))


def objects(index: str) -> list[Object]:
    """Every object for the articles of *index*."""
    return [
        _view(ARTICLES, index, "Marsad: articles"),
        _view(HEALTH, index_name(index), "Marsad: crawl health"),
        *_searches(),
        *[_drawn(panel) for panel in _PANELS if panel.kind != "search"],
        _dashboard(),
    ]


def _object(kind: str, name: str, attributes: Object, references: Sequence[Object] = ()) -> Object:
    return {
        "type": kind,
        "id": name,
        "attributes": attributes,
        "references": list(references),
        "coreMigrationVersion": _CORE,
        "typeMigrationVersion": _VERSIONS[kind],
        "managed": False,
    }


def _view(name: str, title: str, shown_as: str) -> Object:
    link = {"url": {"id": "url", "params": {"openLinkInCurrentTab": False}}}
    return _object(
        "index-pattern",
        name,
        {
            "title": title,
            "name": shown_as,
            "timeFieldName": "at",
            "fields": "[]",
            "fieldFormatMap": json.dumps(link if name == ARTICLES else {}),
            "sourceFilters": "[]",
            "runtimeFieldMap": "{}",
        },
    )


def _source(view: str, query: str) -> tuple[Object, list[Object]]:
    """Where an object's documents are from, and the reference that it needs for that."""
    name = "kibanaSavedObjectMeta.searchSourceJSON.index"
    told = {"query": {"query": query, "language": "kuery"}, "filter": [], "indexRefName": name}
    return {"searchSourceJSON": json.dumps(told)}, [{"name": name, "type": "index-pattern", "id": view}]


# -- saved searches -----------------------------------------------------------------------------------------

_READ = ("source", "lang", "title.ar", "title.fr", "title.en", "title.es", "kind", "url")


def _searches() -> list[Object]:
    return [
        _search("marsad-latest", "Marsad: latest articles", ARTICLES, _SHOWN, _READ),
        _search("marsad-denials", "Marsad: denials", ARTICLES, f"{_SHOWN} and kind : denial", _READ),
        _search("marsad-removed", "Marsad: taken down", ARTICLES, "has : removed", (*_READ, "removed_at")),
        _search(
            "marsad-needy",
            "Marsad: sources that need a person",
            HEALTH,
            "what : state and needy : true",
            ("source", "state", "since", "reason", "next"),
        ),
    ]


def _search(name: str, title: str, view: str, query: str, columns: Sequence[str]) -> Object:
    meta, references = _source(view, query)
    return _object(
        "search",
        name,
        {
            "title": title,
            "description": "",
            "columns": list(columns),
            "sort": [["at", "desc"]],
            "grid": {},
            "hideChart": view == HEALTH,
            "kibanaSavedObjectMeta": meta,
        },
        references,
    )


# -- the dashboard ------------------------------------------------------------------------------------------


def _agg(number: int, kind: str, schema: str, **params: Any) -> Object:
    return {"id": str(number), "enabled": True, "type": kind, "schema": schema, "params": params}


def _count(label: str = "Articles") -> Object:
    return _agg(1, "count", "metric", customLabel=label)


def _over_time() -> Object:
    return _agg(
        2, "date_histogram", "segment", field="at", interval="auto", min_doc_count=0, drop_partials=False,
        useNormalizedEsInterval=True, extended_bounds={}, scaleMetricValues=False,
    )  # fmt: skip


def _by(name: str, size: int, *, schema: str, number: int = 3) -> Object:
    return _agg(
        number, "terms", schema, field=name, size=size, orderBy="1", order="desc",
        otherBucket=schema == "group", otherBucketLabel="others", missingBucket=False,
    )  # fmt: skip


_PANELS = (
    _Panel(
        "marsad-totals", "Articles, stories, outlets", "metric", 48, 6,
        aggs=[_count(), _agg(2, "cardinality", "metric", field="story", customLabel="Stories"),
              _agg(3, "cardinality", "metric", field="source", customLabel="Outlets")],
    ),
    _Panel("marsad-by-scope", "Coverage over time, by scope", "histogram", 24, 14,
           aggs=[_count(), _over_time(), _by("scope", 5, schema="group")]),
    _Panel("marsad-by-language", "Coverage over time, by language", "histogram", 24, 14,
           aggs=[_count(), _over_time(), _by("lang", 6, schema="group")]),
    _Panel("marsad-outlets", "Top outlets", "horizontal_bar", 16, 16,
           aggs=[_count(), _by("source", 20, schema="segment")]),
    _Panel("marsad-institutions", "Institutions", "horizontal_bar", 16, 16,
           aggs=[_count(), _by("institution", 20, schema="segment")]),
    _Panel("marsad-kinds", "Forms and topics", "horizontal_bar", 16, 16,
           aggs=[_count(), _by("kind", 20, schema="segment")]),
    _Panel("marsad-gaps", "Gaps: hours not collected, by scope", "histogram", 24, 14,
           view=HEALTH, query="what : gap",
           aggs=[_agg(1, "sum", "metric", field="hours", customLabel="Hours"), _over_time(),
                 _by("scope", 5, schema="group")]),
    _Panel("marsad-gap-sources", "Gaps: the sources that lack most", "table", 24, 14,
           view=HEALTH, query="what : gap",
           aggs=[_agg(1, "sum", "metric", field="hours", customLabel="Hours"),
                 _by("source", 20, schema="bucket"), _by("reason", 1, schema="bucket", number=4)]),
    _Panel("marsad-visits", "Crawl health: visits that failed, new links", "histogram", 24, 14,
           view=HEALTH, query="what : visits",
           aggs=[_agg(1, "sum", "metric", field="failed", customLabel="Failed visits"),
                 _agg(3, "sum", "metric", field="new", customLabel="New links"), _over_time()]),
    _Panel("marsad-states", "Crawl health: sources by state", "table", 24, 14,
           view=HEALTH, query="what : state",
           aggs=[_count("Sources"), _by("state", 10, schema="bucket")]),
    _Panel("marsad-needy", "Sources that need a person", "search", 48, 14, view=HEALTH),
    _Panel("marsad-latest", "Latest articles", "search", 48, 18),
)  # fmt: skip


def _drawn(panel: _Panel) -> Object:
    meta, references = _source(panel.view, panel.query)
    state = {
        "title": panel.title,
        "type": panel.kind,
        "aggs": list(panel.aggs),
        "params": _params(panel),
    }
    return _object(
        "visualization",
        panel.id,
        {
            "title": f"Marsad: {panel.title}",
            "description": "",
            "visState": json.dumps(state, ensure_ascii=False),
            "uiStateJSON": "{}",
            "version": 1,
            "kibanaSavedObjectMeta": meta,
        },
        references,
    )


def _params(panel: _Panel) -> Object:
    if panel.kind == "metric":
        return {"type": "metric", "addTooltip": True, "addLegend": False, "metric": {"colorMode": "None"}}
    if panel.kind == "table":
        return {"perPage": 10, "showPartialRows": False, "showTotal": True, "totalFunc": "sum"}
    across = panel.kind == "horizontal_bar"
    metrics = [agg for agg in panel.aggs if agg["schema"] == "metric"]
    return {
        "type": panel.kind,
        "addLegend": not across,
        "legendPosition": "right",
        "addTooltip": True,
        "categoryAxes": [
            {"id": "CategoryAxis-1", "type": "category", "position": "left" if across else "bottom",
             "show": True, "scale": {"type": "linear"}, "labels": {"show": True, "truncate": 100},
             "title": {}},
        ],
        "valueAxes": [
            {"id": "ValueAxis-1", "name": "LeftAxis-1", "type": "value",
             "position": "bottom" if across else "left", "show": True,
             "scale": {"type": "linear", "mode": "normal"}, "labels": {"show": True}, "title": {}},
        ],
        "seriesParams": [
            {"type": "histogram", "mode": "stacked", "show": True, "valueAxis": "ValueAxis-1",
             "data": {"id": agg["id"], "label": agg["params"]["customLabel"]}}
            for agg in metrics
        ],
        "grid": {"categoryLines": False},
    }  # fmt: skip


def _dashboard() -> Object:
    panels, references = [], []
    x = y = height = 0
    for number, panel in enumerate(_PANELS, 1):
        kind = "search" if panel.kind == "search" else "visualization"
        if x + panel.width > _WIDTH:
            x, y, height = 0, y + height, 0
        place = {"x": x, "y": y, "w": panel.width, "h": panel.height, "i": str(number)}
        panels.append(
            {
                "type": kind,
                "panelIndex": str(number),
                "panelRefName": f"panel_{number}",
                "gridData": place,
                "embeddableConfig": {"enhancements": {}},
                "title": panel.title,
                "version": "8.11.0",
            }
        )
        references.append({"name": f"{number}:panel_{number}", "type": kind, "id": panel.id})
        x, height = x + panel.width, max(height, panel.height)
    nothing = {"query": {"query": "", "language": "kuery"}, "filter": []}
    return _object(
        "dashboard",
        DASHBOARD,
        {
            "title": "Marsad",
            "description": "Coverage by scope and language, outlets, institutions, gaps and crawl health.",
            "panelsJSON": json.dumps(panels, ensure_ascii=False),
            "optionsJSON": json.dumps({"useMargins": True, "syncColors": True, "hidePanelTitles": False}),
            "timeRestore": True,
            "timeFrom": "now-30d/d",
            "timeTo": "now",
            "refreshInterval": {"pause": True, "value": 60_000},
            "version": 1,
            "kibanaSavedObjectMeta": {"searchSourceJSON": json.dumps(nothing)},
        },
        references,
    )
