// HyperLogLog: how many different things were seen, from their 64-bit hashes (Flajolet, Fusy,
// Gandouet, Meunier: "HyperLogLog", 2007), 4,096 registers: standard error 1.04 / sqrt(4096) = 1.63
// %. The estimator is Ertl's improved one ("New cardinality estimation algorithms for HyperLogLog
// sketches", arXiv:1702.01284, 2017), which needs no table, no switch to linear counting and here
// only + * /, so that every machine publishes the same number. Its correction for registers at
// their limit (tau) is left out: sets below 2^58 do not reach it.
//
// Merge is bit for bit commutative, associative and idempotent.
//
// Encoded form (versioned by whatever contains it; canonical: equal sketches have equal bytes). A
// register is 0, or 1 + the leading zeros of the 52 hash bits below its 12 index bits: 1..53.
//
//   varint  n: registers that are not 0
//   n <= 1,024: for each, ascending
//     varint  (index - previous index - 1) << 6 | register      (the first one's previous is -1)
//   otherwise
//     4,096 x 6 bits, four registers in three bytes, the first in the lowest bits
//
// A value; not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "processors/core/result.h"

namespace weir::sketches {

class HyperLogLog {
 public:
  static constexpr std::uint32_t kIndexBits = 12;
  static constexpr std::uint32_t kRegisters = 1u << kIndexBits;
  static constexpr std::uint32_t kMaxRegister = 64 - kIndexBits + 1;

  /// The hash must be uniform in all its bits: core/hash.h, or a keyed hash of that quality.
  void add(std::uint64_t hash);

  void merge(const HyperLogLog& other);
  /// Merges the encoded sketch at the front of `bytes` and removes it from there. Error: corrupt;
  /// the sketch then holds an unknown part of it and is good for clear() only.
  Result<void> merge_encoded(std::string_view& bytes);
  /// The encoded sketch at the front of `bytes`, removed from there. Error: corrupt.
  static Result<HyperLogLog> decode(std::string_view& bytes);
  void encode(std::string& out) const;

  bool empty() const { return occupied_ == 0; }
  /// Different hashes seen, rounded; 0 when empty.
  std::uint64_t estimate() const;

  /// Forgets the hashes and keeps the memory.
  void clear();
  /// Of the heap.
  std::size_t memory_bytes() const;

  /// Equal registers, however they are represented.
  friend bool operator==(const HyperLogLog& a, const HyperLogLog& b);

 private:
  using RegisterSpan = std::span<const std::uint8_t, kRegisters>;

  void raise(std::uint32_t index, std::uint8_t value);
  void make_dense();
  void merge_dense(RegisterSpan registers);
  template <class Visit>
  void for_each_register(Visit visit) const;

  // Few registers are a sorted list of index << 8 | value; many are an array from then on.
  std::vector<std::uint32_t> sparse_;
  std::vector<std::uint8_t> dense_;  // kRegisters; empty while sparse
  std::uint32_t occupied_ = 0;       // registers that are not 0
};

}  // namespace weir::sketches
