"""Prints what failed in a JUnit report, as ctest writes it, each with the end of what it said, and
then the numbers: N passed, N failed, N skipped."""

import sys
import xml.etree.ElementTree as xml


def outcome(case):
    """A test that ctest could not start is a failure, though the report calls it skipped."""
    if case.get("status") == "run":
        return "passed"
    skipped = case.find("skipped")
    is_skipped = skipped is not None and skipped.get("message", "").startswith("SKIP_")
    return "skipped" if is_skipped else "failed"


def last_words(case, limit=15):
    """The last lines of what a test printed, indented, without GoogleTest's frame."""
    lines = [line for line in (case.findtext("system-out") or "").splitlines()
             if line.strip() and not line.startswith("[") and "FAILED TEST" not in line]
    return [f"    {line[:300]}" for line in lines[-limit:]]


if __name__ == "__main__":
    cases = list(xml.parse(sys.argv[1]).getroot().iter("testcase"))
    outcomes = [outcome(case) for case in cases]
    for case, kind in zip(cases, outcomes):
        if kind == "failed":
            print(f"failed: {case.get('name')}", *last_words(case), sep="\n")
    print(", ".join(f"{outcomes.count(kind)} {kind}" for kind in ("passed", "failed", "skipped")))
