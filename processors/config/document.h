// A strict reader of YAML configuration files. What a file says is either understood or an error
// with its line: an unknown key, a repeated key (yaml-cpp lets repeats pass), a value of the wrong
// type, an anchor or alias, a second document.
//
// Errors are collected, so that one run shows all of them; the reading code goes on with its
// defaults:
//
//   WEIR_ASSIGN(Document document, Document::load(path));
//   Section root = document.root();
//   root.bytes("memory", options.memory_bytes);           // stays as it is where the key is absent
//   root.duration("commit_interval", options.commit_interval_us);
//   for (Section scope : root.sections("scopes")) scope.strings("dimensions", ...);
//   WEIR_TRY(document.finish());                          // every problem, one line each
//
// Bounds: a file of 1 MiB, nesting of 32; one document a file, unless load_all reads it. One
// thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "processors/core/result.h"
#include "processors/core/time.h"

namespace weir::config {

inline constexpr std::size_t kMaxDocumentBytes = 1 << 20;
inline constexpr int kMaxNesting = 32;

namespace detail {
struct Node;  // a value of the tree, in document.cc
struct Tree;  // the file, its root and what was found wrong
}  // namespace detail

/// A scalar as the file has it, and how errors call it.
struct Scalar {
  std::string_view text;
  int line = 0;     // 1-based
  std::string key;  // its path from the root: "scopes[0].windows[1]"
  bool quoted = false;
};

/// One mapping of a document: a handle, valid as long as the Document. Every key that is asked for
/// is known from then on; the others are errors at Document::finish().
///
/// A reader `name(key, value)` returns true and sets `value` where the key is there and right. It
/// leaves `value` alone where the key is absent, and also where it is wrong, which it records with
/// file, line, key, what was expected and an example. A key without a value ("key:") is wrong.
class Section {
 public:
  /// Any scalar, quoted or not.
  bool string(std::string_view key, std::string& value) const;
  /// true or false, not quoted.
  bool boolean(std::string_view key, bool& value) const;
  /// A whole decimal number, not quoted.
  bool integer(std::string_view key, std::int64_t& value) const;
  /// Like 1GiB: see byte_size.h.
  bool bytes(std::string_view key, std::uint64_t& value) const;
  /// Like 10s: see parse_duration in core/time.h.
  bool duration(std::string_view key, DurationUs& value) const;
  /// A list of scalars; replaces what `values` held.
  bool strings(std::string_view key, std::vector<std::string>& values) const;

  /// A scalar read by `parse`, a Result<T>(std::string_view), whose message becomes the error.
  /// `expected` tells what to write where the value is no scalar.
  template <class T, class Parse>
  bool parsed(std::string_view key, T& value, Parse parse,
              std::string_view expected = "one value") const;
  /// A list of scalars read by `parse`; replaces what `values` held, unless an item was wrong.
  template <class T, class Parse>
  bool list(std::string_view key, std::vector<T>& values, Parse parse) const;

  /// The mapping under a key; absent where the key is.
  std::optional<Section> section(std::string_view key) const;
  /// The list of mappings under a key; empty where the key is absent.
  std::vector<Section> sections(std::string_view key) const;

  /// All keys as written, for a mapping whose keys are names that the user chooses. Does not make
  /// them known: read each.
  std::vector<std::string> keys() const;

  /// Whether the key is there, right or wrong. Makes it known.
  bool has(std::string_view key) const;
  /// Whether the key is there without a value ("key:"). Makes it known.
  bool is_empty(std::string_view key) const;
  /// Whether the key is there with a list that begins with a scalar. Makes it known.
  bool lists_scalars(std::string_view key) const;
  /// Records an error where the key is absent; `example` shows the whole line to write.
  void require(std::string_view key, std::string_view example) const;
  /// Records that the value of a key (or, where it is absent, this mapping) is not acceptable.
  void refuse(std::string_view key, std::string_view reason) const;

  /// "weir.yaml:12", where this mapping begins, or the value of a key (this mapping, where there is
  /// none).
  std::string where() const;
  std::string where(std::string_view key) const;

 private:
  friend class Document;
  Section(detail::Tree& tree, detail::Node& node, std::string path)
      : tree_(&tree), node_(&node), path_(std::move(path)) {}

  std::optional<Scalar> scalar(std::string_view key, std::string_view expected) const;
  std::optional<Scalar> plain_scalar(std::string_view key, std::string_view expected) const;
  std::optional<std::vector<Scalar>> scalars(std::string_view key) const;
  detail::Node* find(std::string_view key) const;
  std::string path_of(std::string_view key) const;
  void wrong(const Scalar& scalar, std::string_view reason) const;
  template <class T, class Parse>
  bool convert(const std::optional<Scalar>& scalar, T& value, Parse parse) const {
    if (!scalar) return false;
    auto result = parse(scalar->text);
    if (!result) {
      wrong(*scalar, result.error().message);
      return false;
    }
    value = *std::move(result);
    return true;
  }

  detail::Tree* tree_;
  detail::Node* node_;
  std::string path_;
};

class Document {
 public:
  /// Reads text that came from `file` (a name for errors). Error: invalid_argument where it is not
  /// YAML in UTF-8 or beyond the bounds; other problems wait for finish().
  static Result<Document> parse(std::string file, std::string text);
  /// Reads a file. Error: not_found, io, or as parse().
  static Result<Document> load(const std::string& file);
  /// The same of a file with any number of documents; empty ones are left out. `text()` of each is
  /// the whole source.
  static Result<std::vector<Document>> parse_all(const std::string& file, const std::string& text);
  static Result<std::vector<Document>> load_all(const std::string& file);

  Document(Document&&) noexcept;
  Document& operator=(Document&&) noexcept;
  ~Document();

  /// The outermost mapping; an empty file is an empty mapping.
  Section root();

  /// To be called when everything was read. Error: invalid_argument, with every problem that was
  /// found, ordered by line, one a line as "file:line: what and what to do".
  Result<void> finish();

  const std::string& file() const;
  /// The source, byte for byte.
  const std::string& text() const;

 private:
  explicit Document(std::unique_ptr<detail::Tree> tree);

  std::unique_ptr<detail::Tree> tree_;
};

template <class T, class Parse>
bool Section::parsed(std::string_view key, T& value, Parse parse, std::string_view expected) const {
  return convert(scalar(key, expected), value, parse);
}

template <class T, class Parse>
bool Section::list(std::string_view key, std::vector<T>& values, Parse parse) const {
  const auto items = scalars(key);
  if (!items) return false;
  bool good = true;
  std::vector<T> read;
  for (const Scalar& item : *items) good = convert(item, read.emplace_back(), parse) && good;
  if (good) values = std::move(read);
  return good;
}

}  // namespace weir::config
