#include "processors/ingest/csv_events.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "processors/ingest/csv_reader.h"

namespace weir::ingest {
namespace {

using events::EventRow;
using events::Text;

class CsvImporter final : public Importer {
 public:
  CsvImporter(std::vector<CsvMapping> mappings, std::string service)
      : mappings_(std::move(mappings)), service_(std::move(service)) {}

  Result<void> read(InputFile& file, RawWriter& writer) override {
    CsvReader reader(file);
    CsvRow csv;
    if (!reader.next(csv) || !csv.problem.empty())
      return fail(ErrorCode::invalid_argument, "{}:1: expected a header row{}{}", file.path(),
                  csv.problem.empty() ? "" : "; ", csv.problem);
    WEIR_ASSIGN(const auto indices, find_columns(file.path(), csv));
    const std::size_t columns = csv.fields.size();
    while (reader.next(csv)) {
      const RowOrigin origin{file.path(), csv.line, csv.text};
      EventRow row;
      if (const auto problem = fill(csv, indices, columns, row)) {
        WEIR_TRY(writer.refuse(origin, *problem));
      } else {
        WEIR_TRY(writer.add(row, origin));
      }
    }
    return {};
  }

 private:
  /// For each mapping the index of its column.
  Result<std::vector<std::size_t>> find_columns(const std::string& path,
                                                const CsvRow& header) const {
    std::vector<std::size_t> indices;
    for (const CsvMapping& mapping : mappings_) {
      const auto found = std::ranges::find(header.fields, mapping.column());
      const auto count = std::ranges::count(header.fields, mapping.column());
      if (count != 1)
        return fail(ErrorCode::invalid_argument,
                    "{}:{}: the header has {} columns '{}', which {} is mapped to; it has: {}",
                    path, header.line, count, mapping.column(), mapping.field(),
                    fmt::join(header.fields, ", "));
      indices.push_back(static_cast<std::size_t>(found - header.fields.begin()));
    }
    return indices;
  }

  /// The problem, or nothing.
  std::optional<std::string> fill(const CsvRow& csv, const std::vector<std::size_t>& indices,
                                  std::size_t columns, EventRow& row) {
    if (!csv.problem.empty()) return std::string(csv.problem);
    if (csv.fields.size() != columns)
      return fmt::format("{} fields; the header has {}", csv.fields.size(), columns);
    row.text(Text::service) = service_;
    for (std::size_t i = 0; i < mappings_.size(); ++i)
      if (auto problem = mappings_[i].apply(csv.fields[indices[i]], row, request_id_))
        return problem;
    return std::nullopt;
  }

  const std::vector<CsvMapping> mappings_;
  const std::string service_;
  Id request_id_{};
};

}  // namespace

Result<std::unique_ptr<Importer>> make_csv_importer(const std::vector<std::string>& mappings,
                                                    std::string service) {
  std::vector<CsvMapping> parsed;
  const auto mapped = [&parsed](std::string_view field) {
    return std::ranges::find(parsed, field, &CsvMapping::field) != parsed.end();
  };
  for (const std::string& text : mappings) {
    WEIR_ASSIGN(CsvMapping mapping, CsvMapping::parse(text));
    if (mapped(mapping.field()))
      return fail(ErrorCode::invalid_argument, "mapping '{}': {} is mapped already", text,
                  mapping.field());
    parsed.push_back(std::move(mapping));
  }
  if (!mapped("event_time"))
    return fail(ErrorCode::invalid_argument,
                "csv: map the event time to a column, for example event_time=ts:rfc3339");
  if (!service.empty() && mapped("service"))
    return fail(ErrorCode::invalid_argument,
                "csv: the service is both given and mapped to a column; leave one out");
  return std::make_unique<CsvImporter>(std::move(parsed), std::move(service));
}

}  // namespace weir::ingest
