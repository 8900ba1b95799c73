// The events of an InferenceBatch, every column of it. For people: BatchReader is the fast one, and
// skips the columns that nobody folds.
#pragma once

#include <vector>

#include "processors/core/result.h"
#include "weir/v1/inference.pb.h"

namespace weir::cli {

/// corrupt: columns of unequal length, or a code without a value.
Result<std::vector<v1::InferenceEvent>> events_of(const v1::InferenceBatch& batch);

}  // namespace weir::cli
