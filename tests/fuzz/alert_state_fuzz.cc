// Any bytes as state of alert: read or refused, and what is read is written as it was. A head of an
// older version is written as this one, and stays so.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "processors/alert/state.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weir::alert;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (const auto head = decode_head(bytes)) {
    const std::string written = encode_head(*head);
    const std::string again = encode_head(decode_head(written).value());
    if (again != written || (written.front() == bytes.front() && written != bytes)) std::abort();
  }
  // Protobuf reads one message from several spellings; what it writes it reads as the same.
  if (const auto entry = decode_entry(bytes)) {
    const std::string written = encode_entry(*entry);
    if (encode_entry(decode_entry(written).value()) != written) std::abort();
  }
  if (const auto group = decode_group(bytes))
    if (encode_group(*group) != bytes) std::abort();
  if (const auto load = decode_load(bytes))
    if (encode_load(*load) != bytes) std::abort();
  if (const auto key = parse_group_key(bytes))
    if (group_key(*key) != bytes) std::abort();
  (void)decode_silence(bytes);
  return 0;
}
