// The tree behind a Document, as yaml-cpp's events make it. Internal to processors/config.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "processors/core/result.h"

namespace weir::config::detail {

enum class Kind : std::uint8_t {
  mapping,
  list,
  scalar,
  empty,    // "key:" or "~"
  refused,  // already reported: an alias
};

/// How errors call it.
std::string_view describe(Kind kind);

struct Entry;

struct Node {
  Kind kind = Kind::empty;
  int line = 0;  // 1-based
  std::string text;
  bool quoted = false;
  std::vector<Entry> entries;                             // of a mapping, as written
  std::map<std::string, std::size_t, std::less<>> index;  // of a mapping: key -> first of entries
  std::vector<std::unique_ptr<Node>> items;               // of a list

  bool read = false;                         // somebody holds it as a Section
  std::set<std::string, std::less<>> known;  // keys that were asked for
};

struct Entry {
  std::string key;
  int line = 0;
  std::unique_ptr<Node> value;
};

struct Tree {
  std::string file;
  std::string text;
  std::unique_ptr<Node> root;                // a mapping, after read_yaml
  std::multimap<int, std::string> problems;  // by line, in the order found

  void report(int line, std::string problem) { problems.emplace(line, std::move(problem)); }
};

/// The trees of all documents of a text. Error: as read_yaml.
Result<std::vector<std::unique_ptr<Tree>>> read_all_yaml(const std::string& file,
                                                         const std::string& text);

/// Fills `root` from `text`, of one document. Error: invalid_argument where it is not YAML in UTF-8
/// or beyond the bounds of document.h; repeated keys, aliases and further documents become
/// problems.
Result<void> read_yaml(Tree& tree);

}  // namespace weir::config::detail
