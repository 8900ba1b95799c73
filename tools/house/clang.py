"""The two checks that are Clang's: clang-format on everything, clang-tidy on what changed."""

import json
import os
import re
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

from house.tree import CPP, Finding

FORMAT = "clang-format-19"
TIDY = "clang-tidy-19"


def clang_format(tree):
    if not tree.cpp:
        return
    run = subprocess.run([FORMAT, "--dry-run", "-Werror", *tree.cpp], cwd=tree.root,
                         capture_output=True, text=True)
    found = set(re.findall(r"^(\S+?):\d+:\d+: error: code should be clang-formatted", run.stderr,
                           re.MULTILINE))
    for path in sorted(found):
        yield Finding(path, 0, f"run {FORMAT} -i {path}")
    if run.returncode and not found:
        yield Finding(".clang-format", 0, run.stderr.strip().split("\n")[0])


def changed_files(root):
    """C++ files that differ from where this branch left the main line, or from the last commit if
    it has not left, with what is not committed."""
    def git(*arguments):
        run = subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, text=True)
        return run.stdout.split("\n")[:-1] if run.returncode == 0 else []

    head = git("rev-parse", "HEAD")
    base = next((b for name in ("origin/HEAD", "origin/main", "main")
                 if (b := git("merge-base", "HEAD", name)) and b != head), ["HEAD~1"])
    changed = set(git("diff", "--name-only", "--diff-filter=d", base[0]))
    changed |= set(git("ls-files", "--others", "--exclude-standard"))
    return sorted(p for p in changed if p.endswith(CPP))


def sources_for(tree, changed):
    """The .cc files that show a change: themselves, and for a header the source beside it or the
    first that includes it."""
    sources = [p for p in tree.cpp if p.endswith(".cc")]
    wanted = {p for p in changed if p.endswith(".cc")}
    for header in (p for p in changed if p.endswith(".h")):
        beside = header[:-2] + ".cc"
        seen_by = [beside] if beside in sources else [
            p for p in sources if f'#include "{header}"' in tree.text(p)]
        wanted |= set(seen_by[:1])
    return sorted(wanted & set(sources))


def build_of(root):
    """{source: the folder of the build that compiles it}, of the builds that there are: the benches
    are in one, the fuzz targets in another."""
    builds = {}
    for preset in ("dev", "release", "asan-ubsan"):
        commands = root / "build" / preset / "compile_commands.json"
        if commands.is_file():
            for entry in json.loads(commands.read_text()):
                builds[os.path.relpath(entry["file"], root)] = commands.parent
    return builds


def clang_tidy(tree, sources, budget_s):
    """Runs clang-tidy over the sources with all cores, starting none after the budget (None: no
    limit). Returns {source: findings, or None where the budget did not reach it or no build here
    compiles it}."""
    deadline = None if budget_s is None else time.monotonic() + budget_s
    builds = build_of(tree.root)

    def check(source):
        if source not in builds or (deadline is not None and time.monotonic() > deadline):
            return None
        run = subprocess.run([TIDY, "--quiet", "-p", str(builds[source]), source], cwd=tree.root,
                             capture_output=True, text=True)
        findings = [Finding(os.path.relpath(tree.root / path, tree.root), int(line), text)
                    for path, line, text in re.findall(
                        r"^(\S+?):(\d+):\d+: error: (.*)$", run.stdout, re.MULTILINE)]
        if run.returncode and not findings:
            findings = [Finding(source, 0, (run.stdout + run.stderr).strip().split("\n")[-1])]
        return findings

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return dict(zip(sources, pool.map(check, sources)))
