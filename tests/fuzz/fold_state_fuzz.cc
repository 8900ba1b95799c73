// Any bytes as a head, an id record or either key of an id of fold's state, as the first byte says:
// refused, or written again as they were read. A head of an older version is written as this one,
// and read again it is the same.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "processors/fold/state.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weir::fold;
  if (size < 2) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data + 1), size - 1);
  const auto check = [](bool holds) {
    if (!holds) std::abort();
  };
  switch (data[0] % 4) {
    case 0:
      if (const auto head = decode_head(bytes)) {
        const std::string written = encode_head(*head);
        check(written[0] != bytes[0] || written == bytes);
        check(encode_head(decode_head(written).value()) == written);
      }
      break;
    case 1:
      if (const auto seen = decode_seen(bytes)) check(encode_seen(*seen) == bytes);
      break;
    case 2:
      if (const auto id = parse_seen_key(bytes)) check(seen_key(*id).substr(1) == bytes.substr(1));
      break;
    default:
      if (const auto seen = parse_seen_time_key(bytes))
        check(seen_time_key(*seen).substr(1) == bytes.substr(1));
  }
  return 0;
}
