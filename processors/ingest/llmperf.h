// Individual results of the LLMPerf leaderboard (ray-project/llmperf-leaderboard): one JSON array,
// an object a request. Times are seconds and become microseconds, rounded half up.
//
//   error_code             null: ok; 429: rejected; any other: server_error
//   error_msg              error_detail
//   ttft_s                 ttft_us
//   end_to_end_latency_s   latency_us
//   number_input_tokens    input_tokens
//   number_output_tokens   output_tokens
//
// A failed request that measured nothing says so with zeros (and one output token, so that nobody
// divides by none): where an error has no end-to-end latency, latency, TTFT and output tokens are
// absent. The file's name, `<provider>_<model>.json`, gives service and model; without '_' it is
// the service.
#pragma once

#include <memory>

#include "processors/core/time.h"
#include "processors/ingest/importer.h"

namespace weir::ingest {

/// The source has no arrival times: request i of all files, counted from 0, gets the time
/// start_us + i / rate_per_s. REQUIRES: start_us > 0, rate_per_s > 0.
std::unique_ptr<Importer> make_llmperf_importer(TimeUs start_us, double rate_per_s);

}  // namespace weir::ingest
