#include "sinks/prometheus/gauges.h"

#include <cmath>
#include <iterator>

#include <fmt/format.h>

namespace weir::prometheus {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD
constexpr std::size_t kHeadBytes = 256;                    // HELP and TYPE of a gauge, about

}  // namespace

std::string escape_label(std::string_view value) {
  std::string out;
  out.reserve(value.size());
  for (const char c : value) {
    if (c == '\n')
      out += "\\n";
    else if (c == '\0')
      out += kReplacement;
    else if (c == '\\' || c == '"')
      (out += '\\') += c;
    else
      out += c;
  }
  return out;
}

void Gauges::add(std::size_t index, std::string_view labels, double value) {
  if (!std::isfinite(value)) return;
  std::string& samples = samples_[index];
  const std::size_t before = samples.size();
  samples += names_[index].name;
  if (!labels.empty()) fmt::format_to(std::back_inserter(samples), "{{{}}}", labels);
  fmt::format_to(std::back_inserter(samples), " {}\n", value);
  bytes_ += samples.size() - before;
}

std::string Gauges::text() const {
  std::string text;
  text.reserve(bytes_ + kHeadBytes * names_.size());
  for (std::size_t i = 0; i < names_.size(); ++i) {
    if (samples_[i].empty()) continue;
    text += fmt::format("# HELP {0} {1}\n# TYPE {0} gauge\n", names_[i].name, names_[i].help);
    text += samples_[i];
  }
  return text;
}

}  // namespace weir::prometheus
