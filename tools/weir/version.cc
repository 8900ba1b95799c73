#include "tools/weir/version.h"

#include <fmt/format.h>

#include "processors/aggregates/inference_aggregate.h"
#include "processors/alert/state.h"
#include "processors/fold/state.h"
#include "processors/kpi/state.h"
#include "processors/runtime/embedded_format.h"
#include "processors/runtime/kafka_state.h"
#include "processors/runtime/segment_format.h"
#include "processors/slo/state.h"
#include "processors/windows/sources.h"
#include "sinks/webhook/backlog.h"

namespace weir::cli {
namespace {

/// What is kept in state says its version in its first byte.
int version_of(const std::string& bytes) { return static_cast<unsigned char>(bytes.at(0)); }

/// One that only the newest version can say.
std::string aggregate() {
  aggregates::InferenceAggregate aggregate;
  aggregate.counters.add_cold_start(0);
  std::string bytes;
  aggregate.encode(bytes);
  return bytes;
}

}  // namespace

std::string version_text(const std::string& version) {
  const windows::Sources sources(windows::Sources::Options{});
  std::string of_sources;
  sources.encode(of_sources);
  return fmt::format(
      "weir {}\n"
      "reads and writes:\n"
      "  log directory   format {}\n"
      "  segment frames  format {}\n"
      "  kafka state     format {}\n"
      "  messages        weir.v1 (proto/weir/v1), version 1 of each\n"
      "  state           fold {}, kpi {}, slo {}, alert {}, receiver {}, aggregate {}, sources {}",
      version, runtime::kLogFormatVersion, runtime::kSegmentFormatVersion,
      runtime::kLocalStateVersion, version_of(fold::encode_head({})),
      version_of(kpi::encode_head({}, sources)), version_of(slo::encode_head({}, sources)),
      version_of(alert::encode_head({})), webhook::kNoteVersion, version_of(aggregate()),
      version_of(of_sources));
}

}  // namespace weir::cli
