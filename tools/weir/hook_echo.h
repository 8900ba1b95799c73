// `weir hook-echo`: a receiver of webhooks for trying things out. It prints what arrives, says
// whether it is signed, and fails as it is told to.
#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "processors/core/time.h"
#include "processors/net/http_message.h"
#include "processors/net/secret.h"

namespace weir::cli {

struct HookEchoRules {
  std::vector<net::Secret> keys;  // empty: signatures are not verified
  /// The first so many requests are refused with `status`; then all is well. 0: every answer has
  /// that status.
  std::uint64_t fail = 0;
  int status = 200;
  DurationUs delay_us = 0;  // before each answer
  bool json = false;        // one object a line, for programs
};

/// Thread-safe.
class HookEcho {
 public:
  /// `print` takes whole lines, one call at a time.
  HookEcho(HookEchoRules rules, std::function<TimeUs()> clock,
           std::function<void(const std::string&)> print);

  /// Prints the request and answers it. A request whose signature is wrong is answered 401.
  net::HttpResponse answer(const net::HttpRequest& request);

 private:
  int status_of_next();

  const HookEchoRules rules_;
  const std::function<TimeUs()> clock_;
  const std::function<void(const std::string&)> print_;
  std::mutex mutex_;
  std::uint64_t requests_ = 0;
};

}  // namespace weir::cli
