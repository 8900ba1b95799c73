#include "tools/weir/burn_format.h"

#include <algorithm>
#include <array>

#include <fmt/ranges.h>

#include "processors/objectives/parts.h"
#include "sinks/results/proto_json.h"
#include "tools/weir/text_table.h"

namespace weir::cli {
namespace {

using results::series_text;

constexpr std::array kTitles = {"end",      "objective", "series",    "good",    "total",
                                "sli",      "target",    "left",      "burn 5m", "burn 1h",
                                "burn all", "exhausted", "conditions"};

std::string percent(double ratio) { return fmt::format("{:.3f}%", 100 * ratio); }

std::string burn_over(const v1::BurnResult& result, DurationUs length_us) {
  const auto found = std::ranges::find(result.window(), length_us, &v1::BurnWindow::length_us);
  if (found == result.window().end() || !found->has_burn_rate()) return "-";
  return fmt::format("{:.2f}", found->burn_rate());
}

std::string state_name(v1::ConditionState state) {
  std::string name = v1::ConditionState_Name(state).substr(sizeof "CONDITION_STATE_" - 1);
  std::ranges::transform(name, name.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return name;
}

/// The shortest window that has all events there are in the objective's own, as of a young ledger;
/// 0: its own. What is left is at the rate of that time. Slices spend of the whole window.
DurationUs budget_is_of(const v1::BurnResult& result) {
  if (result.method() != v1::BUDGETING_METHOD_OCCURRENCES) return 0;
  const v1::Budget& budget = result.budget();
  for (const v1::BurnWindow& window : result.window())
    if (budget.total() > 0 && window.length_us() < budget.length_us() &&
        window.total() == budget.total() && window.good() == budget.good())
      return window.length_us();
  return 0;
}

std::string signed_count(std::int64_t count, const v1::BurnResult& result) {
  return (count < 0 ? "" : "+") + objectives::describe_count(count, result.method());
}

/// What is not quiet, and what is unusual about the result.
std::string note(const v1::BurnResult& result) {
  std::vector<std::string> notes;
  for (const v1::ConditionStatus& condition : result.condition())
    if (condition.state() != v1::CONDITION_STATE_QUIET)
      notes.push_back(
          fmt::format("{} {}", printable(condition.name(), 40), state_name(condition.state())));
  if (const DurationUs length_us = budget_is_of(result); length_us > 0)
    notes.push_back(fmt::format("left is of {} so far", format_duration(length_us)));
  if (!result.maintenance().empty())
    notes.push_back(fmt::format("maintenance: {}", printable(result.maintenance(), 40)));
  if (result.has_correction())
    notes.push_back(fmt::format("corrected {} of {}",
                                signed_count(result.correction().good(), result),
                                signed_count(result.correction().total(), result)));
  if (result.closed()) notes.emplace_back("closed");
  if (!result.complete()) notes.emplace_back("incomplete");
  return fmt::format("{}", fmt::join(notes, ", "));
}

std::vector<std::string> cells_of(const v1::BurnResult& result) {
  const v1::Budget& budget = result.budget();
  return {format_rfc3339(result.end_time_us()),
          printable(result.objective(), 60),
          result.series().empty() ? "-" : printable(series_text(result), 60),
          objectives::describe_count(budget.good(), result.method()),
          objectives::describe_count(budget.total(), result.method()),
          budget.has_sli() ? percent(budget.sli()) : "-",
          percent(static_cast<double>(result.target_ppb()) / 1e9),
          budget.has_spent_ratio() ? fmt::format("{:.1f}%", 100 * (1 - budget.spent_ratio())) : "-",
          burn_over(result, 5 * kMinuteUs),
          burn_over(result, kHourUs),
          budget.has_burn_rate() ? fmt::format("{:.2f}", budget.burn_rate()) : "-",
          budget.has_exhausted_at_us()
              ? format_rfc3339(align_down(budget.exhausted_at_us(), kSecondUs))
              : "-",
          note(result)};
}

Result<void> write_table(const BurnSource& source, Output& output) {
  TextTable table(output);
  for (const std::string_view title : kTitles) {
    const bool text = title == "end" || title == "objective" || title == "series" ||
                      title == "exhausted" || title == "conditions";
    table.add_column(std::string(title), text ? TextTable::Align::left : TextTable::Align::right);
  }
  WEIR_TRY(source([&](const v1::BurnResult& result) { return table.add_row(cells_of(result)); }));
  table.finish("no objective has told anything that matches");
  return {};
}

Result<void> write_csv(const BurnSource& source, Output& output) {
  output.write(fmt::format("{}\n", fmt::join(kTitles, ",")));
  return source([&](const v1::BurnResult& result) {
    std::vector<std::string> cells = cells_of(result);
    for (std::string& cell : cells) cell = cell == "-" ? "" : csv_field(cell);
    return output.write(fmt::format("{}\n", fmt::join(cells, ",")));
  });
}

}  // namespace

Result<void> write_burn(const BurnSource& source, Format format) {
  Output output;
  if (format == Format::table) {
    WEIR_TRY(write_table(source, output));
  } else if (format == Format::csv) {
    WEIR_TRY(write_csv(source, output));
  } else {
    WEIR_TRY(source([&](const v1::BurnResult& result) {
      return output.write(results::to_line(results::to_json(result, results::Absent::null)));
    }));
  }
  return output.finish();
}

}  // namespace weir::cli
