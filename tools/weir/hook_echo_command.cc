// The command line of `weir hook-echo`.
#include <cstdio>
#include <optional>
#include <thread>

#include "processors/core/time.h"
#include "processors/net/http_server.h"
#include "processors/net/webhook_signature.h"
#include "tools/weir/command.h"
#include "tools/weir/home.h"
#include "tools/weir/hook_echo.h"
#include "tools/weir/stop_signal.h"

namespace weir::cli {
namespace {

constexpr std::chrono::milliseconds kWatch(50);
constexpr DurationUs kDrainUs = kSecondUs;

struct HookEchoArguments {
  std::uint16_t port = 9099;
  std::uint64_t fail = 0;
  std::optional<int> status;
  DurationUs delay_us = 0;
  std::vector<std::string> secrets;
  bool json = false;
};

Result<std::vector<net::Secret>> load_keys(const std::vector<std::string>& references) {
  std::vector<net::Secret> keys;
  for (const std::string& reference : references) {
    WEIR_ASSIGN(const net::Secret text, net::Secret::load(reference));
    auto key = net::webhook_key(text);
    if (!key) return fail(key.error().code, "{}: {}", reference, key.error().message);
    keys.push_back(*std::move(key));
  }
  return keys;
}

void print(const std::string& text) {
  std::fputs(text.c_str(), stdout);
  std::fflush(stdout);
}

Result<void> hook_echo(const HookEchoArguments& arguments) {
  HookEchoRules rules{.fail = arguments.fail,
                      .status = arguments.status.value_or(arguments.fail > 0 ? 503 : 200),
                      .delay_us = arguments.delay_us,
                      .json = arguments.json};
  WEIR_ASSIGN(rules.keys, load_keys(arguments.secrets));
  HookEcho echo(std::move(rules), now_us, print);
  std::vector<net::Route> routes;
  for (const char* method : {"POST", "PUT"})
    routes.push_back({.method = method, .path = "/*", .handler = [&echo](const auto& request) {
                        return echo.answer(request);
                      }});
  runtime::Metrics metrics;
  net::HttpProbe probe(metrics);
  catch_stop_signals();
  WEIR_ASSIGN(const auto server,
              net::HttpServer::start({.port = arguments.port, .chosen_by = "--port"},
                                     std::move(routes), probe));
  fmt::print(stderr, "weir: waiting for webhooks at http://127.0.0.1:{}/ · stop with Ctrl-C\n",
             server->port());
  while (!stop_asked()) std::this_thread::sleep_for(kWatch);
  server->drain(kDrainUs);
  return {};
}

}  // namespace

void add_hook_echo(Commands& commands) {
  const auto arguments = std::make_shared<HookEchoArguments>();
  CLI::App& app =
      commands.add({.name = "hook-echo",
                    .purpose = "Receive webhooks and print them, to see what a receiver would",
                    .examples = "weir hook-echo --port 9099\n"
                                "  weir hook-echo --secret env:HOOK_SECRET --fail 3 --status 503"},
                   [arguments] { return hook_echo(*arguments); });
  app.add_option("--port", arguments->port, "port of loopback (9099; 0: any free one)");
  app.add_option("--fail", arguments->fail,
                 "refuse the first so many requests, with --status (default then: 503)");
  app.add_option("--status", arguments->status, "answer with this status (200)")
      ->check(CLI::Range(200, 599));
  add_parsed(app, "--delay", arguments->delay_us, parse_duration,
             "wait so long before each answer (0s)");
  app.add_option("--secret", arguments->secrets,
                 "verify signatures with this key of Standard Webhooks, env:NAME or file:PATH; "
                 "several: any of them");
  app.add_flag("--json", arguments->json, "print one JSON object a line");
}

}  // namespace weir::cli
