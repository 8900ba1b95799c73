// How long work tells how far it is.
#pragma once

#include <cstdint>
#include <functional>

namespace weir::ingest {

/// `done` of `total` in whatever unit the work counts; `total` may be an estimate. Called often,
/// so it should return at once. An empty function is not called.
using Progress = std::function<void(std::uint64_t done, std::uint64_t total)>;

}  // namespace weir::ingest
