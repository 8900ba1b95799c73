#include "tools/weir/kept_records.h"

#include "tools/weir/fixed_reader.h"

namespace weir::cli {

Result<Starts> starts_of(const runtime::Reader& log,
                         std::initializer_list<std::string_view> topics) {
  WEIR_ASSIGN(const Stretch stretch, stretch_of(log, topics));
  Starts starts;
  for (const auto& [where, bounds] : stretch) starts.emplace(where, bounds.start);
  return starts;
}

Result<void> check_kept(const Starts& before, const Starts& now, const std::string& directory) {
  for (const auto& [where, start] : now) {
    const auto found = before.find(where);
    const std::int64_t begun = found == before.end() ? 0 : found->second;
    if (start > begun)
      return fail(ErrorCode::exhausted,
                  "{}: there was no room for all: records [{}, {}) of {} had to go; raise `disk:`, "
                  "make room on the disk or give it less, and do it again in a new directory",
                  directory, begun, start, runtime::to_string(where));
  }
  return {};
}

}  // namespace weir::cli
