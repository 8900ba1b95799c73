// Any bytes as a frame of a segment, its checksum put right so that the rest is reached: refused,
// or read back from what it is written as.
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>

#include "processors/core/hash.h"
#include "processors/runtime/segment_format.h"

namespace {

using namespace weir;
using namespace weir::runtime;

void put_checksum_right(std::string& bytes) {
  std::uint32_t size = 0;
  if (bytes.size() < kFrameHeaderBytes) return;
  std::memcpy(&size, bytes.data() + 8, sizeof size);
  if (size < 8 || size > bytes.size()) return;
  const std::uint64_t checksum = hash64(std::string_view(bytes).substr(8, size - 8));
  std::memcpy(bytes.data(), &checksum, sizeof checksum);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string bytes(reinterpret_cast<const char*>(data), size);
  put_checksum_right(bytes);
  Frame frame;
  if (decode_frame(bytes, frame) != FrameState::whole) return 0;
  const Record& read = frame.record;
  if (frame.size > bytes.size()) std::abort();
  const NewRecord record{.key = std::string(read.key),
                         .content_type = std::string(read.content_type),
                         .value = std::string(read.value),
                         .id = read.id};
  std::string again;
  append_frame({read.offset, read.append_time_us, frame.witness, frame.more}, record, again);
  Frame second;
  if (decode_frame(again, second) != FrameState::whole) std::abort();
  if (second.record.key != read.key || second.record.value != read.value ||
      second.record.content_type != read.content_type || second.record.id != read.id)
    std::abort();
  return 0;
}
