#include <thread>

#include <gtest/gtest.h>

#include "tests/net/running.h"

namespace weir::net {
namespace {

std::string brief_with_connection(std::string_view answer) {
  return brief(answer) + " " + header_of(answer, "Connection");
}

TEST(HttpDrain, AnswersWhatHasBegunAndClosesTheRest) {
  Running running;
  Client at_work = running.client();
  at_work.send(get("/gate/1"));
  running.wait_at_gate(1);
  Client half = running.client();
  half.send("GET /hel");
  Client idle = running.client();
  EXPECT_EQ(brief(idle.ask(get("/hello"))), "200 hello");

  std::jthread draining([&] { running.server->drain(kMinuteUs); });
  EXPECT_EQ(idle.receive_all(), "");
  EXPECT_THROW((void)running.client(), boost::system::system_error);
  half.send("lo HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(brief_with_connection(half.receive_all()), "200 hello close");
  running.open_gate();
  EXPECT_EQ(brief_with_connection(at_work.receive_all()), "200 /gate/1 close");
  draining.join();
  EXPECT_EQ(running.metrics("weir_http_open_connections"), "weir_http_open_connections 0\n");
}

TEST(HttpDrain, ClosesUnansweredWhatTakesTooLong) {
  Running running;
  Client client = running.client();
  client.send(get("/gate/1"));
  running.wait_at_gate(1);
  running.server->drain(0);
  EXPECT_EQ(client.receive_all(), "");
}

TEST(HttpDrain, MayBeAskedTwice) {
  Running running;
  running.server->drain(kMinuteUs);
  running.server->drain(kMinuteUs);
  EXPECT_THROW((void)running.client(), boost::system::system_error);
}

// Requests that wait in the queue are dropped, and the one that runs is waited for.
TEST(HttpDrain, GoingWaitsForTheHandlerThatRuns) {
  Running running({.workers = 1});
  Client first = running.client();
  first.send(get("/gate/1"));
  running.wait_at_gate(1);
  Client second = running.client();
  second.send(get("/gate/2"));
  std::jthread going([&] { running.server.reset(); });
  EXPECT_EQ(first.receive_all() + second.receive_all(), "");
  running.open_gate();
}

}  // namespace
}  // namespace weir::net
