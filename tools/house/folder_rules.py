"""Rules about folders and the documents in them."""

import re
from pathlib import PurePosixPath

from house.tree import Finding

# Folders of data under a folder whose README speaks for them.
_DATA = re.compile(
    r"tests/fuzz/corpus(/.*)?|tests/[^/]+/(?:golden|data|samples)|proto/weir(/otlp)?(/v\d+)?")
_LINK = re.compile(r"(?<!!)\[[^\]\n]*\]\(([^)\s]+)\)|!\[[^\]\n]*\]\(([^)\s]+)\)")
_FENCE = re.compile(r"^\s*```")
_CODE = re.compile(r"`[^`]*`")


def folder_readme(tree):
    paths, folders = set(tree.paths), set(tree.folders)
    for folder in tree.folders:
        mirrors = folder.startswith("tests/") and not folders.isdisjoint(
            {folder.replace("tests/", "processors/"), folder.replace("tests/", "sinks/")})
        if folder.startswith(".") or _DATA.fullmatch(folder) or mirrors:
            continue
        readme = f"{folder}/README.md"
        if readme not in paths:
            yield Finding(folder, 0, "has no README.md that says what belongs there and what not")
        elif "not belong here" not in " ".join(tree.text(readme).split()):
            yield Finding(readme, 0, "says nowhere, in these words, what does not belong here")


def markdown_links(tree):
    known = set(tree.paths) | set(tree.folders)
    for path in tree.markdown:
        fenced = False
        for number, line in tree.lines(path):
            if _FENCE.match(line):
                fenced = not fenced
            if fenced:
                continue
            for match in _LINK.finditer(_CODE.sub("", line)):
                target = match.group(1) or match.group(2)
                if re.match(r"[a-z][a-z0-9+.-]*:|#", target):
                    continue
                if _resolve(path, target) not in known:
                    yield Finding(path, number, f"the link to {target} leads nowhere")


def _resolve(path, target):
    parts = list(PurePosixPath(path).parent.parts)
    for part in PurePosixPath(target.split("#")[0]).parts:
        if part == "..":
            if not parts:
                return None
            parts.pop()
        elif part != ".":
            parts.append(part)
    return "/".join(parts)
