#include "processors/ingest/otlp_decoder.h"

#include <fstream>
#include <iterator>
#include <limits>
#include <map>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "processors/events/json_event.h"
#include "processors/ingest/otlp_mapping.h"
#include "tests/ingest/raw_log.h"

namespace weir::ingest {
namespace {

namespace pb = otlp::v1;

/// One span that ends at second 2 and began at second 1, with attributes as text, int or double.
struct Export {
  Export() {
    span().set_start_time_unix_nano(1'000'000'000);
    span().set_end_time_unix_nano(2'000'000'000);
  }

  pb::ResourceSpans& resource_spans() {
    return request.resource_spans_size() > 0 ? *request.mutable_resource_spans(0)
                                             : *request.add_resource_spans();
  }
  pb::Span& span() {
    auto& scopes = *resource_spans().mutable_scope_spans();
    if (scopes.empty()) scopes.Add()->add_spans();
    return *scopes.Mutable(0)->mutable_spans(0);
  }
  template <class T>
  static void set(pb::KeyValue& attribute, std::string_view key, T value) {
    attribute.set_key(std::string(key));
    if constexpr (std::is_same_v<T, double>)
      attribute.mutable_value()->set_double_value(value);
    else if constexpr (std::is_integral_v<T>)
      attribute.mutable_value()->set_int_value(value);
    else
      attribute.mutable_value()->set_string_value(value);
  }
  template <class T>
  Export& with(std::string_view key, T value) {
    set(*span().add_attributes(), key, value);
    return *this;
  }
  Export& from(std::string_view key, const char* value) {
    set(*resource_spans().mutable_resource()->add_attributes(), key, value);
    return *this;
  }
  Export& failed(const char* message = "") {
    span().mutable_status()->set_code(pb::Status::STATUS_CODE_ERROR);
    span().mutable_status()->set_message(message);
    return *this;
  }
  /// The event, without its time; "ignored", or why it was rejected.
  std::string text() const {
    EventIntake intake({UserKey(Id{1})});
    const auto others = take_spans(OtlpEncoding::protobuf, request.SerializeAsString(), intake);
    if (!others) return others.error().message;
    if (*others != 0) return "ignored";
    if (intake.rejected_total() > 0) return intake.rejected()[0].reason;
    std::string text = events::to_json(expand(intake.take_records().at(0).value).at(0));
    text.erase(1, std::string_view("\"event_time_us\":2000000,").size());
    return text;
  }

  pb::ExportTraceServiceRequest request;
};

TEST(OtlpDecoder, PrefersTheResponsesModelAndTheResourcesName) {
  EXPECT_EQ(Export().with("gen_ai.request.model", "a").text(),
            R"({"model":"a","status":"ok","latency_us":1000000})");
  EXPECT_EQ(Export()
                .with("gen_ai.request.model", "a")
                .with("gen_ai.response.model", "b")
                .with("gen_ai.provider.name", "openai")
                .from("service.name", "unknown_service:python")
                .text(),
            R"({"service":"openai","model":"b","status":"ok","latency_us":1000000})");
  EXPECT_EQ(Export().with("gen_ai.system", "vllm").from("service.name", "chat").text(),
            R"({"service":"chat","status":"ok","latency_us":1000000})");
}

TEST(OtlpDecoder, ReadsWhatVllmSends) {
  EXPECT_EQ(Export()
                .with("gen_ai.response.model", "m")
                .with("gen_ai.latency.e2e", 2.5)
                .with("gen_ai.latency.time_to_first_token", 0.25)
                .with("gen_ai.latency.time_in_queue", 0.125)
                .with("gen_ai.latency.time_in_model_prefill", 0.5)
                .with("gen_ai.latency.time_in_model_decode", 1.0)
                .with("gen_ai.usage.prompt_tokens", 10)
                .with("gen_ai.usage.completion_tokens", 20)
                .text(),
            R"({"model":"m","status":"ok","latency_us":2500000,"ttft_us":250000,)"
            R"("queue_us":125000,"compute_us":1500000,"input_tokens":10,"output_tokens":20})");
  EXPECT_EQ(Export()
                .with("gen_ai.latency.time_in_model_inference", 1.25)
                .with("gen_ai.latency.time_in_model_prefill", 0.5)
                .text(),
            R"({"status":"ok","latency_us":1000000,"compute_us":1250000})");
}

TEST(OtlpDecoder, IgnoresWhatIsNoRequestToAModel) {
  EXPECT_EQ(Export().with("http.method", "GET").text(), "ignored");
  EXPECT_EQ(Export().with("gen_ai.operation.name", "execute_tool").text(), "ignored");
  EXPECT_EQ(Export()
                .with("gen_ai.usage.input_tokens", 7)
                .with("gen_ai.operation.name", "invoke_agent")
                .text(),
            "ignored");
}

TEST(OtlpDecoder, TellsErrorsByTheirType) {
  const auto status = [](Export made) {
    const std::string text = made.with("gen_ai.operation.name", "chat").text();
    const std::size_t at = text.find("\"status\":\"") + 10;
    return text.substr(at, text.find('"', at) - at);
  };
  EXPECT_EQ(status(Export().failed("boom")), "server_error");
  EXPECT_EQ(status(Export().with("error.type", "429")), "rejected");
  EXPECT_EQ(status(Export().with("error.type", "openai.RateLimitError")), "rejected");
  EXPECT_EQ(status(Export().with("error.type", "APITimeoutError")), "timeout");
  EXPECT_EQ(status(Export().with("error.type", "deadline_exceeded")), "timeout");
  EXPECT_EQ(status(Export().with("error.type", "torch.OutOfMemoryError")), "oom");
  EXPECT_EQ(status(Export().with("error.type", "asyncio.CancelledError")), "cancelled");
  EXPECT_EQ(status(Export().with("error.type", "BadRequestError")), "client_error");
  EXPECT_EQ(status(Export().with("error.type", "404")), "client_error");
  EXPECT_EQ(status(Export().with("error.type", "500")), "server_error");
  EXPECT_EQ(status(Export().with("error.type", "APIConnectionError")), "dependency");
  EXPECT_EQ(status(Export().failed().with("http.response.status_code", 504)), "timeout");
  EXPECT_NE(Export().with("gen_ai.system", "x").failed("too long").text().find("too long"),
            std::string::npos);
}

TEST(OtlpDecoder, TakesDimensionsFromSpanAndResource) {
  EXPECT_EQ(Export()
                .with("gen_ai.system", "x")
                .with("weir.tenant", "acme")
                .with("user.id", "ann")
                .from("service.namespace", "shop")
                .from("k8s.node.name", "n7")
                .from("deployment.environment.name", "prod")
                .text(),
            fmt::format(R"({{"service":"x","tenant":"acme","business_line":"shop","host":"n7",)"
                        R"("variant":"prod","user_hash":"{:016x}","status":"ok",)"
                        R"("latency_us":1000000}})",
                        UserKey(Id{1}).hash("ann")));
}

TEST(OtlpDecoder, RejectsNumbersThatNoEventHas) {
  EXPECT_EQ(Export().with("gen_ai.usage.input_tokens", -5).text(),
            "input_tokens is -5; it must be 0 to 1000000000000000");
  EXPECT_EQ(Export().with("gen_ai.latency.e2e", 1e300).text(),
            "latency_us is 2000000000000000; it must be 0 to 1000000000000000");
  EXPECT_EQ(Export().with("gen_ai.latency.e2e", std::numeric_limits<double>::quiet_NaN()).text(),
            R"({"status":"ok","latency_us":1000000})");
  EXPECT_EQ(Export().with("gen_ai.usage.input_tokens", "many").text(),
            R"({"status":"ok","latency_us":1000000})");
}

TEST(OtlpDecoder, TakesTheFirstOfARepeatedAttributeAndAResourceBehindItsSpans) {
  Export made =
      Export().with("gen_ai.system", "x").with("gen_ai.system", "y").from("host.name", "n");
  EXPECT_EQ(made.text(), R"({"service":"x","host":"n","status":"ok","latency_us":1000000})");
  const pb::ResourceSpans whole = made.resource_spans();
  pb::ResourceSpans resource;
  *resource.mutable_resource() = whole.resource();
  made.resource_spans().clear_resource();
  // Serialised messages one after the other are one message.
  const std::string body = made.resource_spans().SerializeAsString() + resource.SerializeAsString();
  pb::ExportTraceServiceRequest request;
  const std::string framed = std::string(1, '\x0a') + static_cast<char>(body.size()) + body;
  ASSERT_LT(body.size(), 128u);
  EventIntake intake({UserKey(Id{1})});
  ASSERT_TRUE(take_spans(OtlpEncoding::protobuf, framed, intake));
  EXPECT_EQ(expand(intake.take_records().at(0).value).at(0).host(), "n");
}

TEST(OtlpDecoder, BoundsWhatABodyMayHold) {
  const auto taken = [](OtlpEncoding encoding, const std::string& body) {
    EventIntake intake({UserKey(Id{1})});
    const auto others = take_spans(encoding, body, intake);
    if (!others) return others.error().message;
    return fmt::format("{} others, {} rejected", *others, intake.rejected_total());
  };
  const auto spans = [](std::uint32_t count) {
    pb::ExportTraceServiceRequest request;
    auto& scope = *request.add_resource_spans()->add_scope_spans();
    for (std::uint32_t i = 0; i < count; ++i) scope.add_spans();
    return request;
  };
  const auto json = [](const pb::ExportTraceServiceRequest& request) {
    return write_otlp(OtlpEncoding::json, request);
  };
  EXPECT_EQ(taken(OtlpEncoding::protobuf, spans(kMaxSpans).SerializeAsString()),
            "65536 others, 0 rejected");
  EXPECT_EQ(taken(OtlpEncoding::protobuf, spans(kMaxSpans + 1).SerializeAsString()),
            "the body has more than 65536 spans; send them in several");
  EXPECT_EQ(taken(OtlpEncoding::json, json(spans(kMaxSpans + 1))),
            "the body has more than 65536 spans; send them in several");
  std::string empty = R"({"resourceSpans":[{})";
  for (std::size_t i = 0; i < kMaxJsonObjects; ++i) empty += ",{}";
  EXPECT_EQ(taken(OtlpEncoding::json, empty + "]}"),
            "the body has 1048578 objects; at most 1048576 are taken: send it in several");

  Export many;
  for (std::size_t i = 0; i < kMaxAttributes; ++i) many.with("gen_ai.system", "x");
  EXPECT_EQ(many.text(), R"({"service":"x","status":"ok","latency_us":1000000})");
  EXPECT_EQ(many.with("one", "more").text(), "it has 257 attributes; at most 256 are taken");
  Export wide;
  for (std::size_t i = 0; i <= kMaxAttributes; ++i) wide.from("a", "b");
  EXPECT_EQ(wide.text(), "a resource has 257 attributes; at most 256 are taken");
}

TEST(OtlpDecoder, RefusesWhatIsNoRequest) {
  Export made = Export().with("gen_ai.system", "x").from("host.name", "n");
  const std::string body = made.request.SerializeAsString();
  for (std::size_t size = 1; size < body.size(); ++size) {
    EventIntake intake({UserKey(Id{1})});
    const auto others = take_spans(OtlpEncoding::protobuf, body.substr(0, size), intake);
    pb::ExportTraceServiceRequest request;
    EXPECT_EQ(others.has_value(), request.ParseFromString(body.substr(0, size))) << size;
  }
}

TEST(OtlpDecoder, DocumentsEveryRule) {
  std::ifstream file(WEIR_SOURCE_DIR "/processors/ingest/README.md");
  const std::string readme{std::istreambuf_iterator<char>(file), {}};
  // A field's row names its attributes in the order of the rules.
  std::map<std::string_view, std::size_t> read_to;
  const auto expect = [&](std::string_view field, std::string_view attribute) {
    const std::size_t row = readme.find(fmt::format("\n| `{}` |", field));
    ASSERT_NE(row, std::string::npos) << field;
    const auto [at, first] = read_to.try_emplace(field, row);
    at->second = readme.find(fmt::format("`{}`", attribute), at->second);
    EXPECT_LT(at->second, readme.find('\n', row + 1)) << field << " " << attribute;
  };
  for (const TextRule& rule : text_rules()) expect(events::field_name(rule.field), rule.attribute);
  for (const NumberRule& rule : number_rules())
    expect(events::field_name(rule.field), rule.attribute);
  for (const std::string_view part : compute_parts()) expect("compute_us", part);
  for (const std::string_view user : user_attributes()) expect("user_hash", user);
}

}  // namespace
}  // namespace weir::ingest
