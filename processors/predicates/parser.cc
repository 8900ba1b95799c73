#include "processors/predicates/parser.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "processors/aggregates/definitions.h"
#include "processors/core/time.h"
#include "processors/predicates/predicate.h"

namespace weir::predicates {
namespace {

using events::Number;
using events::Text;
using Kind = Token::Kind;

constexpr std::array<std::string_view, events::kTexts> kTextNames = {
    "service", "model",    "model_version", "tenant",  "business_line", "region",
    "host",    "gpu_type", "experiment",    "variant", "gpu_id",        "error_detail"};
constexpr std::array<std::string_view, events::kNumbers> kNumberNames = {
    "latency",      "ttft",          "queue",         "compute",     "network",   "cold_start",
    "input_tokens", "output_tokens", "cached_tokens", "retry_count", "batch_size"};

constexpr std::int64_t kAll = events::kMaxNumber;

/// Every way of naming a part of an event, as a test that only asks whether it is there.
std::optional<Step> field_of(std::string_view name) {
  if (const auto found = std::ranges::find(kTextNames, name); found != kTextNames.end())
    return TextTest{.field = static_cast<Text>(found - kTextNames.begin())};
  if (const auto found = std::ranges::find(kNumberNames, name); found != kNumberNames.end())
    return NumberTest{.field = static_cast<Number>(found - kNumberNames.begin()),
                      .ranges = {{0, kAll}}};
  if (name == "tpot") return NumberTest{.tpot = true, .ranges = {{0, kAll}}};
  if (name == "low_confidence")
    return FlagTest{.known = v1::INFERENCE_FLAG_LOW_CONFIDENCE_KNOWN,
                    .flag = v1::INFERENCE_FLAG_LOW_CONFIDENCE,
                    .no = true};
  if (name == "abnormal_input")
    return FlagTest{.known = v1::INFERENCE_FLAG_ABNORMAL_INPUT_KNOWN,
                    .flag = v1::INFERENCE_FLAG_ABNORMAL_INPUT,
                    .no = true};
  if (name != "status") return std::nullopt;
  StatusTest any;
  for (std::size_t status = 1; status < any.matches.size(); ++status) any.matches[status] = 1;
  return any;
}

bool is_duration(const NumberTest& test) { return test.tpot || events::is_duration(test.field); }

Result<std::int64_t> parse_count(std::string_view text) {
  std::int64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error == std::errc{} && stop == end && value >= 0) return value;
  return fail(ErrorCode::invalid_argument, "'{}' is not a whole number, as 512 is", text);
}

class Parser {
 public:
  Parser(std::string_view text, const std::vector<Token>& tokens) : text_(text), at_(&tokens[0]) {}

  Result<std::vector<Step>> parse() {
    WEIR_TRY(any(0));
    if (at_->kind != Kind::end) return wrong("expected && or || here, or the end");
    return std::move(steps_);
  }

 private:
  std::unexpected<Error> wrong(std::string_view reason) const { return wrong(*at_, reason); }
  std::unexpected<Error> wrong(const Token& token, std::string_view reason) const {
    return error_at(text_, token.at, reason);
  }
  bool take(std::string_view sign) {
    if (at_->kind != Kind::sign || at_->text != sign) return false;
    ++at_;
    return true;
  }
  Result<void> expect(std::string_view sign) {
    if (take(sign)) return {};
    return wrong(fmt::format("expected '{}' here", sign));
  }

  Result<void> any(int depth) {
    if (depth > kMaxNesting) return wrong("nested too deep");
    WEIR_TRY(all(depth));
    while (take("||")) {
      WEIR_TRY(all(depth));
      steps_.emplace_back(Connective::either);
    }
    return {};
  }

  Result<void> all(int depth) {
    WEIR_TRY(one(depth));
    while (take("&&")) {
      WEIR_TRY(one(depth));
      steps_.emplace_back(Connective::both);
    }
    return {};
  }

  Result<void> one(int depth) {
    if (depth > kMaxNesting) return wrong("nested too deep");
    if (take("!")) {
      WEIR_TRY(one(depth + 1));
      steps_.emplace_back(Connective::negation);
      return {};
    }
    if (take("(")) {
      WEIR_TRY(any(depth + 1));
      return expect(")");
    }
    if (at_->kind != Kind::word)
      return wrong("expected a test here, for example status == ok or latency <= 800ms");
    if (at_->text == "true") {
      ++at_;
      steps_.emplace_back(Always{});
      return {};
    }
    if (at_->text == "has") return presence();
    return test();
  }

