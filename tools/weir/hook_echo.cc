#include "tools/weir/hook_echo.h"

#include <chrono>
#include <thread>

#include <nlohmann/json.hpp>

#include "processors/net/webhook_signature.h"

namespace weir::cli {
namespace {

using Json = nlohmann::ordered_json;

/// What arrived, and what became of it.
struct Arrival {
  TimeUs time_us = 0;
  const net::HttpRequest& request;
  std::string signature;  // "good", what is wrong with it, or "not verified"
  int status = 200;
};

std::string dump(const Json& json, int indent) {
  return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

std::string id_of(const net::HttpRequest& request) {
  return std::string(request.header("webhook-id").value_or(""));
}

std::string as_line(const Arrival& arrival) {
  const net::HttpRequest& request = arrival.request;
  Json body = Json::parse(request.body, nullptr, false);
  if (body.is_discarded()) body = request.body;
  return dump({{"time_us", arrival.time_us},
               {"method", request.method},
               {"path", request.path},
               {"id", id_of(request)},
               {"signature", arrival.signature},
               {"status", arrival.status},
               {"body", std::move(body)}},
              -1) +
         "\n";
}

/// A head line, then the body, JSON with a field a line.
std::string as_text(const Arrival& arrival) {
  const net::HttpRequest& request = arrival.request;
  const std::string id = id_of(request);
  const Json body = Json::parse(request.body, nullptr, false);
  return fmt::format("{} {} {}{}{}, signature {}, answered {}\n{}\n",
                     format_rfc3339(arrival.time_us), request.method, request.path,
                     id.empty() ? "" : " id ", id, arrival.signature, arrival.status,
                     body.is_discarded() ? request.body : dump(body, 2));
}

}  // namespace

HookEcho::HookEcho(HookEchoRules rules, std::function<TimeUs()> clock,
                   std::function<void(const std::string&)> print)
    : rules_(std::move(rules)), clock_(std::move(clock)), print_(std::move(print)) {}

int HookEcho::status_of_next() {
  const std::lock_guard lock(mutex_);
  return rules_.fail == 0 || requests_++ < rules_.fail ? rules_.status : 200;
}

net::HttpResponse HookEcho::answer(const net::HttpRequest& request) {
  Arrival arrival{.time_us = clock_(),
                  .request = request,
                  .signature = "not verified",
                  .status = status_of_next()};
  if (!rules_.keys.empty()) {
    const auto good = net::verify_webhook(rules_.keys, request, arrival.time_us);
    arrival.signature = good ? "good" : "wrong: " + good.error().message;
    if (!good) arrival.status = 401;
  }
  {
    const std::lock_guard lock(mutex_);
    print_(rules_.json ? as_line(arrival) : as_text(arrival));
  }
  std::this_thread::sleep_for(std::chrono::microseconds(rules_.delay_us));
  return {.status = arrival.status, .content_type = "text/plain", .body = "seen\n"};
}

}  // namespace weir::cli
