#include "processors/ingest/llmperf.h"

#include <filesystem>
#include <optional>
#include <string>
#include <utility>

#include <simdjson.h>

#include "processors/ingest/decimal.h"
#include "processors/ingest/json_array_reader.h"

namespace weir::ingest {
namespace {

using events::EventRow;
using events::Number;
using events::Text;

struct Field {
  std::string_view name;
  Number number;
  int exponent;  // of ten, from the source's unit to ours
};

constexpr Field kFields[] = {{"ttft_s", Number::ttft, 6},
                             {"end_to_end_latency_s", Number::latency, 6},
                             {"number_input_tokens", Number::input_tokens, 0},
                             {"number_output_tokens", Number::output_tokens, 0}};

std::string_view trim(std::string_view text) {
  const std::size_t end = text.find_last_not_of(" \t\r\n");
  return text.substr(0, end == std::string_view::npos ? 0 : end + 1);
}

void forget(Number number, EventRow& row) {
  row.has_number =
      static_cast<std::uint16_t>(row.has_number & ~(1u << static_cast<unsigned>(number)));
}

class LlmperfImporter final : public Importer {
 public:
  LlmperfImporter(TimeUs start_us, double rate_per_s) : start_us_(start_us), rate_(rate_per_s) {}

  Result<void> read(InputFile& file, RawWriter& writer) override {
    const std::string stem = std::filesystem::path(file.path()).stem();
    const std::size_t mark = stem.find('_');
    JsonArrayReader reader(file);
    JsonElement element;
    while (true) {
      WEIR_ASSIGN(const bool more, reader.next(element));
      if (!more) return {};
      element.text.reserve(element.text.size() + simdjson::SIMDJSON_PADDING);
      const RowOrigin origin{file.path(), element.line, element.text};
      EventRow row;
      row.text(Text::service) = std::string_view(stem).substr(0, mark);
      if (mark != std::string::npos)
        row.text(Text::model) = std::string_view(stem).substr(mark + 1);
      row.event_time_us =
          start_us_ + static_cast<DurationUs>(static_cast<double>(rows_++) * kSecondUs / rate_);
      if (const auto problem = fill(element, row)) {
        WEIR_TRY(writer.refuse(origin, *problem));
      } else {
        WEIR_TRY(writer.add(row, origin));
      }
    }
  }

 private:
  using Problem = std::optional<std::string>;

  Problem fill(const JsonElement& element, EventRow& row) {
    if (!element.problem.empty()) return std::string(element.problem);
    if (element.text.size() > kMaxRowBytes) return "the element is longer than 1 MiB";
    simdjson::ondemand::document document;
    simdjson::ondemand::object object;
    auto error = parser_.iterate(element.text.data(), element.text.size(), element.text.capacity())
                     .get(document);
    if (!error) error = document.get_object().get(object);
    if (error) return fmt::format("not a JSON object: {}", simdjson::error_message(error));
    for (auto field : object) {
      std::string_view key;
      simdjson::ondemand::value value;
      error = field.unescaped_key().get(key);
      if (!error) error = field.value().get(value);
      if (error) return fmt::format("malformed JSON: {}", simdjson::error_message(error));
      if (auto problem = take(key, value, row)) return problem;
    }
    // Another object behind it would be lost without a word.
    if (document.current_location().error() != simdjson::OUT_OF_BOUNDS)
      return "something follows the object; write a comma between two";
    if (row.status == v1::INFERENCE_STATUS_UNSPECIFIED) return "error_code is missing";
    if (row.status != v1::INFERENCE_STATUS_OK && row.number(Number::latency) == 0) {
      forget(Number::latency, row);
      forget(Number::ttft, row);
      forget(Number::output_tokens, row);
    }
    return std::nullopt;
  }

  Problem take(std::string_view key, simdjson::ondemand::value& value, EventRow& row) {
    if (key == "error_msg") {
      if (value.get_string().get(row.text(Text::error_detail)))
        return "error_msg: expected a string";
      return std::nullopt;
    }
    const std::string_view token = trim(value.raw_json_token());
    if (key == "error_code") {
      row.status = token == "null"  ? v1::INFERENCE_STATUS_OK
                   : token == "429" ? v1::INFERENCE_STATUS_REJECTED
                                    : v1::INFERENCE_STATUS_SERVER_ERROR;
      return std::nullopt;
    }
    for (const Field& field : kFields) {
      if (key != field.name || token == "null") continue;
      const auto number =
          field.exponent == 0 ? parse_whole(token) : scale_decimal(token, field.exponent);
      if (!number)
        return fmt::format("{}: '{}' is not a number in its range", key, token.substr(0, 64));
      row.set(field.number, *number);
    }
    return std::nullopt;
  }

  const TimeUs start_us_;
  const double rate_;
  std::int64_t rows_ = 0;  // in all files
  simdjson::ondemand::parser parser_;
};

}  // namespace

std::unique_ptr<Importer> make_llmperf_importer(TimeUs start_us, double rate_per_s) {
  return std::make_unique<LlmperfImporter>(start_us, rate_per_s);
}

}  // namespace weir::ingest
