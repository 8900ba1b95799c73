// weir_sim: runs seeds of the deterministic simulation. A failing seed prints what differs and the
// command that reproduces it.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include <fmt/format.h>

#include "tests/sim/check.h"
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
  std::int64_t lossy = 0;  // seeds: something came too late to be told everywhere, after a stall
};

std::string run_seed(std::uint64_t seed, Totals& totals) {
  const Scenario scenario(seed);
  World world(scenario);
  const auto outcome = world.run();
  if (!outcome) return "failed: " + outcome.error().message;
  const Oracle oracle(scenario, outcome->raw);
  for (const Input& input : scenario.inputs)
    totals.events += static_cast<std::int64_t>(input.events.size());
  for (const auto& partition : outcome->results) {
    totals.results += static_cast<std::int64_t>(partition.size());
    for (const v1::KpiResult& result : partition) totals.restated += result.restates();
  }
  totals.dead += std::ssize(outcome->dead);
  totals.crashes += outcome->crashes;
  totals.lossy += outcome->lost_events != 0;
  return differences(scenario, oracle, *outcome);
}

int usage() {
  std::fputs("usage: weir_sim [--seeds N] [--first-seed S]\n", stderr);
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  std::uint64_t seeds = 100;
  std::uint64_t first = 1;
  for (int i = 1; i < argc; i += 2) {
    if (i + 1 == argc) return usage();
    const std::uint64_t value = std::strtoull(argv[i + 1], nullptr, 10);
    if (std::string_view(argv[i]) == "--seeds") {
      seeds = value;
    } else if (std::string_view(argv[i]) == "--first-seed") {
      first = value;
    } else {
      return usage();
    }
  }
  Totals totals;
  int failed = 0;
  for (std::uint64_t seed = first; seed < first + seeds && failed < 3; ++seed) {
    const std::string wrong = run_seed(seed, totals);
    if (wrong.empty()) continue;
    ++failed;
    fmt::print("seed {} FAILED\n{}\nreproduce: {} --seeds 1 --first-seed {}\n", seed, wrong,
               argv[0], seed);
  }
  fmt::print(
      "{} seeds: {} events, {} results ({} told again), {} dead letters, {} crashes, "
      "{} with losses\n",
      seeds, totals.events, totals.results, totals.restated, totals.dead, totals.crashes,
      totals.lossy);
  return failed == 0 ? 0 : 1;
}
