#include "tools/weir/up.h"

#include <atomic>
#include <mutex>
#include <thread>

#include <spdlog/spdlog.h>

#include "processors/ingest/receiver.h"
#include "processors/net/http_server.h"
#include "sinks/dashboard/routes.h"
#include "sinks/prometheus/exposition.h"
#include "sinks/view/live_view.h"
#include "tools/weir/demo.h"
#include "tools/weir/home.h"
#include "tools/weir/log_setup.h"
#include "tools/weir/pipeline.h"
#include "tools/weir/settings.h"
#include "tools/weir/stop_signal.h"
#include "tools/weir/up_facts.h"
#include "tools/weir/up_probe.h"

namespace weir::cli {
namespace {

/// How long what clients have begun to send may take when the process is asked to stop.
constexpr DurationUs kDrainUs = 5 * kSecondUs;
/// A result is on the page by at most this much later.
constexpr std::chrono::milliseconds kViewPace(20);
/// How long to wait where the log has no room, and how often to look whether to stop meanwhile.
constexpr std::chrono::seconds kFullPause(5);
constexpr std::chrono::milliseconds kFullWatch(100);

/// The first error of any thread beside the workers.
class Failure {
 public:
  void set(const Error& error) {
    const std::lock_guard lock(mutex_);
    if (!error_) error_ = error;
    failed_ = true;
  }
  bool failed() const { return failed_; }
  Result<void> result() const {
    const std::lock_guard lock(mutex_);
    if (error_) return std::unexpected(*error_);
    return {};
  }

 private:
  mutable std::mutex mutex_;
  std::optional<Error> error_;
  std::atomic<bool> failed_ = false;
};

/// What is shared by the threads of the process, in the order it is made.
class UpProcess {
 public:
  UpProcess(const UpOptions& options, Settings settings)
      : options_(options), settings_(std::move(settings)), started_us_(now_us()) {}

  Result<void> open();
  Result<void> run();

 private:
  Result<std::int32_t> raw_partitions() const;
  Result<void> open_receiver();
  Result<void> start_http();
  std::vector<net::Route> routes();
  net::HttpResponse ready(const net::HttpRequest& request) const;
  void follow(const std::stop_token& stop);
  void run_demo_until(const std::stop_token& stop);
  Result<void> go_on_when_full(const std::function<Result<void>()>& work,
                               const std::function<bool()>& watch) const;
  std::string url() const;

