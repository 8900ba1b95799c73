// One slo task over a store of its own: fed with counts of objectives, it renders what it tells,
// one line a result or signal. Times are whole seconds after kStart.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "processors/slo/slo.h"
#include "processors/state/memory_store.h"

namespace weir::slo {

inline constexpr TimeUs kStart = 19'675 * kDayUs;  // 2023-11-14

/// "chat": 99 % of all events over an hour, no conditions.
v1::ObjectiveDefinition objective(const std::string& name = "chat");
/// "page": above this factor over a long and a short window (0: none). Chance is not asked.
v1::ConditionDefinition condition(std::int64_t factor, DurationUs long_us, DurationUs short_us);
v1::Objectives objectives(std::vector<v1::ObjectiveDefinition> definitions);

/// Good and bad events at a second.
struct Events {
  std::int64_t at = 0;
  std::int64_t good = 0;
  std::int64_t bad = 0;
  std::vector<std::string> series = {};
  std::size_t objective = 0;
};

/// What one raw partition says.
struct Said {
  std::int64_t watermark = 0;
  std::vector<Events> events = {};
  std::int32_t partition = 0;
  std::optional<std::int64_t> at = {};  // its append time; absent: the watermark's
  bool end = false;
  std::int64_t lost = 0;         // raw offsets before it, of which nothing comes
  std::uint32_t lost_parts = 0;  // of its own batch, before it
};

class SloTask {
 public:
  explicit SloTask(v1::Objectives definitions, Config config = {}, std::int32_t raw_partitions = 1);

  /// Takes a batch and tells everything that is due then:
  ///   "chat @10 1/2 left -50% 5m=50.00 ..." see render
  std::string say(const Said& said);
  /// Other objectives hold from the next batch on.
  void define(v1::Objectives definitions) { definitions_ = std::move(definitions); }

  void commit();
  /// Drops what is not committed and starts again.
  void restart();
  /// Commits and starts again with another configuration.
  void restart_with(Config config);
  /// Commits and starts again after every piece of work from now on.
  void restart_always() { restart_always_ = true; }

  /// Also what burns, window by window.
  bool show_windows = false;
  /// Also with which severity conditions are told.
  bool show_severity = false;
  /// Also that time passed.
  bool show_time = false;
  /// Everything told so far, serialised: key and value of each.
  const std::string& bytes() const { return bytes_; }
  const v1::BurnResult& last() const { return last_; }
  std::size_t stored_keys() const;

  runtime::Metrics metrics;
  Probe probe{metrics};

 private:
  void open();
  void gather();
  std::string render(const v1::BurnResult& result) const;
  std::string render(const v1::Signal& signal) const;

  v1::Objectives definitions_;
  Config config_;
  const std::int32_t raw_partitions_;
  state::MemoryStore store_;
  std::unique_ptr<state::WriteBack> cache_;
  std::unique_ptr<runtime::TaskContext> context_;
  std::unique_ptr<SloProcessor> processor_;
  std::map<std::int32_t, std::int64_t> ends_;  // of raw ranges, by partition
  std::int64_t next_offset_ = 0;
  bool restart_always_ = false;
  std::string told_;
  std::string bytes_;
  v1::BurnResult last_;
};

}  // namespace weir::slo
