// Records of every topic, decoded for a person to read.
#pragma once

#include <string>
#include <vector>

#include "processors/runtime/io.h"
#include "sinks/results/proto_json.h"

namespace weir::cli {

/// One object for each event of a batch, otherwise one: partition, offset, append_time, key and id
/// where they are there, and `event`, or `message` with the name of its type. What cannot be
/// decoded is shown as its first bytes and why.
std::vector<results::Json> decode_record(const runtime::TopicPartition& where,
                                         const runtime::Record& record);

}  // namespace weir::cli
