"""Rules about who includes and links whom; the table is tools/include_table.toml."""

import re
import tomllib
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

from house.tree import Finding

TABLE = tomllib.loads((Path(__file__).parents[1] / "include_table.toml").read_text())

_INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
_CPP_HEADER = re.compile(r"[a-z_0-9]+$")
_LIBRARY = re.compile(r"weir_library\(\s*(\w+)\s+LINKS\s+([^)]*)\)")
_OURS = ("processors/", "sinks/", "tools/", "tests/")


def folder_of(path):
    """The folder of the table that a file belongs to: processors/fold, tests/runtime, proto, ..."""
    if path.startswith("weir/v1/"):
        return "proto"
    parents = PurePosixPath(path).parts[:-1]
    return "/".join(parents[:2])


def _entry(folder):
    """What the folder may include; None: anything of ours."""
    if any(fnmatchcase(folder, pattern) for pattern in TABLE["anything"]["folders"]):
        return None
    table = TABLE["folders"]
    wildcard = folder.split("/")[0] + "/*"
    return table.get(folder, table.get(wildcard if "/" in folder else folder, []))


def _allows(entry, header):
    if entry == "proto":
        return folder_of(header) == "proto"
    if entry.endswith(".h"):
        return header == f"processors/{entry}"
    folder = entry if entry.startswith("sinks/") else f"processors/{entry}"
    return folder_of(header) == folder


def _target(entry):
    """sinks/view and runtime/io.h: view, runtime."""
    return entry.removeprefix("sinks/").split("/")[0]


def _includes(tree, path):
    for number, line in tree.lines(path):
        if match := _INCLUDE.match(line):
            yield number, match.group(2)


def include_table(tree):
    for path in tree.cpp:
        folder = folder_of(path)
        allowed = _entry(folder)
        for number, header in _includes(tree, path):
            if not header.startswith(_OURS) and folder_of(header) != "proto":
                continue
            if folder_of(header) == folder or allowed is None:
                continue
            if not any(_allows(entry, header) for entry in allowed):
                yield Finding(path, number, f"{folder} may not include {header} "
                              "(tools/include_table.toml)")


def library_headers(tree):
    for path in tree.cpp:
        for number, header in _includes(tree, path):
            if header.startswith(_OURS) or _CPP_HEADER.match(header):
                continue
            libraries = [library for library in TABLE["libraries"].values()
                         if any(fnmatchcase(header, pattern) for pattern in library["headers"])]
            if not libraries:
                yield Finding(path, number, f"{header} is neither a path from the root nor "
                              "of a library in tools/include_table.toml")
            elif not any(fnmatchcase(path, pattern)
                         for library in libraries for pattern in library["files"]):
                places = ", ".join(p for library in libraries for p in library["files"])
                yield Finding(path, number, f"{header} may be included only in {places}")


def link_lists(tree):
    targets = {folder_of(p) for p in tree.paths if re.fullmatch(
        r"(?:processors|sinks)/\w+/CMakeLists\.txt", p)}
    for folder in sorted(targets):
        path = f"{folder}/CMakeLists.txt"
        match = _LIBRARY.search(tree.text(path))
        if not match or match.group(1) != folder.split("/")[1]:
            yield Finding(path, 0, f"declares no weir_library({folder.split('/')[1]} LINKS ...)")
            continue
        linked = match.group(2).split()
        ours = {target for target in linked if target.startswith("weir_")}
        wanted = {f"weir_{_target(entry)}" for entry in _entry(folder)
                  if entry == "proto" or {entry, f"processors/{_target(entry)}"} & targets}
        for target in sorted(wanted - ours):
            yield Finding(path, 1, f"does not link {target}, which the include table allows")
        for target in sorted(ours - wanted):
            yield Finding(path, 1, f"links {target}, which the include table does not allow")
        for target in sorted(set(linked) - ours):
            if not _may_link(folder, target):
                yield Finding(path, 1, f"links {target}, whose headers no file here may include")


def _may_link(folder, target):
    return any(any(fnmatchcase(target, pattern) for pattern in library["targets"])
               and any(place.startswith(folder + "/") or fnmatchcase(folder + "/", place)
                       for place in library["files"])
               for library in TABLE["libraries"].values())
