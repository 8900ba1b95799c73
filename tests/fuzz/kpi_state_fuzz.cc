// Any bytes as a head, a key or the values of a series in kpi's state, as the first byte says:
// refused, or written again as they were read; what an older version wrote as this one writes it.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "processors/aggregates/definitions.h"
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
  if (!decode_head(bytes, head, sources)) return;
  const std::string written = encode_head(head, sources);
  Head head_again;
  windows::Sources sources_again({});
  check(decode_head(written, head_again, sources_again).has_value());
  check(encode_head(head_again, sources_again) == written);
  check(written == bytes || written.size() > bytes.size());  // an older one says less
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

/// As the values of a scope of one to ten dimensions, as the first byte says.
void check_series(std::string_view bytes) {
  const std::size_t count = 1 + static_cast<std::uint8_t>(bytes[0]) % aggregates::kDimensions;
  const auto values = aggregates::decode_series(bytes.substr(1), count);
  if (!values) return;
  const std::vector<std::string_view> views(values->begin(), values->end());
  check(views.size() == count && aggregates::encode_series(views) == bytes.substr(1));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data + 1), size - 1);
  switch (data[0] % 6) {
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
    case 4:
      check_occupancy(bytes);
      break;
    default:
      check_series(bytes);
  }
  return 0;
}
