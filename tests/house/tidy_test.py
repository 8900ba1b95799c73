#!/usr/bin/env python3
"""Tests of the checker: each rule catches a bad sample, at its line, and lets a good one pass."""

import json
import re
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "tools"))

from house import clang, cpp, folder_rules, include_rules, text_rules
from house.tree import Tree

LINT = "NO" "LINT"


class RuleTest(unittest.TestCase):
    def findings(self, rule, files):
        """'path:line' of what the rule finds in these files, in a folder of their own."""
        with tempfile.TemporaryDirectory() as folder:
            for path, text in files.items():
                file = Path(folder) / path
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text)
            return [re.match(r"[^:]+(:\d+)?", str(f)).group() for f in rule(Tree(folder, files))]


class TextRules(RuleTest):
    def test_line_length(self):
        self.assertEqual(["a.cc:2", "tools/x:2"], self.findings(text_rules.line_length, {
            "a.cc": "\n" + "x" * 101, "b.h": "x" * 100, "tools/x": "#!/bin/sh\n" + "x" * 101,
            "data.json": "x" * 101}))

    def test_file_size(self):
        self.assertEqual(["long.cc", "long.h"], self.findings(text_rules.file_size, {
            "long.h": "\n" * 220, "long.cc": "\n" * 401, "a.h": "\n" * 219, "a.cc": "\n" * 400}))

    def test_function_size(self):
        body = "  f();\n" * 68
        self.assertEqual(["a.cc:4"], self.findings(text_rules.function_size, {
            "a.cc": ("namespace n {\nint f() { return 1; }\n\nvoid g(int a,\n       int b) {\n"
                     + body + "}\n}\n"),
            "b.cc": "void g() {\n" + body + "}\n"}))

    def test_constructor_arguments(self):
        self.assertEqual(["a.h:2"], self.findings(text_rules.constructor_arguments, {
            "a.h": "class A {\n  A(int a, int b, int c, int d,\n    std::map<int, int> e);\n};\n",
            "b.h": ("class B {\n public:\n"
                    "  B(int a, int b, int c, std::map<int, int> d) : a_{a} {}\n"
                    "  void f(int a, int b, int c, int d, int e);\n};\n")}))

    def test_unfinished(self):
        self.assertEqual(["a.cc:1", "a.cc:2", "b.proto:1"], self.findings(text_rules.unfinished, {
            "a.cc": "// TO" "DO: later\nTEST(A, DIS" "ABLED_b) {}\n", "b.proto": "// FIX" "ME\n",
            "c.cc": "int todo;\n", "d.md": "no TO" "DO\n"}))

    def test_silenced(self):
        self.assertEqual(["a.cc:1", "a.cc:2"], self.findings(text_rules.silenced, {
            "a.cc": f"int a; // {LINT}\nint b; // {LINT}(bugprone-x)\n",
            "b.cc": f"int a; // {LINT}(bugprone-x): the C interface wants it\n"}))

    def test_skipped_test(self):
        self.assertEqual(["a.cc:1"], self.findings(text_rules.skipped_test, {
            "a.cc": "GTEST_" "SKIP() << \"too slow\";\n",
            "b.cc": "GTEST_" "SKIP()\n    << \"../shared/data is not here\";\n"}))

    def test_machine_names(self):
        self.assertEqual(["a.md:1", "b.sh:1"], self.findings(text_rules.machine_names, {
            "a.md": "cd /ho" "me/me/weir\n", "b.sh": "pip -i https://py" "pi.org/simple\n",
            "c.md": "cd ../shared/data; see https://example.com/home/page\n"}))


class IncludeRules(RuleTest):
    def test_include_table(self):
        self.assertEqual(
            ["processors/core/a.h:1", "processors/cost/a.cc:1", "processors/kpi/a.cc:1",
             "sinks/webhook/a.cc:1"],
            self.findings(include_rules.include_table, {
                "processors/core/a.h": '#include "processors/state/store.h"\n',
                "processors/kpi/a.cc": '#include "processors/fold/fold.h"\n',
                "processors/cost/a.cc": '#include "processors/state/rocksdb_store.h"\n'
                                       '#include "processors/state/store.h"\n'
                                       '#include "weir/v1/kpi.pb.h"\n',
                "sinks/webhook/a.cc": '#include "processors/kpi/kpi.h"\n',
                "tools/weir/main.cc": '#include "processors/kpi/kpi.h"\n'}))

    def test_library_headers(self):
        self.assertEqual(
            ["processors/kpi/a.cc:2", "processors/kpi/b.cc:1", "processors/kpi/c.cc:1",
             "processors/state/memory.cc:1"],
            self.findings(include_rules.library_headers, {
                "processors/kpi/a.cc": "#include <vector>\n#include <yaml-cpp/yaml.h>\n",
                "processors/kpi/b.cc": "#include <unistd.h>\n",
                "processors/kpi/c.cc": "#include <obscure/thing.h>\n",
                "processors/state/memory.cc": "#include <rocksdb/db.h>\n",
                "processors/state/rocksdb_store.cc": "#include <rocksdb/db.h>\n"}))

    def test_link_lists(self):
        core = {"processors/core/CMakeLists.txt": "weir_library(core LINKS fmt::fmt)\n"}
        path = "processors/sketches/CMakeLists.txt"
        self.assertEqual([], self.findings(include_rules.link_lists, core | {
            path: "weir_library(sketches LINKS weir_core)\n"}))
        for wrong in ("weir_library(sketches LINKS fmt::fmt)\n",
                      "weir_library(sketches LINKS weir_core weir_state)\n",
                      "weir_library(sketches LINKS weir_core RocksDB::rocksdb-shared)\n"):
            self.assertEqual([path + ":1"], self.findings(include_rules.link_lists,
                                                          core | {path: wrong}))
        self.assertEqual([path], self.findings(include_rules.link_lists,
                                               core | {path: "add_library(sketches)\n"}))