  const UpOptions options_;
  const Settings settings_;
  const TimeUs started_us_;
  std::unique_ptr<Home> home_;
  runtime::Metrics metrics_;
  Probes probes_{metrics_};
  view::Probe view_probe_{metrics_};
  net::HttpProbe http_probe_{metrics_};
  ingest::ReceiverProbe receiver_probe_{metrics_};
  UpProbe up_probe_{metrics_, options_.version, started_us_};
  std::unique_ptr<Pipeline> pipeline_;
  std::unique_ptr<UpFacts> facts_;
  std::unique_ptr<ingest::EventReceiver> receiver_;
  std::unique_ptr<view::LiveView> view_;
  std::unique_ptr<dashboard::Api> api_;
  std::unique_ptr<dashboard::Streams> streams_;
  std::unique_ptr<prometheus::Exposition> exposition_;
  Failure failure_;
  std::unique_ptr<net::HttpServer> http_;
};

Result<std::int32_t> UpProcess::raw_partitions() const {
  const auto there = home_->log->partitions(topics::kInference);
  if (settings_.raw_partitions == 0) return there.value_or(kDefaultRawPartitions);
  return static_cast<std::int32_t>(settings_.raw_partitions);
}

Result<void> UpProcess::open() {
  WEIR_ASSIGN(home_, open_home(settings_.data, settings_));
  WEIR_ASSIGN(const std::int32_t partitions, raw_partitions());
  WEIR_ASSIGN(pipeline_, Pipeline::make({.settings = &settings_,
                                         .log = home_->log.get(),
                                         .raw = home_->log.get(),
                                         .raw_partitions = partitions},
                                        probes_));
  facts_ = std::make_unique<UpFacts>(FactSources{.settings = &settings_,
                                                 .home = home_.get(),
                                                 .directory = settings_.data,
                                                 .pipeline = pipeline_.get(),
                                                 .probes = &probes_},
                                     started_us_);
  view_ = std::make_unique<view::LiveView>(
      *home_->log, view::ViewOptions{.max_bytes = settings_.memory_plan().view}, view_probe_);
  WEIR_TRY(view_->open());
  api_ = std::make_unique<dashboard::Api>(
      dashboard::ApiParts{.view = *view_,
                          .log = *home_->log,
                          .pipeline = [this] { return facts_->facts(); },
                          .clock = now_us,
                          .version = options_.version});
  streams_ = std::make_unique<dashboard::Streams>(*view_);
  exposition_ = std::make_unique<prometheus::Exposition>(
      prometheus::ExpositionParts{.view = *view_, .metrics = metrics_, .clock = now_us});
  WEIR_TRY(open_receiver());
  return start_http();
}

Result<void> UpProcess::open_receiver() {
  WEIR_ASSIGN(const auto rules, ingest::make_rules(settings_.ingest, settings_.data));
  ingest::ReceiverOptions options{.appender = home_->log.get(),
                                  .reader = home_->log.get(),
                                  .probe = &receiver_probe_,
                                  .rules = rules,
                                  .dedup_horizon_us = settings_.fold.dedup_horizon_us,
                                  .clock = now_us,
                                  .behind = [this] { return facts_->why_not_take_more(now_us()); }};
  WEIR_ASSIGN(receiver_, ingest::EventReceiver::open(std::move(options)));
  return {};
}

Result<void> UpProcess::start_http() {
  WEIR_ASSIGN(net::HttpServerOptions http, net::load_secrets(settings_.http));
  WEIR_ASSIGN(http_, net::HttpServer::start(std::move(http), routes(), http_probe_));
  return {};
}

std::vector<net::Route> UpProcess::routes() {
  std::vector<net::Route> routes = dashboard::routes(*api_, *streams_);
  using Receive = net::HttpResponse (ingest::EventReceiver::*)(const net::HttpRequest&);
  const auto add_receiver = [&](const char* path, Receive receive) {
    routes.push_back({.method = "POST",
                      .path = path,
                      .access = net::Access::write,
                      .handler = [this, receive](const net::HttpRequest& request) {
                        return ((*receiver_).*receive)(request);
                      }});
  };
  add_receiver("/v1/events", &ingest::EventReceiver::receive_events);
  add_receiver("/v1/traces", &ingest::EventReceiver::receive_traces);
  routes.push_back({.method = "GET",
                    .path = "/metrics",
                    .access = net::Access::read,
                    .handler = [this](const net::HttpRequest& request) {
                      return exposition_->answer(request);
                    }});
  routes.push_back({.method = "GET", .path = "/healthz", .handler = [](const net::HttpRequest&) {
                      return net::HttpResponse{.content_type = "text/plain", .body = "ok\n"};
                    }});
  routes.push_back({.method = "GET",
                    .path = "/readyz",
                    .handler = [this](const net::HttpRequest& request) { return ready(request); }});
  return routes;
}

net::HttpResponse UpProcess::ready(const net::HttpRequest&) const {
  const std::string why = facts_->why_not_ready(now_us());
  if (why.empty()) return {.content_type = "text/plain", .body = "ready\n"};
  return net::error_response(503, why, "wait; /api/v1/pipeline shows how far it is");
}

void UpProcess::follow(const std::stop_token& stop) {
  TimeUs next_facts = 0;
  while (!stop.stop_requested()) {
    const auto told = view_->update();
    if (!told) return failure_.set(told.error());
    if (*told) streams_->tell();
    if (const TimeUs now = now_us(); now >= next_facts) {
      if (const auto done = facts_->gather(now); !done) return failure_.set(done.error());
      const dashboard::PipelineFacts facts = facts_->facts();
      up_probe_.report(facts);
      streams_->tell_all("pipeline", to_json(facts, now).dump());
      next_facts = now + kSecondUs;
    }
    std::this_thread::sleep_for(kViewPace);
  }
}

void UpProcess::run_demo_until(const std::stop_token& stop) {
  const auto partitions = home_->log->partitions(topics::kInference);
  if (!partitions) return failure_.set(partitions.error());
  DemoOptions demo{.partitions = *partitions, .clock = now_us};
  if (options_.demo_rate) demo.rate_per_s = *options_.demo_rate;
  const auto stopped = [&] { return stop.stop_requested(); };
  const auto done = go_on_when_full([&] { return run_demo(demo, *home_->log, stopped); },
                                    [&] { return !stopped(); });
  if (!done) failure_.set(done.error());
}

/// Where the log has no room, nothing that it holds is lost: what was not committed is done again,
/// and until then producers are told to come later.
Result<void> UpProcess::go_on_when_full(const std::function<Result<void>()>& work,
                                        const std::function<bool()>& watch) const {
  while (true) {
    const auto done = work();
    if (done || done.error().code != ErrorCode::exhausted) return done;
    spdlog::warn("event=no_room retry_s={} error={:?}", kFullPause.count(), done.error().message);
    for (auto left = kFullPause / kFullWatch; left > 0; --left) {
      if (!watch()) return {};
      std::this_thread::sleep_for(kFullWatch);
    }
  }
}

std::string UpProcess::url() const {
  const net::HttpServerOptions& http = settings_.http.options;
  return fmt::format("{}://{}", http.tls ? "https" : "http",
                     net::to_string({http.address, http_->port()}));
}

Result<void> UpProcess::run() {
  std::jthread follower([this](const std::stop_token& stop) { follow(stop); });
  std::jthread demo;
  if (options_.demo)
    demo = std::jthread([this](const std::stop_token& stop) { run_demo_until(stop); });
  fmt::print("weir: page {}/ · send events to {}/v1/events · stop with Ctrl-C\n", url(), url());
  std::fflush(stdout);
  spdlog::info("event=started version={} data={:?} url={}", options_.version, settings_.data,
               url());
  const auto watch = [&] {
    if (!stop_asked() && !failure_.failed()) return true;
    demo.request_stop();
    http_->drain(kDrainUs);
    return false;
  };
  const auto ran = go_on_when_full(
      [&]() -> Result<void> {
        WEIR_TRY(pipeline_->run(watch));
        return {};
      },
      watch);
  http_.reset();
  const Result<void> ended = ran ? failure_.result() : ran;
  if (ended) {
    spdlog::info("event=stopped uptime_s={}", (now_us() - started_us_) / kSecondUs);
  } else {
    spdlog::error("event=failed uptime_s={} error={:?}", (now_us() - started_us_) / kSecondUs,
                  ended.error().message);
  }
  return ended;
}

}  // namespace

Result<void> up(const UpOptions& options) {
  WEIR_ASSIGN(Settings settings, load_settings(options.config));
  if (!options.directory.empty()) settings.data = options.directory;
  if (options.listen) {
    settings.http.options.address = options.listen->address;
    settings.http.options.port = options.listen->port;
  }
  WEIR_TRY(start_log(settings.log));
  catch_stop_signals();
  UpProcess process(options, std::move(settings));
  WEIR_TRY(process.open());
  return process.run();
}

}  // namespace weir::cli
