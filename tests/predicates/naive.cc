#include "tests/predicates/naive.h"

#include <array>

#include <rapidcheck.h>

#include "processors/aggregates/definitions.h"

namespace weir::predicates {
namespace {

constexpr std::array kNumbers = {events::Number::latency, events::Number::ttft,
                                 events::Number::output_tokens};
constexpr std::array<const char*, 3> kNumberNames = {"latency", "ttft", "output_tokens"};
constexpr std::array kTexts = {events::Text::model, events::Text::tenant};
constexpr std::array<const char*, 2> kTextNames = {"model", "tenant"};
constexpr std::array<const char*, 3> kValues = {"a", "b", "a longer name than sixteen bytes"};
constexpr std::int64_t kWide = 6'000'000'000;

bool compare(std::int64_t left, const std::string& op, std::int64_t right) {
  if (op == "<") return left < right;
  if (op == "<=") return left <= right;
  if (op == ">") return left > right;
  if (op == ">=") return left >= right;
  return op == "==" ? left == right : left != right;
}

}  // namespace

std::string Naive::spell() const {
  switch (kind) {
    case Kind::number: {
      const auto k = static_cast<std::size_t>(field);
      return fmt::format("{}{}{}{}", kNumberNames[k], op, number, k == 2 ? "" : "us");
    }
    case Kind::text:
      return fmt::format("{} {} \"{}\"", kTextNames[static_cast<std::size_t>(field)], op, value);
    case Kind::status:
      return fmt::format("status{}{}", op, value);
    case Kind::has_number:
      return fmt::format("has({})", kNumberNames[static_cast<std::size_t>(field)]);
    case Kind::negation:
      return fmt::format("!({})", operands[0].spell());
    case Kind::both:
      return fmt::format("({}) && ({})", operands[0].spell(), operands[1].spell());
    case Kind::either:
      return fmt::format("({}) || ({})", operands[0].spell(), operands[1].spell());
  }
  return "";
}

bool Naive::matches(const events::EventRow& row) const {
  switch (kind) {
    case Kind::number: {
      const auto which = kNumbers[static_cast<std::size_t>(field)];
      return row.has(which) && compare(row.number(which), op, number);
    }
    case Kind::text: {
      const std::string_view found = row.text(kTexts[static_cast<std::size_t>(field)]);
      return !found.empty() && (found == value) == (op == "==");
    }
    case Kind::status: {
      const std::string_view name = aggregates::status_name(
          aggregates::status_counter(static_cast<std::uint32_t>(row.status)));
      return (name == value) == (op == "==");
    }
    case Kind::has_number:
      return row.has(kNumbers[static_cast<std::size_t>(field)]);
    case Kind::negation:
      return !operands[0].matches(row);
    case Kind::both:
      return operands[0].matches(row) && operands[1].matches(row);
    case Kind::either:
      return operands[0].matches(row) || operands[1].matches(row);
  }
  return false;
}

Naive any_naive(int depth) {
  Naive made;
  made.kind = static_cast<Naive::Kind>(*rc::gen::inRange(0, depth == 0 ? 4 : 7));
  made.op = *rc::gen::element<std::string>("==", "!=");
  switch (made.kind) {
    case Naive::Kind::number:
      made.op = *rc::gen::element<std::string>("==", "!=", "<", "<=", ">", ">=");
      [[fallthrough]];
    case Naive::Kind::has_number:
      made.field = *rc::gen::inRange(0, 3);
      made.number = *rc::gen::element<std::int64_t>(0, 1, 2, 3, 0xFFFF'FFFE, 0xFFFF'FFFF, kWide);
      break;
    case Naive::Kind::text:
      made.field = *rc::gen::inRange(0, 2);
      made.value = *rc::gen::elementOf(kValues);
      break;
    case Naive::Kind::status:
      made.value = *rc::gen::element<std::string>("ok", "timeout", "other", "absent");
      break;
    default:
      made.operands.push_back(any_naive(depth - 1));
      if (made.kind != Naive::Kind::negation) made.operands.push_back(any_naive(depth - 1));
  }
  return made;
}

events::EventRow any_row() {
  events::EventRow row{.event_time_us = 1};
  for (const events::Number which : kNumbers)
    if (*rc::gen::arbitrary<bool>())
      row.set(which, *rc::gen::element<std::int64_t>(0, 1, 2, 0xFFFF'FFFE, 0xFFFF'FFFF, kWide));
  for (const events::Text which : kTexts)
    if (*rc::gen::arbitrary<bool>()) row.text(which) = *rc::gen::elementOf(kValues);
  row.status = *rc::gen::element(0, 1, 4, 77);
  return row;
}

}  // namespace weir::predicates
