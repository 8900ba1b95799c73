// Any bytes as a compressed body: never more comes out than the limit and what was claimed, and
// what comes out compresses to a body that gives the same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "processors/net/content_decoder.h"
#include "tests/net/compress.h"

namespace {

using weir::net::Encoding;
using weir::net::MemoryBudget;

constexpr std::size_t kLimit = 64 << 10;

void check(Encoding encoding, std::string_view body, std::string (*compress)(std::string_view)) {
  MemoryBudget memory(kLimit);
  std::string text;
  {
    MemoryBudget::Claim claim(memory);
    auto decoded = weir::net::decode(encoding, body, kLimit, claim);
    if (!decoded) return;
    text = *std::move(decoded);
    if (text.size() > kLimit || claim.grow(kLimit - text.size() + 1)) std::abort();
  }
  MemoryBudget::Claim claim(memory);
  const auto again = weir::net::decode(encoding, compress(text), kLimit, claim);
  if (!again || *again != text) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  check(Encoding::gzip, body, weir::net::gzip);
  check(Encoding::zstd, body, [](std::string_view text) { return weir::net::zstd(text); });
  return 0;
}
