#include "processors/ingest/ndjson.h"

#include <string>

#include "processors/events/json_event.h"

namespace weir::ingest {
namespace {

constexpr std::string_view kUserId = "\"user_id\"";

class NdjsonImporter final : public Importer {
 public:
  Result<void> read(InputFile& file, RawWriter& writer) override {
    std::string text;
    v1::InferenceEvent event;
    for (std::int64_t line = 1; text.clear(), file.append_line(text); ++line) {
      if (text.find_first_not_of(" \t") == std::string::npos) continue;
      // No user is named in a log: a row that names one is to be looked up in the file.
      const bool names_user = text.find(kUserId) != std::string::npos;
      const RowOrigin origin{file.path(), line, names_user ? std::string_view() : text};
      if (text.size() > kMaxRowBytes) {
        WEIR_TRY(writer.refuse(origin, "the line is longer than 1 MiB"));
      } else if (const auto read = reader_.read(text, event); !read) {
        WEIR_TRY(writer.refuse(origin, read.error().text));
      } else {
        WEIR_TRY(writer.add(events::to_row(event), origin));
      }
      if (first_unknown_field_.empty() && reader_.unknown_fields() > 0)
        first_unknown_field_ =
            fmt::format("{}, {}:{}", reader_.first_unknown_field(), file.path(), line);
    }
    return {};
  }

  std::uint64_t unknown_fields() const override { return reader_.unknown_fields(); }
  std::string first_unknown_field() const override { return first_unknown_field_; }

 private:
  events::JsonEventReader reader_;
  std::string first_unknown_field_;
};

}  // namespace

std::unique_ptr<Importer> make_ndjson_importer() { return std::make_unique<NdjsonImporter>(); }

}  // namespace weir::ingest
