// What a scenario is run with, and what is left of it, in whatever home the log has.
#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "processors/graph.h"
#include "processors/runtime/io.h"
#include "tests/sim/oracle.h"
#include "tests/sim/owner.h"
#include "tests/sim/scenario.h"
#include "weir/v1/alert.pb.h"
#include "weir/v1/burn.pb.h"
#include "weir/v1/dead_letter.pb.h"
#include "weir/v1/kpi.pb.h"
#include "weir/v1/signal.pb.h"
#include "weir/v1/sli.pb.h"

namespace weir::sim {

/// A batch of objectives' counts.
struct LoggedCounts {
  std::int64_t offset = 0;
  v1::SliBatch batch;
};

/// What alerts are made of.
struct LoggedSignal {
  std::int64_t offset = 0;
  TimeUs append_time_us = 0;
  v1::Signal signal;
};

/// An alert, a notification or a silence.
struct LoggedAlert {
  std::int64_t offset = 0;
  v1::AlertRecord record;
};

/// What is left when a scenario has run.
struct Outcome {
  std::vector<std::vector<LoggedRecord>> raw;       // by partition
  std::vector<std::vector<LoggedBatch>> batches;    // by keyed partition
  std::vector<std::vector<v1::KpiResult>> results;  // likewise, in order of offsets
  std::vector<std::vector<LoggedCounts>> counts;    // likewise
  std::vector<std::vector<v1::BurnResult>> burns;   // likewise
  std::vector<LoggedSignal> signals;
  std::vector<LoggedAlert> alerts;
  std::vector<v1::Decision> decisions;
  std::vector<v1::DeadLetter> dead;
  std::vector<std::string> mistold;  // what is wrong with what receivers of alerts were sent
  std::int64_t lost_events = 0;      // as counted: beyond what a tier kept, after a stall
  std::int64_t expired = 0;          // records that have left the log
  int crashes = 0;                   // anything after which a step was done again
};

/// The graph of a scenario. `probes` outlives it.
Result<Graph> graph_of(const Scenario& scenario, Probes& probes);

/// By raw partition, the values of records that producers know to be there.
using Acknowledged = std::vector<std::multiset<std::string>>;

using Visit = std::function<void(const runtime::Record&)>;
/// The records of a partition from an offset on, in order. corrupt: one lacks, and the log does not
/// say (RecordBatch::next) that none stands there.
Result<void> read_from(const runtime::Reader& reader, const runtime::TopicPartition& where,
                       std::int64_t offset, const Visit& visit);

/// Shows every record that a partition ever had, in order.
using VisitAll = std::function<Result<void>(const runtime::TopicPartition&, const Visit&)>;
/// The records of an outcome. corrupt: an acknowledged one is gone, or one is there that nobody
/// sent.
Result<Outcome> collect(const Scenario& scenario, const Acknowledged& acknowledged,
                        const VisitAll& visit_all);

runtime::NewRecord to_record(const Input& input);
/// A tick whose writer may have decided before others appended. `end`: of its partition.
runtime::NewRecord old_tick(Random& random, std::int64_t end);
/// The watermark at which every window of every event that came has ended.
TimeUs settled_at(const Scenario& scenario, TimeUs now);

}  // namespace weir::sim
