#include "processors/sketches/ddsketch_counts.h"

#include <bit>
#include <cstring>

#ifdef __x86_64__
#include <immintrin.h>
#endif

#include "processors/sketches/ddsketch.h"
#include "processors/sketches/varint.h"

namespace weir::sketches {

#ifdef __x86_64__
namespace {

constexpr std::uint64_t kOnes = 0x0101'0101'0101'0101;
constexpr std::uint64_t kTops = 0x8080'8080'8080'8080;
/// Fewer bins of a block are added sooner one by one.
constexpr int kWorthIt = 16;

/// Whether each of the lowest n bytes is the varint of a count of one byte: from 1 to 127. With its
/// top bit set a byte minus one borrows from no other, and loses that bit only where the rest is 0.
[[gnu::target("bmi2")]] bool are_short(std::uint64_t bytes, unsigned n) {
  const std::uint64_t tops = _bzhi_u64(kTops, 8 * n);
  return (bytes & tops) == 0 && (((bytes | kTops) - kOnes) & tops) == tops;
}

[[gnu::target("avx2,bmi2,popcnt")]] const char* add_counts_avx2(const char* at, const char* end,
                                                                std::uint64_t bitmap,
                                                                std::uint64_t* counts,
                                                                std::uint64_t& total) {
  if (_mm_popcnt_u64(bitmap) < kWorthIt) return add_counts_portable(at, end, bitmap, counts, total);
  __m256i sums = _mm256_setzero_si256();
  while (bitmap != 0) {
    const auto first = static_cast<unsigned>(std::countr_zero(bitmap)) & ~7u;
    const std::uint64_t eight = bitmap >> first & 0xff;
    bitmap &= ~(std::uint64_t{0xff} << first);
    const auto n = static_cast<unsigned>(_mm_popcnt_u64(eight));
    std::uint64_t bytes = 0;
    const bool whole = end - at >= static_cast<std::ptrdiff_t>(sizeof bytes);
    if (whole) std::memcpy(&bytes, at, sizeof bytes);
    if (!whole || !are_short(bytes, n)) {
      at = add_counts_portable(at, end, eight, counts + first, total);
      if (at == nullptr) return nullptr;
      continue;
    }
    at += n;
    // Each count to the byte of its bin, and from there to the bin's own width.
    const std::uint64_t by_bin = _pdep_u64(bytes, _pdep_u64(eight, kOnes) * 0xff);
    const __m128i narrow = _mm_cvtsi64_si128(static_cast<long long>(by_bin));
    const __m256i low = _mm256_cvtepu8_epi64(narrow);
    const __m256i high = _mm256_cvtepu8_epi64(_mm_srli_si128(narrow, 4));
    auto* const into = reinterpret_cast<__m256i*>(counts + first);
    _mm256_storeu_si256(into, _mm256_add_epi64(_mm256_loadu_si256(into), low));
    _mm256_storeu_si256(into + 1, _mm256_add_epi64(_mm256_loadu_si256(into + 1), high));
    sums = _mm256_add_epi64(sums, _mm256_add_epi64(low, high));
  }
  alignas(sizeof sums) std::uint64_t lanes[4];
  _mm256_store_si256(reinterpret_cast<__m256i*>(lanes), sums);
  total += lanes[0] + lanes[1] + lanes[2] + lanes[3];
  return at;
}

}  // namespace
#endif

const char* add_counts_portable(const char* at, const char* end, std::uint64_t bitmap,
                                std::uint64_t* counts, std::uint64_t& total) {
  for (; bitmap != 0; bitmap &= bitmap - 1) {
    if (at == end) return nullptr;
    std::uint64_t count = static_cast<std::uint8_t>(*at);
    if (count - 1 < 0x7f) [[likely]] {  // one byte, and not 0
      ++at;
    } else {
      at = read_varint(at, end, count);
      if (at == nullptr || count - 1 >= kDdSketchMaxCount) return nullptr;
    }
    counts[std::countr_zero(bitmap)] += count;
    total += count;
  }
  return at;
}

const char* add_counts(const char* at, const char* end, std::uint64_t bitmap, std::uint64_t* counts,
                       std::uint64_t& total) {
#ifdef __x86_64__
  static const bool has_avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2");
  if (has_avx2) return add_counts_avx2(at, end, bitmap, counts, total);
#endif
  return add_counts_portable(at, end, bitmap, counts, total);
}

}  // namespace weir::sketches
