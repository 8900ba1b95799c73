#include "tools/weir/receivers.h"

#include <condition_variable>
#include <mutex>
#include <random>

#include <spdlog/spdlog.h>

#include "tools/weir/home.h"

namespace weir::cli {
namespace {

constexpr std::chrono::milliseconds kErrorPause(500);

/// Waits, but not for longer than until it is to stop.
void pause(const std::stop_token& stop, std::chrono::milliseconds length) {
  std::mutex mutex;
  std::condition_variable_any stopped;
  std::unique_lock lock(mutex);
  stopped.wait_for(lock, stop, length, [] { return false; });
}

/// Random numbers from 0 to below 1; one thread.
std::function<double()> make_jitter() {
  return [engine = std::mt19937_64(std::random_device()())]() mutable {
    return std::uniform_real_distribution<double>(0, 1)(engine);
  };
}

/// Says when a receiver begins to fail, and when it is well again.
class TroubleLog {
 public:
  void tell(const results::ReceiverFacts& facts) {
    if (facts.trouble.empty() == well_) return;
    well_ = facts.trouble.empty();
    if (well_)
      spdlog::info("event=receiver_well receiver={}", facts.name);
    else
      spdlog::warn("event=receiver_fails receiver={} answer={:?}", facts.name, facts.trouble);
  }

 private:
  bool well_ = true;
};

}  // namespace

struct Receivers::Running {
  Running(runtime::Metrics& metrics, const webhook::ReceiverConfig& config)
      : probe(metrics, config.name),
        client({.deadline_us = config.timeout_us,
                .allow_private = config.allow_private,
                .ca_file = config.ca_file}) {}

  std::unique_ptr<runtime::Follower> follower;
  webhook::Probe probe;
  net::HttpClient client;
  std::unique_ptr<webhook::Receiver> receiver;
  std::jthread thread;  // last: it ends first
};

std::string follower_name(const webhook::ReceiverConfig& receiver) {
  return "webhook." + receiver.name;
}

Receivers::Receivers(const ReceiversParts& parts) : go_on_(parts.go_on), pace_(parts.pace) {}

Receivers::~Receivers() {
  for (const auto& each : running_) each->thread.request_stop();
}

Result<std::unique_ptr<Receivers>> Receivers::make(const ReceiversParts& parts) {
  std::unique_ptr<Receivers> receivers(new Receivers(parts));
  for (const std::string& each : parts.settings.warnings)
    spdlog::warn("event=configuration_warning text={:?}", each);
  for (const webhook::ReceiverConfig& config : parts.settings.webhook.receivers) {
    WEIR_ASSIGN(webhook::ReceiverSecrets secrets, webhook::load_secrets(config));
    Running& running =
        *receivers->running_.emplace_back(std::make_unique<Running>(parts.metrics, config));
    running.follower = parts.make_follower(follower_name(config));
    running.receiver = std::make_unique<webhook::Receiver>(
        webhook::ReceiverParts{.config = config,
                               .secrets = std::move(secrets),
                               .follower = running.follower.get(),
                               .probe = &running.probe,
                               .clock = now_us,
                               .jitter = make_jitter(),
                               .send = [&client = running.client](const net::ClientRequest& request,
                                                                  const std::stop_token& stop) {
                                 return client.send(request, stop);
                               }});
  }
  return receivers;
}

void Receivers::start() {
  for (const auto& each : running_)
    each->thread =
        std::jthread([this, &running = *each](const std::stop_token& stop) { run(running, stop); });
}

void Receivers::run(Running& running, const std::stop_token& stop) const {
  TroubleLog log;
  while (!stop.stop_requested()) {
    const auto worked = running.receiver->step(stop);
    log.tell(running.receiver->facts());
    if (stop.stop_requested()) return;
    if (worked && *worked) continue;
    if (!worked && !go_on_(worked.error())) return;
    pause(stop, worked ? pace_ : kErrorPause);
  }
}

std::vector<results::ReceiverFacts> Receivers::facts() const {
  std::vector<results::ReceiverFacts> all;
  for (const auto& each : running_) all.push_back(each->receiver->facts());
  return all;
}

}  // namespace weir::cli
