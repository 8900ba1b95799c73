#include "tests/sim/check.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "tests/sim/alerts.h"
#include "tests/sim/objectives.h"
#include "tests/sim/owner.h"

namespace weir::sim {
namespace {

constexpr std::size_t kMostLines = 12;

/// Each record that is wrong somewhere has one letter, with its own bytes.
void check_dead(const Oracle& oracle, const Outcome& outcome, const Wrong& wrong) {
  std::multiset<DeadKey> found;
  std::set<std::pair<std::int32_t, std::int64_t>> records;
  for (const v1::DeadLetter& letter : outcome.dead) {
    for (const v1::DeadLetterEntry& entry : letter.entry())
      found.emplace(letter.partition(), letter.offset(), entry.event_index(), entry.reason());
    const LoggedRecord& record = outcome.raw[static_cast<std::size_t>(letter.partition())]
                                            [static_cast<std::size_t>(letter.offset())];
    const bool twice = !records.emplace(letter.partition(), letter.offset()).second;
    if (twice || record.input == nullptr || letter.original() != record.input->value ||
        letter.append_time_us() != record.append_time_us || letter.topic() != "weir.inference")
      wrong(fmt::format("dead letter of {}@{}: {}", letter.partition(), letter.offset(),
                        twice ? "twice" : "not the record's own"));
  }
  const auto report = [&wrong](const auto& some, const auto& others, std::string_view what) {
    std::vector<DeadKey> extra;
    std::ranges::set_difference(some, others, std::back_inserter(extra));
    for (const auto& [partition, offset, index, reason] : extra)
      wrong(fmt::format("dead letter {}: partition {} offset {} event {} reason {}", what,
                        partition, offset, index, reason));
  };
  report(found, oracle.dead(), "too many");
  report(oracle.dead(), found, "missing");
}

}  // namespace

std::string differences(const Scenario& scenario, const Oracle& oracle, const Outcome& outcome) {
  std::vector<std::string> lines;
  const Wrong wrong = [&lines](const std::string& line) {
    if (lines.size() < kMostLines) lines.push_back(line);
  };
  check_dead(oracle, outcome, wrong);
  check_objectives(scenario, oracle, outcome, wrong);
  check_alerts(scenario, outcome, wrong);
  std::ranges::for_each(outcome.mistold, wrong);
  const Owners owners = find_owners(scenario, outcome.batches);
  std::int64_t lost = 0;
  for (std::int32_t partition = 0; partition < scenario.keyed_partitions; ++partition) {
    const auto index = static_cast<std::size_t>(partition);
    Owner owner({scenario, oracle, owners}, partition, wrong);
    owner.check(outcome.batches[index], outcome.results[index]);
    lost += owner.lost_events();
  }
  // A counter dies with its process; it can only have counted more than once.
  if (outcome.crashes == 0 ? outcome.lost_events != lost : outcome.lost_events < lost)
    wrong(fmt::format("{} lost events are counted, {} were lost", outcome.lost_events, lost));
  return fmt::format("{}", fmt::join(lines, "\n"));
}

}  // namespace weir::sim
