"""Prints the numbers of a JUnit report, as ctest writes it: N passed, N failed, N skipped."""

import sys
import xml.etree.ElementTree as xml


def total(report):
    cases = xml.parse(report).getroot().iter("testcase")
    outcomes = [("failed" if case.find("failure") is not None or case.get("status") == "fail" else
                 "passed" if case.get("status") == "run" else "skipped") for case in cases]
    return {name: outcomes.count(name) for name in ("passed", "failed", "skipped")}


if __name__ == "__main__":
    print(", ".join(f"{count} {name}" for name, count in total(sys.argv[1]).items()))
