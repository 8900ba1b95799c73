#include <gtest/gtest.h>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>

#include "tests/fakes/temp_directory.h"
#include "tests/net/certificate.h"
#include "tests/net/running.h"

namespace weir::net {
namespace {

namespace asio = boost::asio;
namespace ssl = asio::ssl;

// "TLSv1.3 200 hello", or what went wrong.
std::string ask_over_tls(std::uint16_t port, const TlsFiles& files, int max_version) {
  asio::io_context io;
  ssl::context context(ssl::context::tls_client);
  context.load_verify_file(files.certificate);
  SSL_CTX_set_max_proto_version(context.native_handle(), max_version);
  ssl::stream<asio::ip::tcp::socket> stream(io, context);
  stream.set_verify_mode(ssl::verify_peer);
  stream.set_verify_callback(ssl::host_name_verification("localhost"));
  stream.lowest_layer().connect({asio::ip::make_address("127.0.0.1"), port});
  boost::system::error_code error;
  stream.handshake(ssl::stream_base::client, error);
  if (error) return "no handshake";
  std::string answers;
  for (int i = 0; i < 2; ++i) {
    asio::write(stream, asio::buffer(get("/hello")));
    std::string answer;
    asio::read_until(stream, asio::dynamic_buffer(answer), "hello");
    answers += " " + brief(answer);
  }
  return SSL_get_version(stream.native_handle()) + answers;
}

TEST(HttpTls, AnswersOverTls12And13Only) {
  const fakes::TempDirectory directory;
  const TlsFiles files = make_certificate(directory.path());
  Running running({.tls = files});
  const std::uint16_t port = running.server->port();
  EXPECT_EQ(ask_over_tls(port, files, TLS1_3_VERSION), "TLSv1.3 200 hello 200 hello");
  EXPECT_EQ(ask_over_tls(port, files, TLS1_2_VERSION), "TLSv1.2 200 hello 200 hello");
  EXPECT_EQ(ask_over_tls(port, files, TLS1_1_VERSION), "no handshake");
}

TEST(HttpTls, ClosesAClientThatDoesNotSpeakItOrSaysNothing) {
  const fakes::TempDirectory directory;
  Running running(
      {.tls = make_certificate(directory.path()), .header_timeout_us = 30 * kMillisecondUs});
  Client plain = running.client();
  plain.send(get("/hello"));
  EXPECT_EQ(plain.receive_all().find("HTTP"), std::string::npos);
  Client silent = running.client();
  EXPECT_EQ(silent.receive_all(), "");
}

TEST(HttpTls, ListensBeyondLoopbackWithBothTokens) {
  const fakes::TempDirectory directory;
  const TlsFiles files = make_certificate(directory.path());
  Running running({.address = "0.0.0.0",
                   .tls = files,
                   .write_token = Secret("write-0123456789abcdef"),
                   .read_token = Secret("read-0123456789abcdef")});
  EXPECT_EQ(ask_over_tls(running.server->port(), files, TLS1_3_VERSION),
            "TLSv1.3 200 hello 200 hello");
}

TEST(HttpTls, RefusesAKeyOfAnotherCertificate) {
  const fakes::TempDirectory one;
  const fakes::TempDirectory other;
  const TlsFiles mixed{make_certificate(one.path()).certificate,
                       make_certificate(other.path()).key};
  runtime::Metrics registry;
  HttpProbe probe(registry);
  const auto server = HttpServer::start({.tls = mixed}, {}, probe);
  EXPECT_TRUE(server.error().message.starts_with(mixed.key + ": cannot be used as http.tls.key"))
      << server.error().message;
}

}  // namespace
}  // namespace weir::net
