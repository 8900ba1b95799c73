#include "processors/ingest/user_key.h"

#include <bit>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

namespace weir::ingest {
namespace {

struct SipState {
  std::uint64_t v0, v1, v2, v3;

  void round() {
    v0 += v1;
    v1 = std::rotl(v1, 13) ^ v0;
    v0 = std::rotl(v0, 32);
    v2 += v3;
    v3 = std::rotl(v3, 16) ^ v2;
    v0 += v3;
    v3 = std::rotl(v3, 21) ^ v0;
    v2 += v1;
    v1 = std::rotl(v1, 17) ^ v2;
    v2 = std::rotl(v2, 32);
  }
  void take(std::uint64_t word) {
    v3 ^= word;
    round();
    round();
    v0 ^= word;
  }
};

std::unexpected<Error> failed(std::string_view what, const std::string& path) {
  return fail(ErrorCode::io, "{}: cannot {} the key that users are hashed with: {}", path, what,
              std::strerror(errno));
}

/// A file descriptor that closes itself.
struct File {
  explicit File(int descriptor) : fd(descriptor) {}
  ~File() {
    if (fd >= 0) ::close(fd);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  int fd;
};

/// Whole and durable before it has its name.
Result<void> write_new(const std::string& path, std::string_view text) {
  const std::string fresh = path + ".new";
  {
    const File file(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    if (file.fd < 0 || ::fchmod(file.fd, 0600) != 0) return failed("write", fresh);
    if (::write(file.fd, text.data(), text.size()) != static_cast<ssize_t>(text.size()) ||
        ::fsync(file.fd) != 0)
      return failed("write", fresh);
  }
  if (::rename(fresh.c_str(), path.c_str()) != 0) return failed("write", path);
  const std::size_t slash = path.rfind('/');
  const std::string directory = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const File parent(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (parent.fd < 0 || ::fsync(parent.fd) != 0) return failed("write", path);
  return {};
}

}  // namespace

std::uint64_t siphash24(std::uint64_t k0, std::uint64_t k1, std::string_view bytes) {
  SipState state{k0 ^ 0x736f'6d65'7073'6575, k1 ^ 0x646f'7261'6e64'6f6d, k0 ^ 0x6c79'6765'6e65'7261,
                 k1 ^ 0x7465'6462'7974'6573};
  const std::size_t words = bytes.size() / 8;
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < words; ++i) {
    std::memcpy(&word, bytes.data() + 8 * i, 8);
    state.take(word);
  }
  word = 0;
  if (!bytes.empty()) std::memcpy(&word, bytes.data() + 8 * words, bytes.size() % 8);
  state.take(word | static_cast<std::uint64_t>(bytes.size()) << 56);
  state.v2 ^= 0xff;
  for (int i = 0; i < 4; ++i) state.round();
  return state.v0 ^ state.v1 ^ state.v2 ^ state.v3;
}

UserKey::UserKey(const Id& key) {
  std::memcpy(&k0_, key.data(), 8);
  std::memcpy(&k1_, key.data() + 8, 8);
}

Result<UserKey> UserKey::parse(std::string_view text) {
  const auto key = parse_id(text);
  if (!key)
    return fail(ErrorCode::invalid_argument,
                "the key that users are hashed with must be 32 hexadecimal digits: take what "
                "'openssl rand -hex 16' prints");
  return UserKey(*key);
}

Result<UserKey> UserKey::load_or_make(const std::string& path) {
  errno = 0;
  if (std::ifstream file(path, std::ios::binary); file) {
    std::string text{std::istreambuf_iterator<char>(file), {}};
    while (text.ends_with('\n')) text.pop_back();
    auto key = parse(text);
    if (!key) return within(path, key.error());
    return key;
  }
  if (errno != ENOENT) return failed("read", path);
  Id key;
  if (::getrandom(key.data(), key.size(), 0) != static_cast<ssize_t>(key.size()))
    return failed("make", path);
  WEIR_TRY(write_new(path, format_id(key) + '\n'));
  return UserKey(key);
}

std::uint64_t UserKey::hash(std::string_view user) const {
  const std::uint64_t value = siphash24(k0_, k1_, user);
  return value == 0 ? 1 : value;
}

}  // namespace weir::ingest
