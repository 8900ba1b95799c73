#include "processors/ingest/azure_llm.h"

#include <array>
#include <filesystem>
#include <optional>
#include <utility>

#include "processors/ingest/csv_reader.h"
#include "processors/ingest/decimal.h"

namespace weir::ingest {
namespace {

using events::EventRow;
using events::Number;
using events::Text;

constexpr std::array<std::string_view, 3> kHeader = {"TIMESTAMP", "ContextTokens",
                                                     "GeneratedTokens"};

Result<TimeUs> parse_time(std::string_view text) {
  std::string rfc3339(text);
  constexpr std::size_t kDateLength = 10;
  if (rfc3339.size() > kDateLength && rfc3339[kDateLength] == ' ') rfc3339[kDateLength] = 'T';
  if (rfc3339.find_first_of("+Z") == std::string::npos) rfc3339 += 'Z';
  return parse_rfc3339(rfc3339);
}

/// The problem, or nothing.
std::optional<std::string> fill(const CsvRow& csv, EventRow& row) {
  if (!csv.problem.empty()) return std::string(csv.problem);
  if (csv.fields.size() != kHeader.size())
    return fmt::format("{} fields; expected {}", csv.fields.size(), fmt::join(kHeader, ","));
  const auto time = parse_time(csv.fields[0]);
  if (!time)
    return fmt::format("{}: '{}' is not a time such as 2023-11-16 18:17:03.9799600", kHeader[0],
                       csv.fields[0]);
  row.event_time_us = *time;
  constexpr std::array kTokens = {Number::input_tokens, Number::output_tokens};
  for (std::size_t i = 0; i < kTokens.size(); ++i) {
    const auto tokens = parse_whole(csv.fields[i + 1]);
    if (!tokens)
      return fmt::format("{}: '{}' is not a whole number", kHeader[i + 1], csv.fields[i + 1]);
    row.set(kTokens[i], *tokens);
  }
  return std::nullopt;
}

class AzureLlmImporter final : public Importer {
 public:
  explicit AzureLlmImporter(std::string service) : service_(std::move(service)) {}

  Result<void> read(InputFile& file, RawWriter& writer) override {
    WEIR_ASSIGN(const std::string service, service_of(file.path()));
    CsvReader reader(file);
    CsvRow csv;
    if (!reader.next(csv) || !std::ranges::equal(csv.fields, kHeader))
      return fail(ErrorCode::invalid_argument,
                  "{}:{}: expected the header {}; is it an Azure LLM trace?", file.path(), csv.line,
                  fmt::join(kHeader, ","));
    while (reader.next(csv)) {
      const RowOrigin origin{file.path(), csv.line, csv.text};
      EventRow row;
      row.text(Text::service) = service;
      if (const auto problem = fill(csv, row)) {
        WEIR_TRY(writer.refuse(origin, *problem));
      } else {
        WEIR_TRY(writer.add(row, origin));
      }
    }
    return {};
  }

 private:
  Result<std::string> service_of(const std::string& path) const {
    if (!service_.empty()) return service_;
    const std::string stem = std::filesystem::path(path).stem();
    const std::size_t mark = stem.rfind('_');
    if (mark != std::string::npos && mark + 1 < stem.size()) return stem.substr(mark + 1);
    return fail(ErrorCode::invalid_argument,
                "{}: the name does not tell the service, as ..._code.csv does; give --service",
                path);
  }

  const std::string service_;
};

}  // namespace

std::unique_ptr<Importer> make_azure_llm_importer(std::string service) {
  return std::make_unique<AzureLlmImporter>(std::move(service));
}

}  // namespace weir::ingest
