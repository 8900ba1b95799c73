#include "processors/predicates/lexer.h"

#include <algorithm>
#include <array>
#include <optional>

#include "processors/core/text.h"

namespace weir::predicates {
namespace {

// Longer ones first, so that `<=` is not `<`.
constexpr std::array<std::string_view, 12> kSigns = {
    "&&", "||", "==", "!=", "<=", ">=", "<", ">", "!", "(", ")", ","};

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("_.-/:@").find(c) != std::string_view::npos;
}

/// A string that begins at `at`; nullopt: it has no end.
std::optional<std::string> read_string(std::string_view text, std::size_t& at) {
  std::string value;
  for (++at; at < text.size(); ++at) {
    if (text[at] == '"') {
      ++at;
      return value;
    }
    const bool escapes =
        text[at] == '\\' && at + 1 < text.size() && (text[at + 1] == '"' || text[at + 1] == '\\');
    if (escapes) ++at;
    value += text[at];
  }
  return std::nullopt;
}

std::string quoted(std::string_view value) {
  std::string text = "\"";
  for (const char c : value) {
    if (c == '"' || c == '\\') text += '\\';
    text += c;
  }
  return text + '"';
}

/// Why that character begins nothing.
std::string_view meaning_of(char c) {
  switch (c) {
    case '=':
      return "this alone has no meaning here; compare with ==";
    case '&':
      return "this alone has no meaning here; write && where both must hold";
    case '|':
      return "this alone has no meaning here; write || where one must hold";
    default:
      return "this character has no meaning here; text goes into \"...\"";
  }
}

}  // namespace

Result<std::vector<Token>> tokens_of(std::string_view text) {
  std::vector<Token> tokens;
  std::size_t at = 0;
  while (true) {
    while (at < text.size() && is_space(text[at])) ++at;
    const std::size_t begin = at;
    if (at == text.size()) {
      tokens.push_back({Token::Kind::end, "", begin});
      return tokens;
    }
    if (text[at] == '"') {
      auto value = read_string(text, at);
      if (!value) return error_at(text, begin, "this string has no end; close it with '\"'");
      tokens.push_back({Token::Kind::string, *std::move(value), begin});
      continue;
    }
    const auto sign = std::ranges::find_if(
        kSigns, [&](std::string_view each) { return text.substr(at).starts_with(each); });
    if (sign != kSigns.end()) {
      at += sign->size();
      tokens.push_back({Token::Kind::sign, std::string(*sign), begin});
      continue;
    }
    while (at < text.size() && is_word(text[at])) ++at;
    if (at == begin) return error_at(text, begin, meaning_of(text[at]));
    tokens.push_back({Token::Kind::word, std::string(text.substr(begin, at - begin)), begin});
  }
}

std::string spell(const std::vector<Token>& tokens) {
  std::string text;
  for (const Token& token : tokens) {
    if (token.kind == Token::Kind::end) break;
    if (!text.empty()) text += ' ';
    text += token.kind == Token::Kind::string ? quoted(token.text) : token.text;
  }
  return text;
}

std::unexpected<Error> error_at(std::string_view text, std::size_t at, std::string_view reason) {
  return fail(ErrorCode::invalid_argument, "{}{}", reason, caret_below(text, at));
}

}  // namespace weir::predicates
