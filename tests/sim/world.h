// Runs a scenario: the real workers, processors and embedded log over a disk that loses power,
// stepped in an order that the seed decides, on a clock that only the seed moves.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "processors/runtime/embedded_log.h"
#include "processors/runtime/worker.h"
#include "tests/fakes/memory_log.h"
#include "tests/fakes/sim_file_system.h"
#include "tests/sim/outcome.h"
#include "tests/sim/receivers.h"

namespace weir::sim {

class World {
 public:
  explicit World(const Scenario& scenario);

  /// Error: something failed that no crash explains.
  Result<Outcome> run();
  /// Instead of running: what a raw log means when it is read again. REQUIRES: a history.
  Result<Outcome> replay(const std::vector<std::vector<LoggedRecord>>& raw);

 private:
  /// A record as it stood in the log, which it may have left since.
  struct Seen {
    TimeUs append_time_us = 0;
    std::string content_type;
    std::string value;
    std::optional<Id> id;

    bool operator==(const Seen&) const = default;
  };
  struct Seat {
    std::unique_ptr<runtime::Worker> worker;
    const Graph::Node* node = nullptr;
    TimeUs frozen_until_us = 0;
    bool finished = false;
  };

  Result<void> start();
  Result<void> start_workers();
  /// Where the disk failed as planned, everything starts again; any other error is the outcome.
  Result<void> survive(const Result<void>& result);
  Result<void> run_live();
  Result<void> fill_history();
  Result<void> copy_history(const std::vector<std::vector<LoggedRecord>>& raw);
  Result<void> run_history();
  Result<void> settle();
  Result<void> finish();
  Result<void> work_off(bool& busy);
  /// False: the log has no room just now.
  Result<bool> send(const Input& input);
  Result<void> send_old_tick();
  /// What a person says about alerts.
  Result<void> say_something();
  /// Until nobody has anything to do at this time, if everything is well.
  Result<void> tell_receivers();
  Result<void> step(Seat& seat);
  Result<void> move_workers();
  void freeze_somebody();
  void plan_fault();
  /// Looks at what is new in the log, before it can expire; nothing may go unread by its reader, so
  /// nothing goes unseen.
  Result<void> observe();
  Result<void> observe(const runtime::TopicPartition& where);
  /// Every record of a partition of the log, in order.
  Result<void> visit_all(const runtime::TopicPartition& where, const Visit& visit);
  bool upstream_finished(const Seat& seat) const;
  TimeUs lowest_watermark() const;
  Result<Outcome> collect();

  const Scenario& scenario_;
  Random random_;
  runtime::Metrics metrics_;
  Probes probes_;
  Graph graph_;
  fakes::SimFileSystem disk_;
  fakes::MemoryLog history_;
  std::unique_ptr<runtime::EmbeddedLog> log_;
  std::vector<Seat> seats_;
  TimeUs now_;
  Outside outside_;
  std::unique_ptr<Receivers> receivers_;  // null: a history tells nobody
  Acknowledged acknowledged_;
  std::map<runtime::TopicPartition, std::vector<Seen>> seen_;
  int crashes_ = 0;
  std::uint64_t observed_ = 0;  // operations of the disk when it was last looked at
  std::int64_t expired_ = 0;
  int full_ = 0;  // times without room, since somebody worked
  bool fault_planned_ = false;
};

}  // namespace weir::sim
