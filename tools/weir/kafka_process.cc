#include "tools/weir/kafka_process.h"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include <fmt/format.h>

#include "processors/runtime/kafka_trouble.h"
#include "tools/weir/home.h"
#include "tools/weir/http_front.h"
#include "tools/weir/kafka_pipeline.h"
#include "tools/weir/live_results.h"
#include "tools/weir/log_setup.h"
#include "tools/weir/receivers.h"
#include "tools/weir/stop_signal.h"
#include "tools/weir/watched_appender.h"

namespace weir::cli {
namespace {

bool goes_on() { return !stop_asked(); }

/// How long what clients have begun to send may take when the process is asked to stop.
constexpr DurationUs kDrainUs = 5 * kSecondUs;
/// A result is on the page by at most this much later; every look asks the brokers.
constexpr std::chrono::milliseconds kViewPace(100);
constexpr std::chrono::milliseconds kWatch(100);
constexpr std::chrono::milliseconds kRetryPause(500);

/// How far the start of this process is. Thread-safe.
class Start {
 public:
  explicit Start(const std::string& brokers)
      : why_(fmt::format("waits for the brokers {}", brokers)) {}

  void failed(const Error& error) {
    const std::lock_guard lock(mutex_);
    why_ = fmt::format("waits to start: {}", error.message);
  }
  /// What was made until now can be used by who sees that it is.
  void done() { done_ = true; }

  /// What it waits for; empty: it is done.
  std::string why_waiting() const {
    if (done_) return "";
    const std::lock_guard lock(mutex_);
    return why_;
  }

 private:
  mutable std::mutex mutex_;
  std::string why_;
  std::atomic<bool> done_ = false;
};

/// The routes, each of which answers 503 until `start`, which outlives them, is done.
std::vector<net::Route> answered_after(const Start& start, std::vector<net::Route> routes) {
  const auto refusal = [&start]() -> std::optional<net::HttpResponse> {
    const std::string why = start.why_waiting();
    if (why.empty()) return std::nullopt;
    net::HttpResponse response = net::error_response(503, why, "try again in a second");
    response.headers.emplace_back("Retry-After", "1");
    return response;
  };
  for (net::Route& route : routes) {
    if (route.handler)
      route.handler = [refusal,
                       answer = std::move(route.handler)](const net::HttpRequest& request) {
        auto refused = refusal();
        return refused ? *std::move(refused) : answer(request);
      };
    if (route.stream)
      route.stream = [refusal, answer = std::move(route.stream)](
                         const net::HttpRequest& request, std::shared_ptr<net::EventStream> to) {
        auto refused = refusal();
        return refused ? std::move(refused) : answer(request, std::move(to));
      };
  }
  return routes;
}

/// What both processes have. They serve HTTP before they ask for a broker, as who watches over them
/// would end what does not answer; so their servers are their last members, which go first.
class Process {
 public:
  Process(const KafkaProcessOptions& options, Settings settings)
      : options_(options), settings_(std::move(settings)), started_us_(now_us()) {}

 protected:
  /// Serves `routes`, and whether this process is ready, of which `readiness` is asked once the
  /// start is done.
  Result<std::unique_ptr<net::HttpServer>> serve(std::vector<net::Route> routes,
                                                 Readiness readiness) {
    readiness.why_not = [this, why_not = std::move(readiness.why_not)] {
      std::string why = start_.why_waiting();
      return why.empty() ? why_not() : why;
    };
    return start_http(settings_, std::move(routes), std::move(readiness), http_probe_);
  }
  /// After the server: what cannot be served leaves no directory.
  Result<void> find_home() {
    runtime::PosixFileSystem files;
    WEIR_TRY(runtime::make_directories_synced(files, settings_.data));
    return find_cluster(*home_, goes_on);
  }
  /// Does `open`, a Result<T>(), until it succeeds or fails for good: brokers that are away or just
  /// change their leaders are waited for.
  template <class Open>
  auto waited_for(const Open& open) -> decltype(open()) {
    while (true) {
      auto opened = open();
      if (opened || opened.error().code != ErrorCode::io || !goes_on()) return opened;
      runtime::tell_trouble("start", opened.error());
      start_.failed(opened.error());
      std::this_thread::sleep_for(kRetryPause);
    }
  }

  const KafkaProcessOptions options_;
  const Settings settings_;
  const TimeUs started_us_;
  Start start_{settings_.kafka.options.bootstrap};
  runtime::Metrics metrics_;
  net::HttpProbe http_probe_{metrics_};
  std::unique_ptr<KafkaHome> home_;
};

class Processors : public Process {
 public:
  using Process::Process;

  Result<void> run();

 private:
  Result<void> open();
  void make_results();
  std::string why_not_ready() const;
  void follow(const std::stop_token& stop);

