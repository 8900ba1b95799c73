#include "tools/weir/up.h"

#include <atomic>
#include <mutex>
#include <thread>

#include <spdlog/spdlog.h>

#include "processors/runtime/log_follower.h"
#include "sinks/webhook/outcomes.h"
#include "tools/weir/demo.h"
#include "tools/weir/demo_objectives.h"
#include "tools/weir/home.h"
#include "tools/weir/http_front.h"
#include "tools/weir/live_results.h"
#include "tools/weir/log_setup.h"
#include "tools/weir/pipeline.h"
#include "tools/weir/receivers.h"
#include "tools/weir/stop_signal.h"
#include "tools/weir/watched_appender.h"

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
  Result<void> open_alert_receivers();
  Result<void> add_sizes(dashboard::PipelineFacts& facts) const;
  Result<void> start_http();
  std::string why_not_ready() const;
  void follow(const std::stop_token& stop);
  void run_demo_until(const std::stop_token& stop);
  Result<void> go_on_when_full(const std::function<Result<void>()>& work,
                               const std::function<bool()>& watch) const;
  std::string url() const { return url_of(settings_, *http_); }

  const UpOptions options_;
  const Settings settings_;
  const TimeUs started_us_;
  std::unique_ptr<Home> home_;
  runtime::Metrics metrics_;
  Probes probes_{metrics_};
  net::HttpProbe http_probe_{metrics_};
  ingest::ReceiverProbe receiver_probe_{metrics_};
  std::unique_ptr<Pipeline> pipeline_;
  std::unique_ptr<ProcessFacts> facts_;
  std::unique_ptr<WatchedAppender> appender_;
  std::unique_ptr<ingest::EventReceiver> receiver_;
  std::unique_ptr<LiveResults> results_;
  Failure failure_;
  std::unique_ptr<Receivers> receivers_;
  std::unique_ptr<net::HttpServer> http_;
};

Result<std::int32_t> UpProcess::raw_partitions() const {
  const auto there = home_->log->partitions(topics::kInference);
  if (settings_.raw_partitions == 0) return there.value_or(kDefaultRawPartitions);
  return static_cast<std::int32_t>(settings_.raw_partitions);
}

Result<void> UpProcess::open() {
  WEIR_TRY(check_not_open(settings_.data));  // or a second one would be told of the port
  WEIR_TRY(check_http(settings_));           // or the directory would be made for nothing
  WEIR_ASSIGN(home_, open_home(settings_.data, settings_));
  WEIR_ASSIGN(const std::int32_t partitions, raw_partitions());
  WEIR_ASSIGN(pipeline_, Pipeline::make({.settings = &settings_,
                                         .log = home_->log.get(),
                                         .raw = home_->log.get(),
                                         .raw_partitions = partitions},
                                        probes_));
  facts_ = std::make_unique<ProcessFacts>(
      FactSources{.settings = &settings_,
                  .probes = &probes_,
                  .log = home_->log.get(),
                  .tasks = [this] { return pipeline_->tasks(); },
                  .receivers = [this] { return receivers_->facts(); },
                  .add_sizes = [this](auto& facts) { return add_sizes(facts); }},
      started_us_);
  results_ = std::make_unique<LiveResults>(LiveResultsParts{.settings = settings_,
                                                            .log = *home_->log,
                                                            .appender = *home_->log,
                                                            .metrics = metrics_,
                                                            .facts = *facts_,
                                                            .version = options_.version,
                                                            .started_us = started_us_});
  WEIR_TRY(results_->open());
  WEIR_TRY(open_receiver());
  WEIR_TRY(open_alert_receivers());
  return start_http();
}

Result<void> UpProcess::open_receiver() {
  WEIR_ASSIGN(const auto rules, ingest::make_rules(settings_.ingest, settings_.data));
  appender_ = std::make_unique<WatchedAppender>(*home_->log, now_us);
  ingest::ReceiverOptions options{.appender = appender_.get(),
                                  .reader = home_->log.get(),
                                  .probe = &receiver_probe_,
                                  .rules = rules,
                                  .dedup_horizon_us = settings_.fold.dedup_horizon_us,
                                  .clock = now_us,
                                  .behind = [this] { return facts_->why_not_take_more(now_us()); }};
  WEIR_ASSIGN(receiver_, ingest::EventReceiver::open(std::move(options)));
  return {};
}

Result<void> UpProcess::open_alert_receivers() {
  const runtime::TopicPartition alerts{std::string(webhook::kAlertTopic), 0};
  const auto go_on = [this](const Error& error) {
    if (error.code == ErrorCode::exhausted) return true;  // until there is room again
    failure_.set(error);
    return false;
  };
  const auto follow = [this, alerts](const std::string& name) {
    return std::make_unique<runtime::LogFollower>(*home_->log, name, alerts);
  };
  WEIR_ASSIGN(
      receivers_,
      Receivers::make(
          {.settings = settings_, .metrics = metrics_, .make_follower = follow, .go_on = go_on}));
  return {};
}

Result<void> UpProcess::start_http() {
  std::vector<net::Route> routes = results_->routes();
  add_receiver_routes(receiver_, routes);
  Readiness readiness{.why_not = [this] { return why_not_ready(); },
                      .progress_path = "/api/v1/pipeline"};
  WEIR_ASSIGN(http_,
              cli::start_http(settings_, std::move(routes), std::move(readiness), http_probe_));
  return {};
}

std::string UpProcess::why_not_ready() const {
  if (std::string why = appender_->why_refused(); !why.empty()) return why;
  if (facts_->facts().partitions.empty()) return "the workers have just begun";
  return facts_->why_not_ready(now_us());
}

Result<void> UpProcess::add_sizes(dashboard::PipelineFacts& facts) const {
  const runtime::FileSystem& files = home_->files;
  WEIR_ASSIGN(facts.state_bytes,
              runtime::directory_bytes(files, runtime::state_path(settings_.data)));
  facts.disk_bytes = facts.state_bytes;
  for (const Graph::Topic& topic : pipeline_->graph().topics) {
    for (std::int32_t partition = 0; partition < topic.partitions; ++partition) {
      WEIR_ASSIGN(const std::uint64_t bytes,
                  runtime::directory_bytes(
                      files, runtime::partition_path(settings_.data, {topic.name, partition})));
      facts.disk_bytes += bytes;
    }
  }
  facts.disk_budget_bytes = settings_.disk_bytes;
  return {};
}

void UpProcess::follow(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    if (const auto done = results_->look(now_us()); !done) return failure_.set(done.error());
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

Result<void> UpProcess::run() {
  std::jthread follower([this](const std::stop_token& stop) { follow(stop); });
  receivers_->start();
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
  if (options.demo && settings.fold.objectives->empty()) {
    WEIR_ASSIGN(const auto objectives, demo_objectives(settings.slo.low_traffic));
    WEIR_ASSIGN(settings.fold.objectives, objectives::Objectives::make(objectives));
  }
  WEIR_TRY(start_log(settings.log));
  catch_stop_signals();
  UpProcess process(options, std::move(settings));
  WEIR_TRY(process.open());
  return process.run();
}

}  // namespace weir::cli
