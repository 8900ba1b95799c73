#include "processors/net/config.h"

#include <gtest/gtest.h>

#include "tests/fakes/temp_directory.h"

namespace weir::net {
namespace {

std::string read(std::string text) {
  auto document = config::Document::parse("weir.yaml", std::move(text)).value();
  Config config;
  if (const auto section = document.root().section("http")) config = read_config(*section);
  if (const auto done = document.finish(); !done) return done.error().message;
  const HttpServerOptions& options = config.options;
  return fmt::format(
      "{} {}, tls {}, tokens '{}' '{}', insecure {}, hosts [{}], {} workers, {} queued, {} "
      "connections, bodies {} of {}, timeouts {} {} {} {}",
      options.address, options.port,
      options.tls ? options.tls->certificate + "+" + options.tls->key : "none", config.write_token,
      config.read_token, options.insecure, fmt::join(options.hosts, " "), options.workers,
      options.queue, options.max_connections, options.max_body_bytes, options.max_body_memory_bytes,
      format_duration(options.header_timeout_us), format_duration(options.body_timeout_us),
      format_duration(options.idle_timeout_us), format_duration(options.write_timeout_us));
}

TEST(HttpConfig, HasDefaults) {
  EXPECT_EQ(read(""),
            "127.0.0.1 8080, tls none, tokens '' '', insecure false, hosts [], 8 workers, 128 "
            "queued, 4096 connections, bodies 16777216 of 268435456, timeouts 10s 30s 75s 30s");
}

TEST(HttpConfig, TakesWhatAFileSays) {
  EXPECT_EQ(read("http:\n  listen: '[::]:443'\n  tls: {certificate: a.pem, key: a.key}\n"
                 "  tokens: {write: env:WRITE, read: file:/r}\n  hosts: [weir.example.com, weir]\n"
                 "  workers: 2\n  queue: 3\n  max_connections: 4\n  max_body: 1MiB\n"
                 "  max_body_memory: 2MiB\n  header_timeout: 1s\n  body_timeout: 2s\n"
                 "  idle_timeout: 3s\n  write_timeout: 4s\n"),
            ":: 443, tls a.pem+a.key, tokens 'env:WRITE' 'file:/r', insecure false, hosts "
            "[weir.example.com weir], 2 workers, 3 queued, 4 connections, bodies 1048576 of "
            "2097152, timeouts 1s 2s 3s 4s");
}

TEST(HttpConfig, RefusesWhatCannotWork) {
  EXPECT_EQ(
      read("http:\n  listen: 8080\n  tls: {certificate: a.pem}\n"
           "  tokens: {write: s3cret-s3cret-s3cret}\n  workers: 0\n  max_body: 0B\n"
           "  idle_timeout: 0s\n  colour: red\n"),
      "weir.yaml:2: key 'http.listen': '8080' is no address and port to listen on; write one "
      "like 127.0.0.1:8080\n"
      "weir.yaml:3: key 'http.tls.key' is missing; write for example 'key: "
      "/etc/weir/server.key'\n"
      "weir.yaml:4: key 'http.tokens.write': is no reference to a secret; write env:NAME or "
      "file:PATH, like env:WEIR_WRITE_TOKEN, and keep the secret itself out of the "
      "configuration\n"
      "weir.yaml:5: key 'http.workers': must be from 1 to 1000000\n"
      "weir.yaml:6: key 'http.max_body': must be above 0\n"
      "weir.yaml:7: key 'http.idle_timeout': must be at least 1ms\n"
      "weir.yaml:8: unknown key 'colour'; known here: body_timeout, header_timeout, hosts, "
      "idle_timeout, insecure, listen, max_body, max_body_memory, max_connections, queue, tls, "
      "tokens, workers, write_timeout");
}

TEST(HttpConfig, RefusesToListenBeyondLoopbackWithoutTlsAndBothTokens) {
  const std::string refused =
      "weir.yaml:2: key 'http.listen': '0.0.0.0' can be reached from other machines: set http.tls "
      "and both http.tokens (write and read), or listen on 127.0.0.1, or write 'insecure: true' to "
      "let anybody in";
  const std::string listen = "http:\n  listen: 0.0.0.0:80\n";
  const std::string tls = "  tls: {certificate: a.pem, key: a.key}\n";
  EXPECT_EQ(read(listen), refused);
  EXPECT_EQ(read(listen + tls), refused);
  EXPECT_EQ(read(listen + tls + "  tokens: {write: env:W}\n"), refused);
  EXPECT_EQ(read(listen + "  tokens: {write: env:W, read: env:R}\n"), refused);
  EXPECT_EQ(read(listen + "  insecure: true\n").substr(0, 10), "0.0.0.0 80");
  EXPECT_EQ(read(listen + tls + "  tokens: {write: env:W, read: env:R}\n").substr(0, 10),
            "0.0.0.0 80");
}

TEST(HttpConfig, LoadsTokensAndNamesTheReferenceThatFails) {
  const fakes::TempDirectory directory;
  Config config;
  config.write_token = "file:" + directory.path() + "/absent";
  EXPECT_EQ(load_secrets(config).error().message, "http.tokens.write: file:" + directory.path() +
                                                      "/absent: cannot be opened for reading");
  ASSERT_EQ(setenv("WEIR_TEST_TOKEN", "from-the-environment", 1), 0);
  config.write_token = "env:WEIR_TEST_TOKEN";
  const HttpServerOptions options = load_secrets(config).value();
  EXPECT_EQ(options.write_token.reveal() + "|" + options.read_token.reveal(),
            "from-the-environment|");
}

}  // namespace
}  // namespace weir::net
