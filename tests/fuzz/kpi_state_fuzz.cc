// Any bytes as a head or a key of kpi's state, as the first byte says: refused, or written again as
// they were read.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "processors/kpi/state.h"
#include "processors/windows/occupancy.h"

namespace {

using namespace weir;
using namespace weir::kpi;

void check(bool holds) {
  if (!holds) std::abort();
}

void check_head(std::string_view bytes) {
  Head head;
  windows::Sources sources({});
  if (decode_head(bytes, head, sources)) check(encode_head(head, sources) == bytes);
}

void check_occupancy(std::string_view bytes) {
  const auto plan = windows::WindowPlan::make({{kMinuteUs, 10 * kSecondUs}, {kHourUs, kMinuteUs}},
                                              windows::default_tiers());
  windows::Occupancy occupancy(*plan);
  std::string again;
  if (!occupancy.decode(bytes)) return;
  occupancy.encode(again);
  check(again == bytes);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data + 1), size - 1);
  switch (data[0] % 5) {
    case 0:
      check_head(bytes);
      break;
    case 1:
      if (const auto pane = parse_open_key(bytes))
        check(open_key(*pane).substr(1) == bytes.substr(1));
      break;
    case 2:
      if (const auto pane = parse_late_key(bytes))
        check(late_key(*pane).substr(1) == bytes.substr(1));
      break;
    case 3:
      if (const auto series = parse_series_key(bytes))
        check(series_key(*series).substr(1) == bytes.substr(1));
      break;
    default:
      check_occupancy(bytes);
  }
  return 0;
}
