#include "processors/net/webhook_signature.h"

#include <algorithm>
#include <array>
#include <charconv>

#include <absl/strings/escaping.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

namespace weir::net {
namespace {

constexpr std::string_view kKeyPrefix = "whsec_";
constexpr std::size_t kMinKeyBytes = 24;
constexpr std::size_t kMaxKeyBytes = 64;
constexpr std::string_view kVersion = "v1,";

std::string signature_of(const Secret& key, std::string_view id, std::string_view timestamp,
                         std::string_view body) {
  const std::string signed_text = fmt::format("{}.{}.{}", id, timestamp, body);
  return fmt::format("{}{}", kVersion, absl::Base64Escape(hmac_sha256(key.reveal(), signed_text)));
}

Result<std::string_view> header_of(const HttpRequest& request, std::string_view name) {
  const auto value = request.header(name);
  if (!value) return fail(ErrorCode::invalid_argument, "it has no header {}", name);
  return *value;
}

Result<void> check_time(std::string_view timestamp, TimeUs now) {
  std::int64_t seconds = 0;
  const auto [end, error] =
      std::from_chars(timestamp.data(), timestamp.data() + timestamp.size(), seconds);
  // The largest number of seconds that is a time.
  const bool good = error == std::errc() && end == timestamp.data() + timestamp.size() &&
                    seconds >= 0 && seconds < kMaxTime / kSecondUs;
  if (!good) return fail(ErrorCode::invalid_argument, "its webhook-timestamp is no time");
  const TimeUs time = seconds * kSecondUs;
  if (time < now - kWebhookToleranceUs || time > now + kWebhookToleranceUs)
    return fail(ErrorCode::invalid_argument, "its time {} is more than {} from ours",
                format_rfc3339(time), format_duration(kWebhookToleranceUs));
  return {};
}

/// Whether one of the words of `signatures` is the expected one.
bool any_matches(const Secret& expected, std::string_view signatures) {
  while (!signatures.empty()) {
    const std::size_t end = std::min(signatures.find(' '), signatures.size());
    if (expected.matches(signatures.substr(0, end))) return true;
    signatures.remove_prefix(std::min(end + 1, signatures.size()));
  }
  return false;
}

}  // namespace

std::string hmac_sha256(std::string_view key, std::string_view message) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest = {};
  unsigned int size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(message.data()), message.size(), digest.data(),
       &size);
  return {reinterpret_cast<const char*>(digest.data()), size};
}

Result<Secret> webhook_key(const Secret& text) {
  std::string_view encoded = text.reveal();
  std::string key;
  if (!encoded.starts_with(kKeyPrefix) ||
      !absl::Base64Unescape(std::string(encoded.substr(kKeyPrefix.size())), &key) ||
      key.size() < kMinKeyBytes || key.size() > kMaxKeyBytes)
    return fail(ErrorCode::invalid_argument,
                "is no key of Standard Webhooks, which is whsec_ and then {} to {} bytes in "
                "Base64; make one with: echo whsec_$(openssl rand -base64 32)",
                kMinKeyBytes, kMaxKeyBytes);
  return Secret(std::move(key));
}

HeaderList sign_webhook(std::span<const Secret> keys, std::string_view id, TimeUs now,
                        std::string_view body) {
  const std::string timestamp = fmt::format("{}", floor_div(now, kSecondUs));
  std::string signatures;
  for (const Secret& key : keys) {
    if (!signatures.empty()) signatures += ' ';
    signatures += signature_of(key, id, timestamp, body);
  }
  return {{"webhook-id", std::string(id)},
          {"webhook-timestamp", timestamp},
          {"webhook-signature", signatures}};
}

Result<void> verify_webhook(std::span<const Secret> keys, const HttpRequest& request, TimeUs now) {
  WEIR_ASSIGN(const std::string_view id, header_of(request, "webhook-id"));
  WEIR_ASSIGN(const std::string_view timestamp, header_of(request, "webhook-timestamp"));
  WEIR_ASSIGN(const std::string_view signatures, header_of(request, "webhook-signature"));
  WEIR_TRY(check_time(timestamp, now));
  for (const Secret& key : keys) {
    const Secret expected(signature_of(key, id, timestamp, request.body));
    if (any_matches(expected, signatures)) return {};
  }
  return fail(ErrorCode::invalid_argument, "no signature of it fits a key of ours");
}

}  // namespace weir::net
