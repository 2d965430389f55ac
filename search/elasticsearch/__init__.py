"""The engine of a team: Elasticsearch, with the same answers as the embedded one."""

from search.elasticsearch.index import ElasticEngine

__all__ = ["ElasticEngine"]
