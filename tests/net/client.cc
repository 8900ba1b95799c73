#include "tests/net/client.h"

#include <array>

#include <fmt/format.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include "processors/net/text.h"

namespace weir::net {

namespace asio = boost::asio;

namespace {

// One for all, which blocking calls never run: a context apart would cost each client two files.
asio::io_context& shared_io() {
  static asio::io_context io;
  return io;
}

}  // namespace

Client::Client(std::uint16_t port) : socket_(shared_io()) {
  socket_.connect({asio::ip::make_address("127.0.0.1"), port});
}

void Client::send(std::string_view bytes) {
  boost::system::error_code ignored;  // who was refused early may be closed already
  asio::write(socket_, asio::buffer(bytes), ignored);
}

bool Client::read_some() {
  std::array<char, 16 << 10> chunk;
  boost::system::error_code error;
  const std::size_t bytes = socket_.read_some(asio::buffer(chunk), error);
  waiting_.append(chunk.data(), bytes);
  return !error;
}

std::string Client::receive(bool head_only) {
  std::size_t end = std::string::npos;
  while ((end = waiting_.find("\r\n\r\n")) == std::string::npos)
    if (!read_some()) return {};
  std::size_t size = end + 4;
  const std::string length = header_of(waiting_.substr(0, size), "Content-Length");
  if (length != "-" && !head_only) size += std::stoul(length);
  while (waiting_.size() < size)
    if (!read_some()) return {};
  std::string answer = waiting_.substr(0, size);
  waiting_.erase(0, size);
  return answer;
}

std::string Client::receive_all() {
  while (read_some()) {
  }
  return std::exchange(waiting_, {});
}

std::string Client::receive_until(std::string_view text) {
  while (waiting_.find(text) == std::string::npos)
    if (!read_some()) break;
  return std::exchange(waiting_, {});
}

std::string Client::ask(std::string_view bytes) {
  send(bytes);
  return receive();
}

void Client::close() { socket_.close(); }

std::string get(std::string_view path, std::string_view lines) {
  return fmt::format("GET {} HTTP/1.1\r\nHost: localhost\r\n{}\r\n", path, lines);
}

std::string post(std::string_view path, std::string_view body, std::string_view lines) {
  return fmt::format("POST {} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n{}\r\n{}", path,
                     body.size(), lines, body);
}

std::string brief(std::string_view answer) {
  if (answer.empty()) return "closed";
  const std::size_t end = answer.find("\r\n\r\n");
  return fmt::format("{} {}", answer.substr(9, 3), answer.substr(end + 4));
}

std::string header_of(std::string_view answer, std::string_view name) {
  while (!answer.empty()) {
    const std::size_t end = answer.find("\r\n");
    const std::string_view line = answer.substr(0, end);
    if (starts_with_ignoring_case(line, name) && line.substr(name.size()).starts_with(": "))
      return std::string(line.substr(name.size() + 2));
    if (end == std::string_view::npos || line.empty()) break;
    answer.remove_prefix(end + 2);
  }
  return "-";
}

}  // namespace weir::net
