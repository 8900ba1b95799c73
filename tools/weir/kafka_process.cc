#include "tools/weir/kafka_process.h"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include <fmt/format.h>

#include "processors/ingest/receiver.h"
#include "processors/net/http_server.h"
#include "processors/runtime/kafka_trouble.h"
#include "sinks/dashboard/routes.h"
#include "sinks/prometheus/exposition.h"
#include "sinks/view/live_view.h"
#include "tools/weir/home.h"
#include "tools/weir/kafka_facts.h"
#include "tools/weir/log_setup.h"
#include "tools/weir/stop_signal.h"
#include "tools/weir/up_probe.h"

namespace weir::cli {
namespace {

bool goes_on() { return !stop_asked(); }

/// How long what clients have begun to send may take when the process is asked to stop.
constexpr DurationUs kDrainUs = 5 * kSecondUs;
/// A result is on the page by at most this much later; every look asks the brokers.
constexpr std::chrono::milliseconds kViewPace(100);
constexpr std::chrono::milliseconds kWatch(100);
constexpr std::chrono::milliseconds kRetryPause(500);

/// Does `open`, a Result<T>(), until it succeeds or fails for good: brokers that are away or just
/// change their leaders are waited for.
template <class Open>
auto waited_for(const Open& open) -> decltype(open()) {
  while (true) {
    auto opened = open();
    if (opened || opened.error().code != ErrorCode::io || !goes_on()) return opened;
    runtime::tell_trouble("start", opened.error().message);
    std::this_thread::sleep_for(kRetryPause);
  }
}

/// What both processes have.
class Process {
 public:
  Process(const KafkaProcessOptions& options, Settings settings)
      : options_(options), settings_(std::move(settings)), started_us_(now_us()) {}

 protected:
  Result<void> open_home() {
    runtime::PosixFileSystem files;
    WEIR_TRY(runtime::make_directories_synced(files, settings_.data));
    WEIR_ASSIGN(home_, open_kafka(settings_, goes_on));
    return {};
  }
  Result<void> start_http(std::vector<net::Route> routes, net::Handler metrics,
                          const std::function<std::string()>& why_not_ready) {
    routes.push_back({.method = "GET",
                      .path = "/metrics",
                      .access = net::Access::read,
                      .handler = std::move(metrics)});
    const auto text = [](std::string body) {
      return net::HttpResponse{.content_type = "text/plain", .body = std::move(body)};
    };
    routes.push_back({.method = "GET", .path = "/healthz", .handler = [text](const auto&) {
                        return text("ok\n");
                      }});
    routes.push_back(
        {.method = "GET", .path = "/readyz", .handler = [text, why_not_ready](const auto&) {
           const std::string why = why_not_ready();
           if (why.empty()) return text("ready\n");
           return net::error_response(503, why, "wait; /api/v1/pipeline shows how far it is");
         }});
    WEIR_ASSIGN(net::HttpServerOptions http, net::load_secrets(settings_.http));
    WEIR_ASSIGN(http_, net::HttpServer::start(std::move(http), std::move(routes), http_probe_));
    return {};
  }
  std::string url() const {
    const net::HttpServerOptions& http = settings_.http.options;
    return fmt::format("{}://{}", http.tls ? "https" : "http",
                       net::to_string({http.address, http_->port()}));
  }

  const KafkaProcessOptions options_;
  const Settings settings_;
  const TimeUs started_us_;
  runtime::Metrics metrics_;
  net::HttpProbe http_probe_{metrics_};
  std::unique_ptr<KafkaHome> home_;
  std::unique_ptr<net::HttpServer> http_;
};

class Processors : public Process {
 public:
  using Process::Process;

  Result<void> run();

 private:
  Result<void> open();
  std::vector<net::Route> routes_once_open();
  void follow(const std::stop_token& stop);
  Result<void> look(TimeUs now);

