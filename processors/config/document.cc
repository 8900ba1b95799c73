#include "processors/config/document.h"

#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>

#include <sys/stat.h>

#include "processors/config/byte_size.h"
#include "processors/config/tree.h"

namespace weir::config {
namespace {

using detail::Entry;
using detail::Kind;
using detail::Node;
using detail::Tree;

/// Keys that were never asked for, in every mapping that was read.
void report_unknown(const Node& node, Tree& tree) {
  if (node.kind == Kind::mapping && node.read) {
    for (const Entry& entry : node.entries) {
      if (node.known.contains(entry.key)) continue;
      tree.report(
          entry.line,
          fmt::format("unknown key '{}'; known here: {}", entry.key,
                      node.known.empty() ? "none" : fmt::to_string(fmt::join(node.known, ", "))));
    }
  }
  for (const Entry& entry : node.entries) report_unknown(*entry.value, tree);
  for (const auto& item : node.items) report_unknown(*item, tree);
}

Result<bool> parse_boolean(std::string_view text) {
  if (text == "true") return true;
  if (text == "false") return false;
  return fail(ErrorCode::invalid_argument, "'{}' is not a truth value; write true or false", text);
}

Result<std::int64_t> parse_integer(std::string_view text) {
  std::int64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error == std::errc{} && stop == end) return value;
  return fail(ErrorCode::invalid_argument, "'{}' is not a whole number; write one, for example 8",
              text);
}

Result<std::string> read_file(const std::string& file) {
  struct stat status{};
  if (::stat(file.c_str(), &status) != 0)
    return fail(errno == ENOENT ? ErrorCode::not_found : ErrorCode::io,
                "{}: cannot read: {}; check the path of the configuration", file,
                std::strerror(errno));
  if (!S_ISREG(status.st_mode))
    return fail(ErrorCode::invalid_argument, "{}: not a file; give the path of a YAML file", file);
  std::ifstream stream(file, std::ios::binary);
  std::string text;
  char block[4096];
  while (text.size() <= kMaxDocumentBytes && stream.read(block, sizeof block).gcount() > 0)
    text.append(block, static_cast<std::size_t>(stream.gcount()));
  if (!stream.is_open() || stream.bad())
    return fail(ErrorCode::io, "{}: cannot read: {}; check its permissions", file,
                std::strerror(errno));
  return text;
}

}  // namespace

Node* Section::find(std::string_view key) const {
  node_->known.emplace(key);
  const auto found = node_->index.find(key);
  return found == node_->index.end() ? nullptr : node_->entries[found->second].value.get();
}

std::string Section::path_of(std::string_view key) const {
  return path_.empty() ? std::string(key) : fmt::format("{}.{}", path_, key);
}

void Section::wrong(const Scalar& scalar, std::string_view reason) const {
  tree_->report(scalar.line, fmt::format("key '{}': {}", scalar.key, reason));
}

std::optional<Scalar> Section::scalar(std::string_view key, std::string_view expected) const {
  const Node* node = find(key);
  if (node == nullptr || node->kind == Kind::refused) return std::nullopt;
  Scalar result{node->text, node->line, path_of(key), node->quoted};
  if (node->kind == Kind::scalar) return result;
  wrong(result, fmt::format("expected {}, found {}", expected, detail::describe(node->kind)));
  return std::nullopt;
}

std::optional<Scalar> Section::plain_scalar(std::string_view key, std::string_view expected) const {
  auto result = scalar(key, expected);
  if (!result || !result->quoted) return result;
  wrong(*result, fmt::format("expected {} without quotes, found text", expected));
  return std::nullopt;
}

std::optional<std::vector<Scalar>> Section::scalars(std::string_view key) const {
  const Node* node = find(key);
  if (node == nullptr || node->kind == Kind::refused) return std::nullopt;
  const Scalar whole{"", node->line, path_of(key), false};
  if (node->kind != Kind::list) {
    wrong(whole,
          fmt::format("expected a list such as [a, b], found {}", detail::describe(node->kind)));
    return std::nullopt;
  }
  std::vector<Scalar> items;
  bool good = true;
  for (const auto& item : node->items) {
    items.push_back(
        {item->text, item->line, fmt::format("{}[{}]", whole.key, items.size()), item->quoted});
    if (item->kind == Kind::scalar) continue;
    good = false;
    if (item->kind != Kind::refused)
      wrong(items.back(),
            fmt::format("expected one value, found {}", detail::describe(item->kind)));
  }
  if (!good) return std::nullopt;
  return items;
}

bool Section::string(std::string_view key, std::string& value) const {
  const auto text = scalar(key, "text, for example name: value");
  if (text) value = text->text;
  return text.has_value();
}

bool Section::boolean(std::string_view key, bool& value) const {
  return convert(plain_scalar(key, "true or false"), value, parse_boolean);
}

bool Section::integer(std::string_view key, std::int64_t& value) const {
  return convert(plain_scalar(key, "a whole number, for example 8"), value, parse_integer);
}