  Probes probes_{metrics_};
  std::unique_ptr<KafkaPipeline> pipeline_;
  std::unique_ptr<ProcessFacts> facts_;
  std::unique_ptr<LiveResults> results_;
  std::unique_ptr<Receivers> receivers_;
  std::unique_ptr<net::HttpServer> http_;
};

void Processors::make_results() {
  facts_ = std::make_unique<ProcessFacts>(
      FactSources{.settings = &settings_,
                  .probes = &probes_,
                  .log = home_->reader.get(),
                  .tasks = [this] { return pipeline_->tasks(); },
                  .receivers = [this] { return receivers_->facts(); }},
      started_us_);
  results_ = std::make_unique<LiveResults>(LiveResultsParts{.settings = settings_,
                                                            .log = *home_->reader,
                                                            .appender = *home_->appender,
                                                            .metrics = metrics_,
                                                            .facts = *facts_,
                                                            .version = options_.version,
                                                            .started_us = started_us_});
}

Result<void> Processors::open() {
  WEIR_ASSIGN(home_, make_kafka_home(settings_));
  make_results();
  WEIR_ASSIGN(http_, serve(answered_after(start_, results_->routes()),
                           {.why_not = [this] { return why_not_ready(); },
                            .progress_path = "/api/v1/pipeline"}));
  WEIR_TRY(find_home());
  WEIR_ASSIGN(pipeline_, waited_for([this] {
                return KafkaPipeline::make({.settings = settings_,
                                            .home = *home_,
                                            .probes = probes_,
                                            .metrics = metrics_,
                                            .accept_loss = options_.accept_loss});
              }));
  WEIR_ASSIGN(receivers_, Receivers::make({.settings = settings_,
                                           .metrics = metrics_,
                                           .make_follower =
                                               [this](const std::string& name) {
                                                 return pipeline_->alert_follower(name);
                                               },
                                           .go_on =
                                               [](const Error& error) {
                                                 runtime::tell_trouble("receiver", error);
                                                 return true;
                                               },
                                           .pace = kViewPace}));
  start_.done();
  return {};
}

std::string Processors::why_not_ready() const {
  const std::string why = pipeline_->why_not_running();
  return why.empty() ? facts_->why_not_ready(now_us()) : why;
}

void Processors::follow(const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any stopped;
  std::unique_lock lock(mutex);
  while (!stop.stop_requested()) {
    // Work begins before the results of earlier hours are read back. Brokers that are away come
    // back; results wait there.
    if (const auto done = results_->look(now_us()); !done)
      runtime::tell_trouble("view", done.error());
    stopped.wait_for(lock, stop, kViewPace, [] { return false; });
  }
}

Result<void> Processors::run() {
  WEIR_TRY(open());
  {
    receivers_->start();
    const std::jthread follower([this](const std::stop_token& stop) { follow(stop); });
    fmt::print("weir: page {}/ · stop with Ctrl-C\n", url_of(settings_, *http_));
    std::fflush(stdout);
    pipeline_->run(goes_on);
  }
  return {};
}

class Receiver : public Process {
 public:
  using Process::Process;

  Result<void> run();

 private:
  Result<void> open();
  std::vector<net::Route> routes();

  ingest::ReceiverProbe receiver_probe_{metrics_};
  std::unique_ptr<WatchedAppender> appender_;
  std::unique_ptr<ingest::EventReceiver> receiver_;
  std::unique_ptr<net::HttpServer> http_;
};

std::vector<net::Route> Receiver::routes() {
  std::vector<net::Route> routes;
  add_receiver_routes(receiver_, routes);
  routes = answered_after(start_, std::move(routes));
  routes.push_back({.method = "GET",
                    .path = "/metrics",
                    .access = net::Access::read,
                    .handler = [this](const net::HttpRequest&) {
                      return net::HttpResponse{.content_type = "text/plain; version=0.0.4",
                                               .body = metrics_.expose()};
                    }});
  return routes;
}

Result<void> Receiver::open() {
  WEIR_ASSIGN(home_, make_kafka_home(settings_));
  appender_ = std::make_unique<WatchedAppender>(*home_->appender, now_us);
  WEIR_ASSIGN(http_, serve(routes(), {.why_not = [this] { return appender_->why_refused(); },
                                      .progress_path = "/metrics"}));
  WEIR_TRY(find_home());
  WEIR_ASSIGN(const auto rules, ingest::make_rules(settings_.ingest, settings_.data));
  WEIR_ASSIGN(
      receiver_, waited_for([&] {
        return ingest::EventReceiver::open({.appender = appender_.get(),
                                            .reader = home_->reader.get(),
                                            .probe = &receiver_probe_,
                                            .rules = rules,
                                            .dedup_horizon_us = settings_.fold.dedup_horizon_us,
                                            .clock = now_us,
                                            .behind = [] { return std::optional<std::string>(); }});
      }));
  start_.done();
  return {};
}

Result<void> Receiver::run() {
  WEIR_TRY(open());
  fmt::print("weir: send events to {}/v1/events · stop with Ctrl-C\n", url_of(settings_, *http_));
  std::fflush(stdout);
  while (goes_on()) std::this_thread::sleep_for(kWatch);
  http_->drain(kDrainUs);
  return {};
}

template <class What>
Result<void> run_until_stopped(const KafkaProcessOptions& options, Settings settings,
                               const net::Listen& listen) {
  settings.http.options.address = listen.address;
  settings.http.options.port = listen.port;
  WEIR_TRY(start_log(settings.log));
  catch_stop_signals();
  What process(options, std::move(settings));
  return process.run();
}

}  // namespace

Result<void> run_processors(const KafkaProcessOptions& options) {
  WEIR_ASSIGN(Settings settings, load_settings(options.config));
  const net::Listen own{settings.http.options.address, settings.http.options.port};
  return run_until_stopped<Processors>(options, std::move(settings), options.listen.value_or(own));
}

Result<void> run_receiver(const KafkaProcessOptions& options) {
  WEIR_ASSIGN(Settings settings, load_settings(options.config));
  const net::Listen own = settings.ingest_listen;
  settings.http.options.chosen_by = "--listen, or ingest.listen";
  return run_until_stopped<Receiver>(options, std::move(settings), options.listen.value_or(own));
}

}  // namespace weir::cli
