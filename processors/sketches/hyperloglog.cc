#include "processors/sketches/hyperloglog.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "processors/core/bytes.h"
#include "processors/sketches/varint.h"

namespace weir::sketches {

namespace {

constexpr std::size_t kSparseRegisters = 256;    // in memory
constexpr std::uint32_t kSparseEncoded = 1'024;  // in the encoded form
constexpr std::size_t kPackedBytes = HyperLogLog::kRegisters * 6 / 8;

/// Ertl's sigma(x) = x + sum of x^(2^k) 2^(k-1), k >= 1: what the empty registers contribute. x
/// < 1.
double sigma(double x) {
  double sum = x;
  for (double weight = 1;; weight += weight) {
    x *= x;
    const double before = sum;
    sum += x * weight;
    if (sum == before) return sum;
  }
}

using Registers = std::array<std::uint8_t, HyperLogLog::kRegisters>;

Registers unpack(const char* at) {
  Registers registers;
  for (std::uint32_t index = 0; index < HyperLogLog::kRegisters; index += 4, at += 3) {
    const auto byte = [at](int i) { return std::uint32_t{static_cast<std::uint8_t>(at[i])}; };
    std::uint32_t four = byte(0) | byte(1) << 8 | byte(2) << 16;
    for (std::uint32_t i = 0; i < 4; ++i, four >>= 6)
      registers[index + i] = static_cast<std::uint8_t>(four & 63);
  }
  return registers;
}

std::uint32_t count_occupied(std::span<const std::uint8_t> registers) {
  std::uint32_t count = 0;
  for (const std::uint8_t value : registers) count += value != 0 ? 1 : 0;
  return count;
}

bool all_in_range(const Registers& registers) {
  bool out_of_range = false;
  for (const std::uint8_t value : registers) out_of_range |= value > HyperLogLog::kMaxRegister;
  return !out_of_range;
}

}  // namespace

void HyperLogLog::add(std::uint64_t hash) {
  const std::uint64_t below = hash << kIndexBits;
  const int zeros = std::min(std::countl_zero(below), static_cast<int>(kMaxRegister) - 1);
  raise(static_cast<std::uint32_t>(hash >> (64 - kIndexBits)),
        static_cast<std::uint8_t>(zeros + 1));
}

void HyperLogLog::raise(std::uint32_t index, std::uint8_t value) {
  if (!dense_.empty()) {
    std::uint8_t& current = dense_[index];
    if (current == 0) ++occupied_;
    current = std::max(current, value);
    return;
  }
  const std::uint32_t entry = index << 8 | value;
  const auto at = std::ranges::lower_bound(sparse_, index << 8);
  if (at != sparse_.end() && *at >> 8 == index) {
    *at = std::max(*at, entry);
    return;
  }
  sparse_.insert(at, entry);
  ++occupied_;
  if (sparse_.size() > kSparseRegisters) make_dense();
}

void HyperLogLog::make_dense() {
  if (!dense_.empty()) return;
  dense_.resize(kRegisters);
  for (const std::uint32_t entry : sparse_) dense_[entry >> 8] = static_cast<std::uint8_t>(entry);
  sparse_ = {};
}

/// visit(index, value) for each register that is not 0, ascending.
template <class Visit>
void HyperLogLog::for_each_register(Visit visit) const {
  for (const std::uint32_t entry : sparse_) visit(entry >> 8, static_cast<std::uint8_t>(entry));
  for (std::uint32_t index = 0; index < dense_.size(); ++index)
    if (dense_[index] != 0) visit(index, dense_[index]);
}

void HyperLogLog::merge(const HyperLogLog& other) {
  if (!other.dense_.empty()) return merge_dense(RegisterSpan(other.dense_));
  for (const std::uint32_t entry : other.sparse_)
    raise(entry >> 8, static_cast<std::uint8_t>(entry));
}

/// All registers at once: sixteen a step where the machine can.
void HyperLogLog::merge_dense(RegisterSpan registers) {
  make_dense();
  Registers merged;  // local, so that the compiler knows it for separate from both
  for (std::uint32_t i = 0; i < kRegisters; ++i) merged[i] = std::max(dense_[i], registers[i]);
  std::ranges::copy(merged, dense_.begin());
  occupied_ = count_occupied(dense_);
}

Result<void> HyperLogLog::merge_encoded(std::string_view& bytes) {
  const auto corrupt = [&](const char* what) {
    return fail(ErrorCode::corrupt, "HyperLogLog of {} bytes: {}", bytes.size(), what);
  };
  const char* const end = bytes.data() + bytes.size();
  std::uint64_t count = 0;
  const char* at = read_varint(bytes.data(), end, count);
  if (at == nullptr || count > kRegisters) return corrupt("bad number of registers");
  if (count <= kSparseEncoded) {
    std::uint64_t next = 0;
    for (std::uint64_t i = 0; i < count; ++i) {
      std::uint64_t entry = 0;
      at = read_varint(at, end, entry);
      const auto value = static_cast<std::uint8_t>(entry & 63);
      next += entry >> 6;
      if (at == nullptr || entry >> 6 >= kRegisters || next >= kRegisters || value == 0 ||
          value > kMaxRegister)
        return corrupt("bad register");
      raise(static_cast<std::uint32_t>(next++), value);
    }
  } else {
    if (static_cast<std::size_t>(end - at) < kPackedBytes) return corrupt("cut off");
    const auto registers = unpack(at);
    if (!all_in_range(registers) || count_occupied(registers) != count)
      return corrupt("bad register");
    merge_dense(registers);
    at += kPackedBytes;
  }
  bytes.remove_prefix(static_cast<std::size_t>(at - bytes.data()));
  return {};
}

Result<HyperLogLog> HyperLogLog::decode(std::string_view& bytes) {
  HyperLogLog sketch;
  WEIR_TRY(sketch.merge_encoded(bytes));
  return sketch;
}

void HyperLogLog::encode(std::string& out) const {
  put_varint(out, occupied_);
  if (occupied_ <= kSparseEncoded) {
    std::uint32_t next = 0;
    for_each_register([&](std::uint32_t index, std::uint8_t value) {
      put_varint(out, std::uint64_t{index - next} << 6 | value);
      next = index + 1;
    });
    return;
  }
  std::array<char, kPackedBytes> packed;
  char* at = packed.data();
  for (std::uint32_t index = 0; index < kRegisters; index += 4, at += 3) {
    std::uint32_t four = 0;
    for (std::uint32_t i = 4; i-- > 0;) four = four << 6 | dense_[index + i];
    std::memcpy(at, &four, 3);
  }
  out.append(packed.data(), packed.size());
}

std::uint64_t HyperLogLog::estimate() const {
  if (empty()) return 0;
  std::array<std::uint32_t, kMaxRegister + 1> histogram{};
  for_each_register([&](std::uint32_t, std::uint8_t value) { ++histogram[value]; });
  histogram[0] = kRegisters - occupied_;

  constexpr double kCount = kRegisters;
  constexpr double kAlpha = 0.72134752044448170367996234050095;  // 1 / (2 ln 2)
  double inverse = 0;
  for (std::uint32_t value = kMaxRegister; value > 0; --value)
    inverse = (inverse + histogram[value]) * 0.5;
  inverse += kCount * sigma(histogram[0] / kCount);
  const double estimate = kAlpha * kCount * kCount / inverse;
  constexpr double kMost = 0x1p62;  // only forged registers come here
  const double rounded = std::min(estimate, kMost) + 0.5;
  return static_cast<std::uint64_t>(rounded);
}

void HyperLogLog::clear() {
  sparse_.clear();
  std::ranges::fill(dense_, 0);
  occupied_ = 0;
}

std::size_t HyperLogLog::memory_bytes() const {
  return sparse_.capacity() * sizeof(std::uint32_t) + dense_.capacity();
}

bool operator==(const HyperLogLog& a, const HyperLogLog& b) {
  const auto registers = [](const HyperLogLog& sketch) {
    Registers all{};
    sketch.for_each_register([&](std::uint32_t index, std::uint8_t value) { all[index] = value; });
    return all;
  };
  return a.occupied_ == b.occupied_ && registers(a) == registers(b);
}

}  // namespace weir::sketches
