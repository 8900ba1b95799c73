#include "processors/config/tree.h"

#include <algorithm>
#include <exception>
#include <sstream>
#include <utility>

#include <simdjson.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include "processors/config/document.h"

namespace weir::config::detail {
namespace {

int line_of(const YAML::Mark& mark) { return mark.line + 1; }

/// Builds the tree. Keys arrive as scalars like any other, in turn with their values.
class Builder final : public YAML::EventHandler {
 public:
  explicit Builder(Tree& tree) : tree_(tree) {}

  std::unique_ptr<Node> take_root() { return std::move(root_); }
  /// Of the document.
  const YAML::Mark& start() const { return start_; }

  void OnDocumentStart(const YAML::Mark& mark) override {
    start_ = mark;
    if (root_ != nullptr)
      throw YAML::ParserException(mark, "a second document begins; keep one document in a file");
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t) override { add(mark, Kind::empty); }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    tree_.report(line_of(mark), "aliases (*name) are not read here; write the value out");
    add(mark, Kind::refused);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                const std::string& value) override {
    if (Node* node = add(mark, Kind::scalar, value)) {
      node->text = value;
      node->quoted = tag == "!";
    }
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {
    begin(mark, Kind::list);
  }
  void OnSequenceEnd() override { open_.pop_back(); }

  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {
    begin(mark, Kind::mapping);
  }
  void OnMapEnd() override { open_.pop_back(); }

 private:
  struct Open {
    Node* node;
    bool key_next;  // of a mapping
  };

  void begin(const YAML::Mark& mark, Kind kind) {
    if (open_.size() >= static_cast<std::size_t>(kMaxNesting))
      throw YAML::ParserException(mark, fmt::format("nested deeper than {} levels", kMaxNesting));
    Node* node = add(mark, kind);
    if (node == nullptr) throw YAML::ParserException(mark, "a key must be one plain value");
    open_.push_back({node, kind == Kind::mapping});
  }

  /// Puts a new node where the next value belongs; null where it was a key.
  Node* add(const YAML::Mark& mark, Kind kind, std::string_view text = {}) {
    auto node = std::make_unique<Node>();
    node->kind = kind;
    node->line = line_of(mark);
    Node* added = node.get();
    if (open_.empty()) {
      root_ = std::move(node);
      return added;
    }
    auto& [parent, key_next] = open_.back();
    if (parent->kind == Kind::list) {
      parent->items.push_back(std::move(node));
      return added;
    }
    key_next = !key_next;
    if (key_next) {
      // yaml-cpp marks the absence of a value where it noticed it, which is the next line.
      if (kind == Kind::empty) node->line = parent->entries.back().line;
      parent->entries.back().value = std::move(node);
      return added;
    }
    add_key(*parent, added->line, kind, text);
    return nullptr;
  }

  void add_key(Node& mapping, int line, Kind kind, std::string_view text) {
    const auto [first, added] =
        mapping.index.try_emplace(std::string(text), mapping.entries.size());
    if (kind == Kind::empty) {
      tree_.report(line, "a key is missing before ':'");
    } else if (!added) {
      tree_.report(line, fmt::format("key '{}' is repeated; it is already on line {}", text,
                                     mapping.entries[first->second].line));
    }
    mapping.entries.push_back({std::string(text), line, nullptr});
  }

  Tree& tree_;
  YAML::Mark start_;
  std::unique_ptr<Node> root_;
  std::vector<Open> open_;
};

}  // namespace

std::string_view describe(Kind kind) {
  switch (kind) {
    case Kind::mapping:
      return "keys and values";
    case Kind::list:
      return "a list";
    case Kind::scalar:
      return "one value";
    case Kind::empty:
      return "nothing";
    case Kind::refused:
      break;
  }
  return "what is not read here";
}

namespace {

/// By lines, as no character has the byte of a line's end in it.
Result<void> check_utf8(const std::string& file, std::string_view text) {
  for (int line = 1; !text.empty(); ++line) {
    const std::string_view first = text.substr(0, text.find('\n'));
    if (!simdjson::validate_utf8(first.data(), first.size()))
      return fail(ErrorCode::invalid_argument,
                  "{}:{}: this line is not UTF-8; save the file in that encoding", file, line);
    text.remove_prefix(std::min(first.size() + 1, text.size()));
  }
  return {};
}

/// Parses with `next(parser)` as long as it says so.
template <class Next>
Result<void> run_parser(const std::string& file, const std::string& text, const Next& next) {
  if (text.size() > kMaxDocumentBytes)
    return fail(ErrorCode::invalid_argument,
                "{}: larger than {} bytes; where it is meant, divide it into several files", file,
                kMaxDocumentBytes);
  WEIR_TRY(check_utf8(file, text));
  try {
    std::istringstream stream(text);
    YAML::Parser parser(stream);
    while (next(parser)) continue;
  } catch (const YAML::Exception& error) {
    return fail(ErrorCode::invalid_argument, "{}:{}: not readable as YAML: {} (column {})", file,
                line_of(error.mark), error.msg, error.mark.column + 1);
  } catch (const std::exception& error) {
    return fail(ErrorCode::invalid_argument, "{}: not readable as YAML: {}", file, error.what());
  }
  return {};
}

void set_root(std::unique_ptr<Node> root, Tree& tree) {
  tree.root = std::move(root);
  if (tree.root != nullptr && tree.root->kind == Kind::mapping) return;
  if (tree.root != nullptr && tree.root->kind != Kind::empty)
    tree.report(tree.root->line,
                fmt::format("expected keys and values, found {}", describe(tree.root->kind)));
  tree.root = std::make_unique<Node>();
  tree.root->kind = Kind::mapping;
  tree.root->line = 1;
}

}  // namespace

Result<void> read_yaml(Tree& tree) {
  Builder builder(tree);
  WEIR_TRY(run_parser(tree.file, tree.text, [&builder](YAML::Parser& parser) {
    return parser.HandleNextDocument(builder);
  }));
  set_root(builder.take_root(), tree);
  return {};
}

Result<std::vector<std::unique_ptr<Tree>>> read_all_yaml(const std::string& file,
                                                         const std::string& text) {
  std::vector<std::unique_ptr<Tree>> trees;
  int last_start = -1;
  WEIR_TRY(run_parser(file, text, [&](YAML::Parser& parser) {
    auto tree = std::make_unique<Tree>(Tree{.file = file, .text = text});
    Builder builder(*tree);
    if (!parser.HandleNextDocument(builder)) return false;
    // yaml-cpp stays before a mark that begins nothing, such as a lone comma.
    if (builder.start().pos == last_start)
      throw YAML::ParserException(builder.start(), "what stands here begins no document");
    last_start = builder.start().pos;
    auto root = builder.take_root();
    if (root == nullptr || root->kind == Kind::empty) return true;
    set_root(std::move(root), *tree);
    trees.push_back(std::move(tree));
    return true;
  }));
  return trees;
}

}  // namespace weir::config::detail
