#include "processors/config/document.h"

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "processors/core/time.h"

namespace weir::config {
namespace {

Document parsed(std::string text) {
  auto document = Document::parse("weir.yaml", std::move(text));
  EXPECT_TRUE(document) << document.error().message;
  return *std::move(document);
}

std::string error_of(const Result<void>& result) { return result ? "ok" : result.error().message; }

std::string parse_error(std::string text) {
  const auto document = Document::parse("weir.yaml", std::move(text));
  return document ? "ok" : document.error().message;
}

/// Everything that these tests read, in one line.
std::string read_all(const Section& root) {
  std::string name = "-";
  bool on = false;
  std::int64_t count = -1;
  std::uint64_t memory = 7;
  DurationUs interval = 7;
  std::vector<std::string> names;
  root.string("name", name);
  root.boolean("on", on);
  root.integer("count", count);
  root.bytes("memory", memory);
  root.duration("interval", interval);
  root.strings("names", names);
  return fmt::format("{} {} {} {} {} [{}]", name, on, count, memory, interval,
                     fmt::join(names, "|"));
}

TEST(Document, ReadsEveryType) {
  Document document = parsed(
      "name: 'a: b'\n"
      "on: true\n"
      "count: -12\n"
      "memory: 2MiB\n"
      "interval: 250ms\n"
      "names: [x, \"y z\"]\n");
  EXPECT_EQ(read_all(document.root()), "a: b true -12 2097152 250000 [x|y z]");
  EXPECT_EQ(error_of(document.finish()), "ok");
}

TEST(Document, AbsentKeysLeaveDefaults) {
  for (const char* text : {"", "# nothing\n", "---\n", "{}\n"}) {
    Document document = parsed(text);
    EXPECT_EQ(read_all(document.root()), "- false -1 7 7 []") << text;
    EXPECT_EQ(error_of(document.finish()), "ok") << text;
  }
}

TEST(Document, IsUtf8) {
  EXPECT_EQ(parse_error("name: caf\u00e9\n"), "ok");
  EXPECT_EQ(parse_error("on: true\nname: caf\xe9\non: false\n"),
            "weir.yaml:2: this line is not UTF-8; save the file in that encoding");
  EXPECT_EQ(parse_error("# \xe2\x82"),
            "weir.yaml:1: this line is not UTF-8; save the file in that encoding");
}

TEST(Document, EveryProblemHasItsLineAndThereIsOneLineEach) {
  Document document = parsed(
      "name: [a]\n"
      "on: yes\n"
      "count: 1.5\n"
      "memory: 1GB\n"
      "interval: 10\n"
      "names: x\n"
      "memry: 1\n");
  EXPECT_EQ(read_all(document.root()), "- false -1 7 7 []");
  EXPECT_EQ(
      error_of(document.finish()),
      "weir.yaml:1: key 'name': expected text, for example name: value, found a list\n"
      "weir.yaml:2: key 'on': 'yes' is not a truth value; write true or false\n"
      "weir.yaml:3: key 'count': '1.5' is not a whole number; write one, for example 8\n"
      "weir.yaml:4: key 'memory': '1GB' is not a size; write a whole number and B, KiB, MiB, "
      "GiB or TiB, for example 1GiB\n"
      "weir.yaml:5: key 'interval': '10' is not a duration; write a whole number and a unit, "
      "for example 250ms, 10s, 1h\n"
      "weir.yaml:6: key 'names': expected a list such as [a, b], found one value\n"
      "weir.yaml:7: unknown key 'memry'; known here: count, interval, memory, name, names, on");
}

TEST(Document, WrongKindsSayWhatWasExpected) {
  Document document = parsed(
      "on: 'true'\n"
      "count: \"8\"\n"
      "memory: {a: 1}\n"
      "interval: [10s]\n"
      "name:\n"
      "names: [a, [b], ]\n");
  read_all(document.root());
  EXPECT_EQ(
      error_of(document.finish()),
      "weir.yaml:1: key 'on': expected true or false without quotes, found text\n"
      "weir.yaml:2: key 'count': expected a whole number, for example 8 without quotes, found "
      "text\n"
      "weir.yaml:3: key 'memory': expected a size, for example 1GiB, found keys and values\n"
      "weir.yaml:4: key 'interval': expected a duration, for example 10s, found a list\n"
      "weir.yaml:5: key 'name': expected text, for example name: value, found nothing\n"
      "weir.yaml:6: key 'names[1]': expected one value, found a list");
}

TEST(Document, RepeatedKeysNameBothLines) {
  Document document = parsed("a: 1\nb:\n  c: 1\n  d: 2\n  c: 3\na: 2\n");
  std::int64_t value = 0;
  document.root().integer("a", value);
  const auto inner = document.root().section("b");
  ASSERT_TRUE(inner);
  inner->integer("c", value);
  inner->integer("d", value);
  EXPECT_EQ(error_of(document.finish()),
            "weir.yaml:5: key 'c' is repeated; it is already on line 3\n"
            "weir.yaml:6: key 'a' is repeated; it is already on line 1");
}

TEST(Document, SectionsNameTheirPath) {
  Document document = parsed(
      "scopes:\n"
      "  - dimensions: [service, nonsense]\n"
      "    windows: [1m/10s]\n"
      "  - dimension: x\n"
      "  - 7\n"
      "outer:\n"
      "  inner: 3\n"
      "wrong: 1\n");
  const Section root = document.root();
  std::vector<std::string> seen;
  for (const Section& scope : root.sections("scopes")) {
    std::vector<std::size_t> sizes;
    const bool good =
        scope.list("dimensions", sizes, [](std::string_view text) -> Result<std::size_t> {
          if (text == "nonsense") return fail(ErrorCode::invalid_argument, "no '{}'", text);
          return text.size();
        });
    std::vector<std::string> windows;
    scope.strings("windows", windows);
    seen.push_back(fmt::format("{} {} {} {}", scope.where(), good, sizes.size(), windows.size()));
  }
  if (const auto outer = root.section("outer")) outer->section("inner");
  root.sections("wrong");
  EXPECT_THAT(seen, testing::ElementsAre("weir.yaml:2 false 0 1", "weir.yaml:4 false 0 0"));
  EXPECT_EQ(error_of(document.finish()),
            "weir.yaml:2: key 'scopes[0].dimensions[1]': no 'nonsense'\n"
            "weir.yaml:4: unknown key 'dimension'; known here: dimensions, windows\n"
            "weir.yaml:5: key 'scopes[2]': expected keys and values, found one value\n"
            "weir.yaml:7: key 'outer.inner': expected keys and values below it, found one value\n"
            "weir.yaml:8: key 'wrong': expected a list, each item beginning with '- ', found one "
            "value");
}

TEST(Document, NamesChosenByTheUserAreReadInTheirOrder) {
  Document document = parsed("labels: {zone: b, area: c}\n");
  std::vector<std::string> pairs;
  const auto labels = document.root().section("labels");
  ASSERT_TRUE(labels);
  for (const std::string& name : labels->keys()) {
    std::string value;
    labels->string(name, value);
    pairs.push_back(name + "=" + value);
  }
  EXPECT_THAT(pairs, testing::ElementsAre("zone=b", "area=c"));
  EXPECT_EQ(error_of(document.finish()), "ok");
}

TEST(Document, CallersRefuseValuesAndRequireKeys) {
  Document document = parsed("port: 99999\nin:\n  x: 1\n");
  const Section root = document.root();
  std::int64_t port = 0;
  EXPECT_TRUE(root.integer("port", port));
  root.refuse("port", "must be at most 65535");
  const auto inner = root.section("in");
  inner->require("x", "x: 1");
  inner->require("y", "y: 2");
  EXPECT_EQ(error_of(document.finish()),
            "weir.yaml:1: key 'port': must be at most 65535\n"
            "weir.yaml:3: key 'in.y' is missing; write for example 'y: 2'");
}

TEST(Document, NotYaml) {
  EXPECT_EQ(parse_error("a: 1\nb: [1, 2\nc: 3\n"),
            "weir.yaml:3: not readable as YAML: end of sequence flow not found (column 2)");
  EXPECT_EQ(parse_error("a: 1\n---\nb: 2\n"),
            "weir.yaml:2: not readable as YAML: a second document begins; keep one document in a "
            "file (column 1)");
  EXPECT_EQ(parse_error("? [a]\n: 1\n"),
            "weir.yaml:1: not readable as YAML: a key must be one plain value (column 3)");
}

TEST(Document, RootMustBeAMapping) {
  Document document = parsed("- a\n- b\n");
  document.root();
  EXPECT_EQ(error_of(document.finish()), "weir.yaml:1: expected keys and values, found a list");
}

TEST(Document, BombsAreRefused) {
  std::string nested;
  for (int i = 0; i < 10'000; ++i) nested += "- ";
  EXPECT_THAT(parse_error(nested), testing::HasSubstr("nested deeper than 32 levels"));
  EXPECT_THAT(parse_error(std::string(kMaxDocumentBytes + 1, ' ')),
              testing::HasSubstr("larger than 1048576 bytes"));
  Document laughs = parsed("a: &a [x, x]\nb: &b [*a, *a]\n");
  std::vector<std::string> values;
  EXPECT_TRUE(laughs.root().strings("a", values));
  EXPECT_FALSE(laughs.root().strings("b", values));
  EXPECT_EQ(error_of(laughs.finish()),
            "weir.yaml:2: aliases (*name) are not read here; write the value out\n"
            "weir.yaml:2: aliases (*name) are not read here; write the value out");
}

TEST(Document, ManyAreReadWhereManyAreAskedFor) {
  auto documents =
      Document::parse_all("slo.yaml", "a: 1\n---\n# nothing here\n---\na: 2\nb: 3\n---\n- x\n")
          .value();
  ASSERT_EQ(documents.size(), 3U);
  std::vector<std::int64_t> values;
  std::string errors;
  for (Document& document : documents) {
    document.root().integer("a", values.emplace_back());
    errors += error_of(document.finish()) + "\n";
  }
  EXPECT_EQ(values, (std::vector<std::int64_t>{1, 2, 0}));
  EXPECT_EQ(errors,
            "ok\n"
            "slo.yaml:6: unknown key 'b'; known here: a\n"
            "slo.yaml:8: expected keys and values, found a list\n");
  EXPECT_EQ(Document::parse_all("slo.yaml", ",").error().message,
            "slo.yaml:1: not readable as YAML: what stands here begins no document (column 1)");
  EXPECT_EQ(Document::parse_all("slo.yaml", "a: 1\n---\na: [\n").error().code,
            ErrorCode::invalid_argument);
}

TEST(Document, TellsAnEmptyKeyAListOfScalarsAndWhereAKeyIs) {
  Document document = parsed("a:\nb: [x]\nc: [{d: 1}]\n");
  const Section root = document.root();
  EXPECT_EQ(
      fmt::format("{}{}{} {}{}{}", root.is_empty("a"), root.is_empty("b"), root.is_empty("none"),
                  root.lists_scalars("a"), root.lists_scalars("b"), root.lists_scalars("c")),
      "truefalsefalse falsetruefalse");
  EXPECT_EQ(root.where("c"), "weir.yaml:3");
  EXPECT_EQ(root.where("none"), "weir.yaml:1");
}

TEST(Document, LoadsAFileAndKeepsItsText) {
  const auto path = std::filesystem::temp_directory_path() / "weir_document_test.yaml";
  std::ofstream(path, std::ios::binary) << "a: 1  # why\n";
  const auto document = Document::load(path);
  ASSERT_TRUE(document) << document.error().message;
  EXPECT_EQ(document->text(), "a: 1  # why\n");
  EXPECT_EQ(document->file(), path);
  std::filesystem::remove(path);
  const auto absent = Document::load(path);
  ASSERT_FALSE(absent);
  EXPECT_EQ(absent.error().code, ErrorCode::not_found);
  EXPECT_THAT(absent.error().message, testing::HasSubstr("No such file"));
  EXPECT_THAT(Document::load("/").error().message, testing::HasSubstr("not a file"));
}

}  // namespace
}  // namespace weir::config