class FolderRules(RuleTest):
    def test_folder_readme(self):
        told = "What does not\nbelong here: the rest.\n"
        self.assertEqual(["processors/kpi", "tests/README.md"], self.findings(
            folder_rules.folder_readme, {
                "processors/README.md": told, "processors/kpi/kpi.h": "",
                "processors/fold/README.md": told, "processors/fold/fold.h": "", ".ci/run": "",
                "tests/README.md": "What belongs here.\n", "tests/fold/fold_test.cc": ""}))

    def test_markdown_links(self):
        self.assertEqual(["a/README.md:1", "a/README.md:2"], self.findings(
            folder_rules.markdown_links, {
                "a/README.md": "[gone](gone.md)\n[out](../../b)\n[there](../b/c.md#part) "
                               "[web](https://example.com) `[code](x)`\n```\n[sample](x)\n```\n",
                "b/c.md": "[folder](../a)\n"}))


class ClangRules(RuleTest):
    def test_clang_format(self):
        self.assertEqual(["bad.cc"], self.findings(clang.clang_format, {
            ".clang-format": (ROOT / ".clang-format").read_text(),
            "bad.cc": "int  a;\n", "good.cc": "int a;\n"}))

    def test_clang_tidy(self):
        sources = {"bad.cc": "int WrongName() { return 1; }\n",
                   "good.cc": "int right_name() { return 1; }\n",
                   "unbuilt.cc": "int WrongName() { return 1; }\n"}
        with tempfile.TemporaryDirectory() as folder:
            build = Path(folder) / "build" / "release"
            build.mkdir(parents=True)
            (build / "compile_commands.json").write_text(json.dumps(
                [{"directory": folder, "file": f"{folder}/{name}", "command": f"c++ -c {name}"}
                 for name in ("bad.cc", "good.cc")]))
            (Path(folder) / ".clang-tidy").write_text((ROOT / ".clang-tidy").read_text())
            for name, text in sources.items():
                (Path(folder) / name).write_text(text)
            tree = Tree(folder, sources)
            results = clang.clang_tidy(tree, list(sources), None)
            out_of_time = clang.clang_tidy(tree, ["bad.cc"], -1)
        self.assertEqual(["bad.cc:1"], [f"{f.path}:{f.line}" for f in results["bad.cc"]])
        self.assertEqual([], results["good.cc"])
        self.assertIsNone(results["unbuilt.cc"])
        self.assertEqual({"bad.cc": None}, out_of_time)

    def test_a_changed_header_is_seen_through_a_source(self):
        with tempfile.TemporaryDirectory() as folder:
            for path, text in {"a.h": "", "a.cc": "", "b.h": "", "c.cc": '#include "b.h"\n',
                               "d.h": ""}.items():
                (Path(folder) / path).write_text(text)
            tree = Tree(folder, ["a.h", "a.cc", "b.h", "c.cc", "d.h"])
            self.assertEqual(["a.cc", "c.cc"], clang.sources_for(tree, ["a.h", "b.h", "d.h"]))


class Cpp(unittest.TestCase):
    def test_literals_comments_and_separators_do_not_mislead(self):
        text = ('#define OPEN {\nconst char* a = "{";  // {\nint b = 1\'0;\nchar c = \'{\';\n'
                'const char* d = R"({)";\n/* { */\nvoid f() {\n  int x{1};\n}\n')
        self.assertEqual([("f", 7, 3)],
                         [(f.name, f.line, f.lines) for f in cpp.functions(text)])

    def test_initialisers_and_lambdas_belong_to_their_function(self):
        text = ("struct A : B {\n  explicit A(int x)\n      : x_{x} {\n"
                "    g([] { return 1; });\n  }\n  int x_{};\n};\n")
        self.assertEqual([("A", 2, 4)], [(f.name, f.line, f.lines) for f in cpp.functions(text)])
        self.assertEqual([("A", 1)], [(c.name, c.arguments) for c in cpp.constructors(text)])


if __name__ == "__main__":
    unittest.main()
