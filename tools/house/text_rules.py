"""Rules about lines, sizes and words."""

import re

from house.cpp import constructors, functions
from house.tree import Finding

HEADER_LINES = 219
SOURCE_LINES = 400
FUNCTION_LINES = 70
LINE_COLUMNS = 100
CONSTRUCTOR_ARGUMENTS = 4

# Written apart, so that this file keeps its own rule.
_UNFINISHED = re.compile(r"\b(?:TO" r"DO|FIX" r"ME|XX" r"X)\b|\bDIS" r"ABLED_\w+")
_SILENCED = re.compile(r"NO" r"LINT")
_SILENCED_WITH_REASON = re.compile(r"NO" r"LINT(?:NEXTLINE|BEGIN|END)?\([\w.,* -]+\): \S.{7,}")
_SKIP = re.compile(r"\bGTEST_" r"SKIP\b")
_MACHINE_PATH = re.compile(r"(?<![\w.~$})/])/(?:work|home|root|Users|mnt)/[\w.]")
_HOST = re.compile(
    r"(?:[\w-]+\.)*(?:debian\.org|pypi\.org|pythonhosted\.org|npmjs\.(?:org|com)|crates\.io|"
    r"golang\.org|maven\.org|docker\.io|ghcr\.io|quay\.io)\b"
    r"|https?://[\w.-]*(?:registry|mirror|proxy|artifactory|nexus)[\w.-]*"
    r"|https?://[\w.-]+\.(?:internal|local|lan)\b")


def line_length(tree):
    for path in tree.code:
        for number, line in tree.lines(path):
            if len(line) > LINE_COLUMNS:
                yield Finding(path, number, f"{len(line)} columns; at most {LINE_COLUMNS}")


def file_size(tree):
    for path in tree.code:
        lines = tree.text(path).count("\n")
        limit = HEADER_LINES if path.endswith(".h") else SOURCE_LINES
        if lines > limit:
            yield Finding(path, 0, f"{lines} lines; at most {limit}: split it by meaning")


def function_size(tree):
    for path in tree.cpp:
        for function in functions(tree.text(path)):
            if function.lines > FUNCTION_LINES:
                yield Finding(path, function.line, f"{function.name} has {function.lines} lines; "
                              f"at most {FUNCTION_LINES}")


def constructor_arguments(tree):
    for path in tree.cpp:
        for constructor in constructors(tree.text(path)):
            if constructor.arguments > CONSTRUCTOR_ARGUMENTS:
                yield Finding(path, constructor.line, f"{constructor.name}'s constructor takes "
                              f"{constructor.arguments} arguments; at most "
                              f"{CONSTRUCTOR_ARGUMENTS}: name them in a struct")


def unfinished(tree):
    for path in tree.code:
        for number, line in tree.lines(path):
            if match := _UNFINISHED.search(line):
                yield Finding(path, number, f"'{match.group()}': finish it, or file an issue")


def silenced(tree):
    for path in tree.code:
        for number, line in tree.lines(path):
            if _SILENCED.search(line) and not _SILENCED_WITH_REASON.search(line):
                yield Finding(path, number, "a silenced check names it and says why: "
                              "// NO" "LINTNEXTLINE(check-name): the reason")


def skipped_test(tree):
    for path in tree.cpp:
        lines = tree.text(path).splitlines()
        for number, line in tree.lines(path):
            near = " ".join(lines[max(0, number - 6):number + 2])
            if _SKIP.search(line) and "shared/data" not in near:
                yield Finding(path, number, "a test may be skipped only where ../shared/data is "
                              "absent; the message names that folder")


def machine_names(tree):
    for path in tree.paths:
        for number, line in tree.lines(path):
            if match := _MACHINE_PATH.search(line):
                yield Finding(path, number, f"'{match.group()}' is a path of one machine: make it "
                              "relative")
            if match := _HOST.search(line):
                yield Finding(path, number, f"'{match.group()}': write no registry's host here")
