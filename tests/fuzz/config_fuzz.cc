// Any bytes as a configuration: the reader answers with a document or an error, never worse.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "processors/config/document.h"

namespace {

void read(const weir::config::Section& section, int depth) {
  for (const std::string& key : section.keys()) {
    std::string text;
    bool truth = false;
    std::int64_t number = 0;
    std::uint64_t bytes = 0;
    weir::DurationUs duration = 0;
    std::vector<std::string> texts;
    section.string(key, text);
    section.boolean(key, truth);
    section.integer(key, number);
    section.bytes(key, bytes);
    section.duration(key, duration);
    section.strings(key, texts);
    if (const auto inner = section.section(key)) read(*inner, depth + 1);
    for (const auto& item : section.sections(key)) read(item, depth + 1);
  }
  if (depth > weir::config::kMaxNesting) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string text(reinterpret_cast<const char*>(data), size);
  auto document = weir::config::Document::parse("fuzz", text);
  if (!document) return 0;
  if (document->text() != text) std::abort();
  read(document->root(), 0);
  (void)document->finish();
  return 0;
}