  Result<Step> field() {
    auto found = at_->kind == Kind::word ? field_of(at_->text) : std::nullopt;
    if (!found)
      return wrong(
          fmt::format("expected a field here: status, {}, tpot, {}, low_confidence, "
                      "abnormal_input",
                      fmt::join(kTextNames, ", "), fmt::join(kNumberNames, ", ")));
    ++at_;
    return *std::move(found);
  }

  Result<void> presence() {
    ++at_;
    WEIR_TRY(expect("("));
    WEIR_ASSIGN(Step step, field());
    steps_.push_back(std::move(step));
    return expect(")");
  }

  Result<void> test() {
    WEIR_ASSIGN(Step step, field());
    const Token& sign = *at_;
    std::vector<Token> values;
    if (sign.kind == Kind::word && sign.text == "in") {
      ++at_;
      WEIR_TRY(expect("("));
      do {
        WEIR_TRY(value(values));
      } while (take(","));
      WEIR_TRY(expect(")"));
    } else if (take("==") || take("!=") || take("<") || take("<=") || take(">") || take(">=")) {
      WEIR_TRY(value(values));
    } else {
      return wrong("expected ==, !=, <, <=, >, >= or in here");
    }
    const Comparison comparison{sign, values};
    WEIR_TRY(std::visit([&](auto& test) { return compare(comparison, test); }, step));
    steps_.push_back(std::move(step));
    return {};
  }

  Result<void> value(std::vector<Token>& values) {
    if (at_->kind != Kind::word && at_->kind != Kind::string) return wrong("expected a value here");
    values.push_back(*at_++);
    return {};
  }

  struct Comparison {
    const Token& sign;
    const std::vector<Token>& values;

    bool negated() const { return sign.text == "!="; }
    bool orders() const { return sign.text[0] == '<' || sign.text[0] == '>'; }
  };

  Result<void> refuse_order(const Comparison& comparison) const {
    if (!comparison.orders()) return {};
    return wrong(comparison.sign, "this field has no order; compare it by ==, != or in");
  }

  Result<void> compare(const Comparison& comparison, TextTest& test) const {
    WEIR_TRY(refuse_order(comparison));
    for (const Token& value : comparison.values) {
      if (value.text.empty()) return wrong(value, "an empty text is an absent one; ask has(field)");
      test.values.push_back(value.text);
    }
    std::ranges::sort(test.values);
    test.negated = comparison.negated();
    return {};
  }

  Result<void> compare(const Comparison& comparison, NumberTest& test) const {
    test.ranges.clear();
    for (const Token& value : comparison.values) {
      const auto number = is_duration(test) ? parse_duration(value.text) : parse_count(value.text);
      if (!number) return wrong(value, number.error().message);
      const std::int64_t n = std::min(*number, kAll + 1);
      const std::string_view sign = comparison.sign.text;
      if (sign == "<")
        test.ranges.emplace_back(0, n - 1);
      else if (sign == "<=")
        test.ranges.emplace_back(0, n);
      else if (sign == ">")
        test.ranges.emplace_back(n + 1, kAll);
      else if (sign == ">=")
        test.ranges.emplace_back(n, kAll);
      else
        test.ranges.emplace_back(n, n);
    }
    test.negated = comparison.negated();
    return {};
  }

  Result<void> compare(const Comparison& comparison, StatusTest& test) const {
    WEIR_TRY(refuse_order(comparison));
    std::array<bool, aggregates::kStatuses> named{};
    for (const Token& value : comparison.values) {
      const auto counter = aggregates::parse_status(value.text);
      if (!counter) return wrong(value, counter.error().message);
      named[*counter] = true;
    }
    for (std::uint32_t status = 0; status < test.matches.size(); ++status)
      test.matches[status] = named[aggregates::status_counter(status)] != comparison.negated();
    return {};
  }

  Result<void> compare(const Comparison& comparison, FlagTest& test) const {
    WEIR_TRY(refuse_order(comparison));
    test.yes = test.no = false;
    for (const Token& value : comparison.values) {
      if (value.text != "true" && value.text != "false")
        return wrong(value, "expected true or false here");
      (((value.text == "true") != comparison.negated()) ? test.yes : test.no) = true;
    }
    return {};
  }

  template <class Other>
  Result<void> compare(const Comparison&, Other&) const {
    return {};  // not a field
  }

  std::string_view text_;
  const Token* at_;
  std::vector<Step> steps_;
};

}  // namespace

Result<std::vector<Step>> parse_steps(std::string_view text, const std::vector<Token>& tokens) {
  return Parser(text, tokens).parse();
}

}  // namespace weir::predicates
