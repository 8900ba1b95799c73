// Any bytes as state of slo: read or refused, and what is read is written as it was. A head of an
// older version is written as this one, and stays so.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "processors/slo/state.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weir::slo;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (const auto ledger = decode_ledger(bytes))
    if (decode_ledger(encode_ledger(*ledger)).value() != *ledger) std::abort();
  weir::windows::Sources sources({});
  Head head;
  if (decode_head(bytes, head, sources)) {
    const std::string written = encode_head(head, sources);
    weir::windows::Sources sources_again({});
    Head head_again;
    if (!decode_head(written, head_again, sources_again)) std::abort();
    const bool is_older = written.size() > bytes.size();  // it says less
    if (encode_head(head_again, sources_again) != written || (!is_older && written != bytes))
      std::abort();
  }
  (void)decode_version(bytes);
  return 0;
}
