// The two loops that see every event: what is the same for all scopes, and the addition to a slot.
// One source (kernel_prepare.h, kernel_add.h), compiled for every machine and for x86-64-v3; both
// give the same bytes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "processors/fold/slot.h"

namespace weir::fold {

/// Events of one block, at most.
inline constexpr std::size_t kBlock = 256;

/// A block of events as the kernels read it. Null: the column is absent.
struct BlockColumns {
  std::size_t count = 0;
  /// By lane, tpot excepted (it is null): events::kAbsent or a value.
  std::array<const std::uint32_t*, kLanes> lanes{};
  std::array<const std::uint32_t*, kTallySums> tallies{};  // likewise
  const std::uint8_t* flags = nullptr;                     // v1::InferenceFlag
  const std::int64_t* times_us = nullptr;
};

/// A block of events as additions: computed once, added to a slot in every scope.
struct alignas(64) Block {
  std::array<std::array<std::uint32_t, kLanes>, kBlock> values;       // 0 where absent
  std::array<std::array<std::uint16_t, kLanes>, kBlock> present;      // 1 or 0
  std::array<std::array<std::uint32_t, kTallySums>, kBlock> tallies;  // 0 where absent
  std::array<std::uint8_t, kBlock> told;  // which Told it adds to: index of a table of the kernel
  std::array<std::array<std::uint16_t, kBlock>, aggregates::kDurations> bins;  // where wanted
  std::array<std::uint8_t, kBlock> seconds;                                    // of its 10 s pane
  std::array<std::int64_t, kBlock> panes;
  bool any_told = false;  // some event tells something that is tallied
  bool any_wide = false;  // some value is kLaneLimit or more: it counts as absent here
};

/// What is added where.
struct Addition {
  const Block* block = nullptr;
  Slot* const* slots = nullptr;  // by event
  std::size_t count = 0;
  std::size_t sketches = 0;
  std::array<const std::uint16_t*, aggregates::kDurations> bins{};  // by sketch
};

struct Kernels {
  /// `wanted`: bit d, where some scope keeps a sketch of duration d.
  void (*prepare)(const BlockColumns& columns, unsigned wanted, Block& block);
  void (*add)(const Addition& addition);
};

extern const Kernels kPortableKernels;
#ifdef WEIR_X86_64_V3
extern const Kernels kV3Kernels;
#endif

/// The fastest that this machine can run.
const Kernels& best_kernels();

}  // namespace weir::fold
