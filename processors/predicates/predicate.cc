#include "processors/predicates/predicate.h"

#include <algorithm>

#include "processors/predicates/lexer.h"
#include "processors/predicates/parser.h"

namespace weir::predicates {
namespace {

using events::EventColumns;
using events::kAbsent;

void test(const Always&, const EventColumns& columns, std::uint8_t* out) {
  std::fill_n(out, columns.count, std::uint8_t{1});
}

bool matches(const TextTest& test, std::string_view value) {
  if (value.empty()) return false;
  if (test.values.empty()) return true;
  return std::ranges::binary_search(test.values, value) != test.negated;
}

void test(const TextTest& test, const EventColumns& columns, std::uint8_t* out) {
  const events::TextColumn& column = columns.text(test.field);
  if (column.form == events::TextColumn::Form::one) {
    std::fill_n(out, columns.count, std::uint8_t{matches(test, column.at(0))});
    return;
  }
  if (column.form == events::TextColumn::Form::by_event) {
    for (std::size_t i = 0; i < columns.count; ++i) out[i] = matches(test, column.each[i]);
    return;
  }
  Mask by_value(column.values.size());
  for (std::size_t v = 0; v < by_value.size(); ++v) by_value[v] = matches(test, column.values[v]);
  for (std::size_t i = 0; i < columns.count; ++i) out[i] = by_value[column.codes[i]];
}

bool matches(const NumberTest& test, std::int64_t value) {
  const bool in_any = std::ranges::any_of(test.ranges, [value](const auto& range) {
    return range.first <= value && value <= range.second;
  });
  return in_any != test.negated;
}

/// Of values that an entry holds; wide ones are told apart after this.
void test_entries(const NumberTest& test, const std::uint32_t* values, std::size_t count,
                  std::uint8_t* out) {
  std::fill_n(out, count, std::uint8_t{0});
  for (const auto& [first, last] : test.ranges) {
    if (first > last || first >= std::int64_t{kAbsent}) continue;
    const auto low = static_cast<std::uint32_t>(first);
    const auto span = static_cast<std::uint32_t>(std::min(last, std::int64_t{kAbsent} - 1)) - low;
    for (std::size_t i = 0; i < count; ++i)
      out[i] = static_cast<std::uint8_t>(out[i] | (values[i] - low <= span));
  }
  if (!test.negated) return;
  for (std::size_t i = 0; i < count; ++i)
    out[i] = static_cast<std::uint8_t>((out[i] ^ 1) & (values[i] != kAbsent));
}

void test(const NumberTest& test, const EventColumns& columns, std::uint8_t* out) {
  if (test.tpot) {
    for (std::size_t i = 0; i < columns.count; ++i) {
      const auto value = columns.time_per_output_token(i);
      out[i] = value && matches(test, *value);
    }
    return;
  }
  if (!columns.has(test.field)) {
    std::fill_n(out, columns.count, std::uint8_t{0});
    return;
  }
  test_entries(test, columns.number(test.field).data(), columns.count, out);
  for (const events::WideNumber& wide : columns.wide)
    if (wide.number == test.field) out[wide.event] = matches(test, wide.value);
}

void test(const StatusTest& test, const EventColumns& columns, std::uint8_t* out) {
  if (!columns.has_status) {
    std::fill_n(out, columns.count, test.matches[0]);
    return;
  }
  for (std::size_t i = 0; i < columns.count; ++i) out[i] = test.matches[columns.status[i]];
}

void test(const FlagTest& test, const EventColumns& columns, std::uint8_t* out) {
  if (!columns.has_flags) {
    std::fill_n(out, columns.count, std::uint8_t{0});
    return;
  }
  for (std::size_t i = 0; i < columns.count; ++i) {
    const unsigned flags = columns.flags[i];
    out[i] = (flags & test.known) != 0 && ((flags & test.flag) != 0 ? test.yes : test.no);
  }
}

}  // namespace

Result<Predicate> Predicate::parse(std::string_view text) {
  if (text.size() > kMaxTextBytes)
    return fail(ErrorCode::invalid_argument, "a predicate of {} bytes; at most {} are read",
                text.size(), kMaxTextBytes);
  WEIR_ASSIGN(const std::vector<Token> tokens, tokens_of(text));
  WEIR_ASSIGN(std::vector<Step> steps, parse_steps(text, tokens));
  return Predicate(spell(tokens), std::move(steps));
}

void Predicate::evaluate(const EventColumns& columns, Scratch& scratch, Mask& out) const {
  const std::size_t count = columns.count;
  std::size_t depth = 0;  // of the stack: scratch[0, depth)
  const auto push = [&]() -> std::uint8_t* {
    if (scratch.size() == depth) scratch.emplace_back();
    return events::make_room(scratch[depth++], count);
  };
  for (const Step& step : steps_) {
    const auto* const connective = std::get_if<Connective>(&step);
    if (connective == nullptr) {
      std::uint8_t* const mask = push();
      std::visit(
          [&]<class Test>(const Test& each) {
            if constexpr (!std::is_same_v<Test, Connective>) test(each, columns, mask);
          },
          step);
      continue;
    }
    std::uint8_t* const top = scratch[depth - 1].data();
    if (*connective == Connective::negation) {
      for (std::size_t i = 0; i < count; ++i) top[i] ^= 1;
      continue;
    }
    std::uint8_t* const below = scratch[--depth - 1].data();
    if (*connective == Connective::both) {
      for (std::size_t i = 0; i < count; ++i) below[i] &= top[i];
    } else {
      for (std::size_t i = 0; i < count; ++i) below[i] |= top[i];
    }
  }
  std::swap(out, scratch[0]);
}

}  // namespace weir::predicates
