// One kpi task over a store of its own: fed with partial batches made of a few events, it renders
// what it tells, one line a window. Times are whole seconds after kStart.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "processors/kpi/kpi.h"
#include "processors/state/memory_store.h"

namespace weir::kpi {

inline constexpr TimeUs kStart = 19'675 * kDayUs;  // 2023-11-14

/// [service] over these windows; 10 s (30 s late), 1 m (2 min late), 1 h (1 h late).
v1::Definitions rules(const std::vector<std::string>& windows = {"20s/10s"});

struct Event {
  std::int64_t at = 0;
  std::string service = "code";
  std::uint32_t tier = 0;
  std::uint32_t scope = 0;
};

/// What one raw partition says.
struct Said {
  std::int32_t partition = 0;
  std::optional<std::int64_t> watermark = {};  // absent: not a whole batch, another part follows
  std::vector<Event> events = {};
  std::optional<std::int64_t> at = {};  // its append time; absent: the watermark's
  std::int64_t newest = -1'000;         // the greatest event time, where no event is later
  bool end = false;
  std::int64_t lost = 0;         // raw offsets before it, of which nothing comes
  std::uint32_t lost_parts = 0;  // of its own batch, before it
};

class KpiTask {
 public:
  explicit KpiTask(v1::Definitions definitions = rules(), Config config = {},
                   std::int32_t raw_partitions = 1);

  /// Takes a batch and tells everything that is due then.
  std::string say(const Said& said);
  /// Takes a batch, and no more.
  Result<std::size_t> take(const Said& said);
  Result<std::size_t> take(std::string_view bytes);
  /// One piece of the open step.
  Result<void> resume();
  /// What was told since this was last asked, in order.
  std::string told();

  void commit();
  /// Drops what is not committed and starts again.
  void restart();
  /// Commits and starts again after every piece of work from now on.
  void restart_always() { restart_always_ = true; }

  v1::PartialBatch batch(const Said& said);
  const KpiProcessor& processor() const { return *processor_; }
  /// Committed keys with this first letter, in hexadecimal.
  std::vector<std::string> keys(std::string_view prefix) const;
  /// Committed bytes of the values of such keys.
  std::size_t stored_bytes(std::string_view prefix) const;

  runtime::Metrics metrics;
  Probe probe{metrics};

 private:
  void open();
  void gather();

  const v1::Definitions definitions_;
  const Config config_;
  const std::int32_t raw_partitions_;
  state::MemoryStore store_;
  std::unique_ptr<state::WriteBack> cache_;
  std::unique_ptr<runtime::TaskContext> context_;
  std::unique_ptr<KpiProcessor> processor_;
  std::map<std::int32_t, std::int64_t> ends_;    // of raw ranges, by partition
  std::map<std::int32_t, std::uint32_t> parts_;  // which comes next, by partition
  std::int64_t next_offset_ = 0;
  bool restart_always_ = false;
  std::string uncommitted_;
  std::string committed_;
};

}  // namespace weir::kpi
