"""Whether the server's Java knows the time zone as we do.

Days and hours are worked out by Marsad and indexed as numbers, so none of its own counts depends on it.
Kibana's charts do: with data older than September 2026 a server puts the hour before Morocco's midnight into
the next day.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING

from config.zones import zone

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch


def stale(client: Elasticsearch, index: str, zone_name: str, now: datetime) -> str:
    """What is wrong with the server's data of the zone, in one line; empty if nothing.

    Every day of last year, this one and the next is looked at.
    """
    first, last = date(now.year - 1, 1, 1), date(now.year + 1, 12, 31)
    noon = timedelta(hours=12)
    here = zone(zone_name)
    days = {
        "field": "at",
        "calendar_interval": "day",
        "time_zone": zone_name,
        "min_doc_count": 0,
        # Buckets without a document are enough: the server says when each day begins.
        "extended_bounds": {
            "min": (_begins(first, here) + noon).isoformat(),
            "max": (_begins(last, here) + noon).isoformat(),
        },
    }
    answer = client.search(
        index=index, query={"match_none": {}}, size=0, aggs={"days": {"date_histogram": days}}
    )
    there = {bucket["key"] for bucket in answer["aggregations"]["days"]["buckets"]}
    ours = (date.fromordinal(day) for day in range(first.toordinal(), last.toordinal() + 1))
    wrong = [day for day in ours if _begins(day, here).timestamp() * 1000 not in there]
    if not wrong:
        return ""
    return (
        f"the server's time zone data are not ours: {len(wrong)} days from {wrong[0]} on begin at another "
        f"hour in {zone_name}. Marsad's own counts do not depend on it, charts of Kibana do. "
        "Next: give the server's Java newer data (docs/elasticsearch.md, Answers)"
    )


def _begins(day: date, here: tzinfo) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=here)
