#include "processors/labels/matcher.h"

#include <algorithm>
#include <array>

#include <re2/re2.h>

#include "processors/core/severity.h"
#include "processors/core/text.h"

namespace weir::labels {
namespace {

constexpr std::string_view kNameCharacters =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
constexpr std::string_view kBlanks = " \t";
constexpr std::int64_t kExpressionBytes = 1 << 20;

/// Nobody calls anything so: who matches all of these matches nearly whatever there is.
constexpr std::array<std::string_view, 3> kUnlikelyValues = {"qzvxjk", "wyqxzjvk", "jjqwxvzkq"};

struct Operation {
  std::string_view text;
  v1::MatchOperation operation;
};
// Longer ones first.
constexpr std::array kOperations = {
    Operation{"=~", v1::MATCH_OPERATION_REGEX}, Operation{"!~", v1::MATCH_OPERATION_NOT_REGEX},
    Operation{"!=", v1::MATCH_OPERATION_NOT_EQUAL}, Operation{"=", v1::MATCH_OPERATION_EQUAL}};

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

std::unexpected<Error> refuse(std::string_view text, std::string_view why,
                              std::string_view caret = {}) {
  return fail(ErrorCode::invalid_argument,
              "matcher {}: {}; write for example service=\"chat\", model!=a or "
              "tenant=~\"eu-.*\"{}",
              quote(text), why, caret);
}

/// A text that is read: knows where each part of it stands.
class Source {
 public:
  explicit Source(std::string_view text) : text_(text) {}

  /// `part` is the rest of the text from the place that is meant; of the end it is empty.
  std::unexpected<Error> refuse_at(std::string_view part, std::string_view why) const {
    const std::size_t at =
        part.empty() ? text_.size() : static_cast<std::size_t>(part.data() - text_.data());
    return refuse(text_, why, text_.size() <= kMaxQuotedBytes ? caret_below(text_, at) : "");
  }

 private:
  std::string_view text_;
};

/// What stands between quotes, without its escapes, as to_text(Labels) writes them.
Result<std::string> unquoted(const Source& source, std::string_view text) {
  std::string value;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '"') {
      if (i + 1 == text.size()) return value;
      return source.refuse_at(text.substr(i + 1), "something follows the closing quote");
    }
    const bool escaped = text[i] == '\\' && i + 1 < text.size();
    if (escaped) ++i;
    value += escaped && text[i] == 'n' ? '\n' : text[i];
  }
  return source.refuse_at(text, "the closing quote is missing");
}

/// The expression of =~ and !~, of others none; or what is wrong with the parts.
Result<std::shared_ptr<const re2::RE2>> expression_of(const v1::LabelMatcher& matcher) {
  constexpr ErrorCode kInvalid = ErrorCode::invalid_argument;
  if (matcher.name().empty() ||
      matcher.name().find_first_not_of(kNameCharacters) != std::string::npos)
    return fail(kInvalid, "that is no name of a label");
  if (matcher.name().size() > kMaxMatcherBytes || matcher.value().size() > kMaxMatcherBytes)
    return fail(kInvalid, "it is longer than 1,024 bytes");
  if (std::ranges::find(kOperations, matcher.operation(), &Operation::operation) ==
      kOperations.end())
    return fail(kInvalid, "its operation is not known");
  if (matcher.operation() != v1::MATCH_OPERATION_REGEX &&
      matcher.operation() != v1::MATCH_OPERATION_NOT_REGEX)
    return nullptr;
  re2::RE2::Options options;
  options.set_max_mem(kExpressionBytes);
  options.set_log_errors(false);
  auto expression = std::make_shared<const re2::RE2>(matcher.value(), options);
  if (!expression->ok()) return fail(kInvalid, "{}", expression->error());
  return expression;
}

}  // namespace

Result<Matcher> Matcher::parse(std::string_view text) {
  const Source source(text);
  const std::string_view rest = trimmed(text);
  const std::size_t name_end = std::min(rest.find_first_not_of(kNameCharacters), rest.size());
  if (name_end == 0) return source.refuse_at(rest, "it does not begin with the name of a label");
  const std::string_view after = trimmed(rest.substr(name_end));
  const auto found = std::ranges::find_if(
      kOperations, [&](const Operation& each) { return after.starts_with(each.text); });
  if (found == kOperations.end())
    return source.refuse_at(after, "no =, !=, =~ or !~ follows the label");
  const std::string_view value = trimmed(after.substr(found->text.size()));
  Matcher made;
  made.matcher_.set_name(std::string(rest.substr(0, name_end)));
  made.matcher_.set_operation(found->operation);
  if (value.starts_with('"')) {
    WEIR_ASSIGN(*made.matcher_.mutable_value(), unquoted(source, value));
  } else {
    const std::size_t odd = value.find_first_of("\"= \t");
    if (odd != std::string_view::npos)
      return source.refuse_at(value.substr(odd), "such a value needs quotes");
    made.matcher_.set_value(std::string(value));
  }
  auto expression = expression_of(made.matcher_);
  if (!expression) return source.refuse_at(value, expression.error().message);
  made.expression_ = *std::move(expression);
  return made;
}

Result<Matcher> Matcher::make(const v1::LabelMatcher& matcher) {
  auto expression = expression_of(matcher);
  if (!expression) return refuse(matcher.name(), expression.error().message);
  Matcher made;
  made.matcher_ = matcher;
  made.expression_ = *std::move(expression);
  return made;
}

bool Matcher::matches(const Labels& labels) const {
  const std::string_view value = value_of(labels, matcher_.name());
  switch (matcher_.operation()) {
    case v1::MATCH_OPERATION_EQUAL:
      return value == matcher_.value();
    case v1::MATCH_OPERATION_NOT_EQUAL:
      return value != matcher_.value();
    case v1::MATCH_OPERATION_REGEX:
      return re2::RE2::FullMatch({value.data(), value.size()}, *expression_);
    default:
      return !re2::RE2::FullMatch({value.data(), value.size()}, *expression_);
  }
}

std::string Matcher::text() const {
  const auto known = std::ranges::find(kOperations, matcher_.operation(), &Operation::operation);
  const std::string pair = to_text(Labels{{matcher_.name(), matcher_.value()}});
  const std::string_view quoted = std::string_view(pair).substr(matcher_.name().size() + 2);
  return fmt::format("{}{}{}", matcher_.name(), known->text, quoted.substr(0, quoted.size() - 1));
}

bool match_all(std::span<const Matcher> matchers, const Labels& labels) {
  return std::ranges::all_of(matchers, [&](const Matcher& each) { return each.matches(labels); });
}

bool may_match_everything(std::span<const Matcher> matchers) {
  return std::ranges::all_of(matchers, [](const Matcher& each) {
    const auto matches = [&each](std::string_view value) {
      return each.matches({{each.proto().name(), std::string(value)}});
    };
    if (each.proto().name() == "severity") return std::ranges::all_of(kSeverities, matches);
    return matches("") || std::ranges::all_of(kUnlikelyValues, matches);
  });
}

std::string to_text(std::span<const Matcher> matchers) {
  std::string text = "{";
  for (const Matcher& each : matchers) {
    if (text.size() > 1) text += ", ";
    text += each.text();
  }
  return text + '}';
}

Result<std::vector<Matcher>> make_matchers(
    const google::protobuf::RepeatedPtrField<v1::LabelMatcher>& matchers) {
  std::vector<Matcher> made;
  for (const v1::LabelMatcher& each : matchers) {
    WEIR_ASSIGN(made.emplace_back(), Matcher::make(each));
  }
  return made;
}

}  // namespace weir::labels
