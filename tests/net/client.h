// A blocking HTTP client that sends bytes as they are given, so that tests can be rude.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <boost/asio/ip/tcp.hpp>

namespace weir::net {

class Client {
 public:
  explicit Client(std::uint16_t port);

  void send(std::string_view bytes);
  /// One answer: its head and as much body as Content-Length says. "" where the server closed.
  /// `head_only`: to HEAD.
  std::string receive(bool head_only = false);
  /// What comes until the server closes.
  std::string receive_all();
  /// What comes until `text` is in it, or the server closes.
  std::string receive_until(std::string_view text);
  /// send, then receive.
  std::string ask(std::string_view bytes);
  void close();

 private:
  bool read_some();

  boost::asio::ip::tcp::socket socket_;
  std::string waiting_;
};

/// "GET /path HTTP/1.1" with a Host, and these further lines, each ended by \r\n.
std::string get(std::string_view path, std::string_view lines = "");
std::string post(std::string_view path, std::string_view body, std::string_view lines = "");

/// "200 body": the status and the body of an answer, or "closed".
std::string brief(std::string_view answer);
/// The value of a header of an answer; "-" where there is none.
std::string header_of(std::string_view answer, std::string_view name);

}  // namespace weir::net