bool Section::bytes(std::string_view key, std::uint64_t& value) const {
  return parsed(key, value, parse_bytes, "a size, for example 1GiB");
}

bool Section::duration(std::string_view key, DurationUs& value) const {
  return parsed(key, value, parse_duration, "a duration, for example 10s");
}

bool Section::strings(std::string_view key, std::vector<std::string>& values) const {
  return list(key, values,
              [](std::string_view text) -> Result<std::string> { return std::string(text); });
}

std::optional<Section> Section::section(std::string_view key) const {
  Node* node = find(key);
  if (node == nullptr || node->kind == Kind::refused) return std::nullopt;
  if (node->kind != Kind::mapping) {
    wrong({"", node->line, path_of(key), false},
          fmt::format("expected keys and values below it, found {}", detail::describe(node->kind)));
    return std::nullopt;
  }
  node->read = true;
  return Section(*tree_, *node, path_of(key));
}

std::vector<Section> Section::sections(std::string_view key) const {
  std::vector<Section> result;
  Node* node = find(key);
  if (node == nullptr || node->kind == Kind::refused) return result;
  if (node->kind != Kind::list) {
    wrong({"", node->line, path_of(key), false},
          fmt::format("expected a list, each item beginning with '- ', found {}",
                      detail::describe(node->kind)));
    return result;
  }
  for (std::size_t i = 0; i < node->items.size(); ++i) {
    Node& item = *node->items[i];
    std::string path = fmt::format("{}[{}]", path_of(key), i);
    if (item.kind == Kind::mapping) {
      item.read = true;
      result.push_back(Section(*tree_, item, std::move(path)));
    } else if (item.kind != Kind::refused) {
      wrong({"", item.line, std::move(path), false},
            fmt::format("expected keys and values, found {}", detail::describe(item.kind)));
    }
  }
  return result;
}

std::vector<std::string> Section::keys() const {
  std::vector<std::string> result;
  for (const Entry& entry : node_->entries) result.push_back(entry.key);
  return result;
}

bool Section::has(std::string_view key) const { return find(key) != nullptr; }

bool Section::is_empty(std::string_view key) const {
  const Node* node = find(key);
  return node != nullptr && node->kind == Kind::empty;
}

bool Section::lists_scalars(std::string_view key) const {
  const Node* node = find(key);
  return node != nullptr && node->kind == Kind::list && !node->items.empty() &&
         node->items.front()->kind == Kind::scalar;
}

void Section::require(std::string_view key, std::string_view example) const {
  if (!has(key))
    tree_->report(node_->line, fmt::format("key '{}' is missing; write for example '{}'",
                                           path_of(key), example));
}

void Section::refuse(std::string_view key, std::string_view reason) const {
  const Node* node = find(key);
  wrong({"", node == nullptr ? node_->line : node->line, path_of(key), false}, reason);
}

std::string Section::where() const { return fmt::format("{}:{}", tree_->file, node_->line); }

std::string Section::where(std::string_view key) const {
  const Node* node = find(key);
  return fmt::format("{}:{}", tree_->file, node == nullptr ? node_->line : node->line);
}

Document::Document(std::unique_ptr<Tree> tree) : tree_(std::move(tree)) {}
Document::Document(Document&&) noexcept = default;
Document& Document::operator=(Document&&) noexcept = default;
Document::~Document() = default;

Result<Document> Document::parse(std::string file, std::string text) {
  auto tree = std::make_unique<Tree>();
  tree->file = std::move(file);
  tree->text = std::move(text);
  WEIR_TRY(detail::read_yaml(*tree));
  return Document(std::move(tree));
}

Result<Document> Document::load(const std::string& file) {
  WEIR_ASSIGN(std::string text, read_file(file));
  return parse(file, std::move(text));
}

Result<std::vector<Document>> Document::parse_all(const std::string& file,
                                                  const std::string& text) {
  WEIR_ASSIGN(auto trees, detail::read_all_yaml(file, text));
  std::vector<Document> documents;
  for (auto& tree : trees) documents.push_back(Document(std::move(tree)));
  return documents;
}

Result<std::vector<Document>> Document::load_all(const std::string& file) {
  WEIR_ASSIGN(const std::string text, read_file(file));
  return parse_all(file, text);
}

Section Document::root() {
  tree_->root->read = true;
  return Section(*tree_, *tree_->root, "");
}

Result<void> Document::finish() {
  report_unknown(*tree_->root, *tree_);
  if (tree_->problems.empty()) return {};
  std::string message;
  for (const auto& [line, problem] : tree_->problems)
    message += fmt::format("{}{}:{}: {}", message.empty() ? "" : "\n", tree_->file, line, problem);
  tree_->problems.clear();
  return std::unexpected(Error{ErrorCode::invalid_argument, std::move(message)});
}

const std::string& Document::file() const { return tree_->file; }
const std::string& Document::text() const { return tree_->text; }

}  // namespace weir::config
