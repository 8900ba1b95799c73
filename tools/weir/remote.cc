#include "tools/weir/remote.h"

#include <algorithm>
#include <cstdlib>

#include "tools/weir/json_rows.h"
#include "tools/weir/text_table.h"

namespace weir::cli {
namespace {

using results::Json;

constexpr std::size_t kMaxAnswerBytes = 64 << 20;
constexpr std::size_t kMaxShownBytes = 100;
constexpr std::size_t kMaxErrorBytes = 2'000;
constexpr DurationUs kDeadlineUs = kMinuteUs;

/// Another process's text, and maybe not a weir's; a caret stands below what it points to.
std::string shown(std::string_view text) {
  std::string shown;
  while (true) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    shown += printable(text.substr(0, end), kMaxErrorBytes);
    if (end == text.size()) return shown;
    shown += '\n';
    text.remove_prefix(end + 1);
  }
}

ErrorCode code_of(int status) {
  if (status == 404) return ErrorCode::not_found;
  return status == 400 ? ErrorCode::invalid_argument : ErrorCode::io;
}

}  // namespace

CLI::Option* add_remote(CLI::App& app, RemoteAddress& address, net::Access access) {
  address.variable = access == net::Access::write ? "WEIR_WRITE_TOKEN" : "WEIR_READ_TOKEN";
  CLI::Option* const url =
      add_parsed(app, "--url", address.url, net::check_url,
                 fmt::format("the running weir that is asked ({})", address.url));
  add_parsed(app, "--token", address.token, net::Secret::check_reference,
             fmt::format("its token, as env:NAME or file:PATH (env:{}, where that is set)",
                         address.variable));
  app.add_option("--ca-file", address.ca_file,
                 "the authority of its certificate, PEM (the system's)");
  return url;
}

Remote::Remote(const RemoteAddress& address, net::Secret token)
    : base_(address.url),
      variable_(address.variable),
      token_(std::move(token)),
      client_(std::make_unique<net::HttpClient>(
          net::HttpClientOptions{.deadline_us = kDeadlineUs,
                                 .max_response_bytes = kMaxAnswerBytes,
                                 .allow_private = true,
                                 .ca_file = address.ca_file})) {
  while (base_.ends_with('/')) base_.pop_back();
}

Result<Remote> Remote::open(const RemoteAddress& address) {
  if (address.token.empty() && std::getenv(address.variable.c_str()) == nullptr)
    return Remote(address, {});
  const std::string reference = address.token.empty() ? "env:" + address.variable : address.token;
  WEIR_ASSIGN(net::Secret token, net::Secret::load(reference));
  return Remote(address, std::move(token));
}

Result<Json> Remote::ask(const std::string& method, const std::string& path, const Json& body) {
  net::ClientRequest request{.method = method, .url = base_ + path};
  if (!body.is_null()) {
    request.body = body.dump(-1, ' ', false, Json::error_handler_t::replace);
    request.headers.emplace_back("Content-Type", "application/json");
  }
  if (!token_.empty()) request.headers.emplace_back("Authorization", "Bearer " + token_.reveal());
  const auto answer = client_->send(request);
  if (answer) return read(*answer);
  if (answer.error().code != ErrorCode::io) return std::unexpected(answer.error());
  return fail(ErrorCode::io,
              "{}; is a weir running there? `weir up` starts one, --url names another",
              answer.error().message);
}

Result<Json> Remote::read(const net::ClientResponse& answer) const {
  if (answer.cut)
    return fail(ErrorCode::exhausted, "{}: the answer has more than {} bytes; ask for less",
                origin(), kMaxAnswerBytes);
  Json json = Json::parse(answer.body, nullptr, false);
  const std::string error = shown(text_of(json, "error"));
  if (json.is_discarded() || (answer.status / 100 != 2 && error.empty()))
    return fail(ErrorCode::protocol,
                "{} is no weir: it answered {} with {}; --url names where one listens", origin(),
                answer.status,
                answer.body.empty() ? "nothing" : printable(answer.body, kMaxShownBytes));
  if (answer.status == 401)
    return fail(ErrorCode::io,
                "{}: {}; name it by --token env:NAME or file:PATH, or put it into the variable {}",
                origin(), error, variable_);
  if (answer.status / 100 != 2) {
    const std::string hint = shown(text_of(json, "hint"));
    return fail(code_of(answer.status), "{}: {}{}{}", origin(), error, hint.empty() ? "" : "; ",
                hint);
  }
  return json;
}

}  // namespace weir::cli
