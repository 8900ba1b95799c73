#include "processors/net/secret.h"

#include <array>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include <openssl/crypto.h>
#include <openssl/sha.h>

namespace weir::net {
namespace {

constexpr std::string_view kEnvironment = "env:";
constexpr std::string_view kFile = "file:";
constexpr std::size_t kMaxBytes = 64 << 10;

using Digest = std::array<unsigned char, SHA256_DIGEST_LENGTH>;

Digest sha256(std::string_view text) {
  Digest digest;
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  return digest;
}

Result<std::string> read_environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  if (value == nullptr)
    return fail(ErrorCode::not_found, "env:{}: this environment variable is not set", name);
  return value;
}

Result<std::string> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail(ErrorCode::not_found, "file:{}: cannot be opened for reading", path);
  std::string text(kMaxBytes + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad()) return fail(ErrorCode::io, "file:{}: cannot be read", path);
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() > kMaxBytes)
    return fail(ErrorCode::invalid_argument, "file:{}: is larger than a secret may be ({} bytes)",
                path, kMaxBytes);
  if (text.ends_with('\n')) text.pop_back();
  if (text.ends_with('\r')) text.pop_back();
  return text;
}

}  // namespace

Result<std::string> Secret::check_reference(std::string_view reference) {
  for (const std::string_view scheme : {kEnvironment, kFile})
    if (reference.starts_with(scheme) && reference.size() > scheme.size())
      return std::string(reference);
  // Not quoted: who wrote it may have put the secret itself here.
  return fail(
      ErrorCode::invalid_argument,
      "is no reference to a secret; write env:NAME or file:PATH, like env:WEIR_WRITE_TOKEN, "
      "and keep the secret itself out of the configuration");
}

Result<Secret> Secret::load(std::string_view reference) {
  WEIR_ASSIGN(const std::string checked, check_reference(reference));
  const bool is_file = checked.starts_with(kFile);
  const std::string name = checked.substr((is_file ? kFile : kEnvironment).size());
  WEIR_ASSIGN(std::string value, is_file ? read_file(name) : read_environment(name));
  if (value.empty()) return fail(ErrorCode::not_found, "{}: is empty", checked);
  return Secret(std::move(value));
}

bool Secret::matches(std::string_view presented) const {
  if (empty()) return false;
  const Digest own = sha256(value_);
  const Digest other = sha256(presented);
  return CRYPTO_memcmp(own.data(), other.data(), own.size()) == 0;
}

}  // namespace weir::net
