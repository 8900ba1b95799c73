// weir_sim: runs seeds of the deterministic simulation. A failing seed prints what differs and the
// command that reproduces it.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include <fmt/format.h>

#include "tests/sim/check.h"
#include "tests/sim/kafka_world.h"
#include "tests/sim/oracle.h"
#include "tests/sim/scenario.h"
#include "tests/sim/world.h"

namespace {

using namespace weir;
using namespace weir::sim;

struct Totals {
  std::int64_t events = 0;
  std::int64_t results = 0;
  std::int64_t restated = 0;
  std::int64_t dead = 0;
  std::int64_t crashes = 0;
  std::int64_t expired = 0;
  std::int64_t lossy = 0;  // seeds: something came too late to be told everywhere, after a stall

  void add(const Totals& other) {
    events += other.events;
    results += other.results;
    restated += other.restated;
    dead += other.dead;
    crashes += other.crashes;
    expired += other.expired;
    lossy += other.lossy;
  }
  std::string render() const {
    return fmt::format(
        "{} events, {} results ({} told again), {} dead letters, {} crashes, {} records expired, "
        "{} with losses",
        events, results, restated, dead, crashes, expired, lossy);
  }
};

/// The raw log of a live run, ticks and stamps included, read again as a history.
std::string replay(const Scenario& live, const Outcome& outcome) {
  Scenario scenario = live;
  scenario.history = true;
  scenario.stalls = false;
  World world(scenario);
  const auto again = world.replay(outcome.raw);
  if (!again) return "read again: failed: " + again.error().message;
  const std::string wrong = differences(scenario, Oracle(scenario, again->raw), *again);
  return wrong.empty() ? "" : "read again: " + wrong;
}

struct Options {
  std::uint64_t seeds = 100;
  std::uint64_t first = 1;
  Home home = Home::embedded;
  bool verbose = false;
};

std::string run_seed(std::uint64_t seed, const Options& options, Totals& totals) {
  const Scenario scenario(seed, options.home);
  const auto outcome =
      options.home == Home::kafka ? KafkaWorld(scenario).run() : World(scenario).run();
  if (!outcome) return "failed: " + outcome.error().message;
  const Oracle oracle(scenario, outcome->raw);
  Totals own;
  for (const Input& input : scenario.inputs) own.events += std::ssize(input.events);
  for (const auto& partition : outcome->results) {
    own.results += std::ssize(partition);
    for (const v1::KpiResult& result : partition) own.restated += result.restates();
  }
  own.dead = std::ssize(outcome->dead);
  own.crashes = outcome->crashes;
  own.expired = outcome->expired;
  own.lossy = outcome->lost_events != 0;
  totals.add(own);
  if (options.verbose)
    fmt::print("seed {}: {}{}, {} raw and {} keyed partitions, {} over {}; {}\n", seed,
               scenario.history ? "history" : "live", scenario.stalls ? " with stalls" : "",
               scenario.raw_partitions, scenario.keyed_partitions, scenario.inputs.size(),
               format_duration(scenario.span_us), own.render());
  std::string wrong = differences(scenario, oracle, *outcome);
  if (!wrong.empty() || scenario.history || options.home == Home::kafka) return wrong;
  return replay(scenario, *outcome);
}

int usage() {
  std::fputs("usage: weir_sim [--kafka] [--seeds N] [--first-seed S] [--verbose]\n", stderr);
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string_view option = argv[i];
    if (option == "--verbose") {
      options.verbose = true;
    } else if (option == "--kafka") {
      options.home = Home::kafka;
    } else if ((option == "--seeds" || option == "--first-seed") && i + 1 < argc) {
      (option == "--seeds" ? options.seeds : options.first) = std::strtoull(argv[++i], nullptr, 10);
    } else {
      return usage();
    }
  }
  Totals totals;
  int failed = 0;
  for (std::uint64_t seed = options.first; seed < options.first + options.seeds && failed < 3;
       ++seed) {
    const std::string wrong = run_seed(seed, options, totals);
    if (wrong.empty()) continue;
    ++failed;
    fmt::print("seed {} FAILED\n{}\nreproduce: {}{} --seeds 1 --first-seed {}\n", seed, wrong,
               argv[0], options.home == Home::kafka ? " --kafka" : "", seed);
    std::fflush(stdout);
  }
  fmt::print("{} seeds: {}\n", options.seeds, totals.render());
  return failed == 0 ? 0 : 1;
}