  Probes probes_{metrics_};
  view::Probe view_probe_{metrics_};
  UpProbe up_probe_{metrics_, options_.version, started_us_};
  std::unique_ptr<KafkaPipeline> pipeline_;
  std::unique_ptr<KafkaFacts> facts_;
  std::unique_ptr<view::LiveView> view_;
  std::unique_ptr<dashboard::Api> api_;
  std::unique_ptr<dashboard::Streams> streams_;
  std::unique_ptr<prometheus::Exposition> exposition_;
  TimeUs next_facts_ = 0;
  std::atomic<bool> view_open_ = false;
};

Result<void> Processors::open() {
  WEIR_TRY(open_home());
  WEIR_ASSIGN(pipeline_, waited_for([this] {
                return KafkaPipeline::make(settings_, *home_, probes_, options_.accept_loss);
              }));
  facts_ = std::make_unique<KafkaFacts>(KafkaFactSources{.settings = &settings_,
                                                         .home = home_.get(),
                                                         .pipeline = pipeline_.get(),
                                                         .probes = &probes_},
                                        started_us_);
  view_ = std::make_unique<view::LiveView>(
      *home_->reader, view::ViewOptions{.max_bytes = settings_.memory_plan().view}, view_probe_);
  api_ = std::make_unique<dashboard::Api>(
      dashboard::ApiParts{.view = *view_,
                          .log = *home_->reader,
                          .pipeline = [this] { return facts_->facts(); },
                          .clock = now_us,
                          .version = options_.version});
  streams_ = std::make_unique<dashboard::Streams>(*view_);
  exposition_ = std::make_unique<prometheus::Exposition>(
      prometheus::ExpositionParts{.view = *view_, .metrics = metrics_, .clock = now_us});
  return start_http(
      routes_once_open(),
      [this](const net::HttpRequest& request) {
        if (view_open_) return exposition_->answer(request);
        return net::error_response(503, "earlier results are being read", "try again in a second");
      },
      [this] { return facts_->why_not_ready(now_us()); });
}

/// Work begins before the results of earlier hours are read back.
std::vector<net::Route> Processors::routes_once_open() {
  std::vector<net::Route> routes = dashboard::routes(*api_, *streams_);
  for (net::Route& route : routes) {
    if (route.handler)
      route.handler = [this, answer = std::move(route.handler)](const net::HttpRequest& request) {
        if (view_open_) return answer(request);
        return net::error_response(503, "earlier results are being read", "try again in a second");
      };
    if (route.stream)
      route.stream = [this, answer = std::move(route.stream)](
                         const net::HttpRequest& request, std::shared_ptr<net::EventStream> to) {
        if (view_open_) answer(request, std::move(to));
      };
  }
  return routes;
}

Result<void> Processors::look(TimeUs now) {
  if (!view_open_) WEIR_TRY(view_->open());
  view_open_ = true;
  WEIR_ASSIGN(const bool told, view_->update());
  if (told) streams_->tell();
  if (now < next_facts_) return {};
  WEIR_TRY(facts_->gather(now));
  const dashboard::PipelineFacts facts = facts_->facts();
  up_probe_.report(facts);
  streams_->tell_all("pipeline", to_json(facts, now).dump());
  next_facts_ = now + kSecondUs;
  return {};
}

void Processors::follow(const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any stopped;
  std::unique_lock lock(mutex);
  while (!stop.stop_requested()) {
    // Brokers that are away come back; results wait there.
    if (const auto done = look(now_us()); !done)
      runtime::tell_trouble("view", done.error().message);
    stopped.wait_for(lock, stop, kViewPace, [] { return false; });
  }
}

Result<void> Processors::run() {
  WEIR_TRY(open());
  {
    const std::jthread follower([this](const std::stop_token& stop) { follow(stop); });
    fmt::print("weir: page {}/ · stop with Ctrl-C\n", url());
    std::fflush(stdout);
    pipeline_->run(goes_on);
  }
  http_.reset();
  return {};
}

class Receiver : public Process {
 public:
  using Process::Process;

  Result<void> run();

 private:
  Result<void> open();

  ingest::ReceiverProbe receiver_probe_{metrics_};
  std::unique_ptr<ingest::EventReceiver> receiver_;
};

Result<void> Receiver::open() {
  WEIR_TRY(open_home());
  WEIR_ASSIGN(const auto rules, ingest::make_rules(settings_.ingest, settings_.data));
  WEIR_ASSIGN(
      receiver_, waited_for([&] {
        return ingest::EventReceiver::open({.appender = home_->appender.get(),
                                            .reader = home_->reader.get(),
                                            .probe = &receiver_probe_,
                                            .rules = rules,
                                            .dedup_horizon_us = settings_.fold.dedup_horizon_us,
                                            .clock = now_us,
                                            .behind = [] { return std::optional<std::string>(); }});
      }));
  std::vector<net::Route> routes;
  using Receive = net::HttpResponse (ingest::EventReceiver::*)(const net::HttpRequest&);
  const auto add = [&](const char* path, Receive receive) {
    routes.push_back({.method = "POST",
                      .path = path,
                      .access = net::Access::write,
                      .handler = [this, receive](const net::HttpRequest& request) {
                        return ((*receiver_).*receive)(request);
                      }});
  };
  add("/v1/events", &ingest::EventReceiver::receive_events);
  add("/v1/traces", &ingest::EventReceiver::receive_traces);
  const auto metrics = [this](const net::HttpRequest&) {
    return net::HttpResponse{.content_type = "text/plain; version=0.0.4",
                             .body = metrics_.expose()};
  };
  return start_http(std::move(routes), metrics, [this]() -> std::string {
    const auto answers = home_->cluster->id();
    return answers ? "" : answers.error().message;
  });
}

Result<void> Receiver::run() {
  WEIR_TRY(open());
  fmt::print("weir: send events to {}/v1/events · stop with Ctrl-C\n", url());
  std::fflush(stdout);
  while (goes_on()) std::this_thread::sleep_for(kWatch);
  http_->drain(kDrainUs);
  http_.reset();
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
  return run_until_stopped<Receiver>(options, std::move(settings), options.listen.value_or(own));
}

}  // namespace weir::cli
