// Any bytes as what somebody says of alerts: a path, a line break and a body. An error, or a
// message whose matchers are good, and do not hold of everything.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "processors/labels/matcher.h"
#include "sinks/alerts/requests.h"

namespace {

constexpr weir::TimeUs kNow = 1'767'600'000'000'000;

void check(const google::protobuf::RepeatedPtrField<weir::v1::LabelMatcher>& said) {
  const auto matchers = weir::labels::make_matchers(said);
  if (!matchers || weir::labels::may_match_everything(*matchers)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos) return 0;
  const std::string_view path = text.substr(0, end);
  const std::string_view body = text.substr(end + 1);
  if (path == "silences") {
    const auto silence = weir::alerts::read_silence(body, kNow, "0");
    if (!silence) return 0;
    check(silence->matcher());
    if (silence->ends_at_us() <= silence->starts_at_us()) std::abort();
  } else if (const auto said = weir::alerts::read_saying(path, body); said) {
    if (said->has_acknowledgement() && said->acknowledgement().matcher_size() > 0)
      check(said->acknowledgement().matcher());
  }
  return 0;
}
