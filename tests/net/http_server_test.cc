#include "processors/net/http_server.h"

#include <gtest/gtest.h>

#include "tests/net/running.h"

namespace weir::net {
namespace {

TEST(HttpServer, AnswersOneRequestAfterTheOtherOnOneConnection) {
  Running running;
  Client client = running.client();
  EXPECT_EQ(brief(client.ask(get("/hello"))), "200 hello");
  EXPECT_EQ(brief(client.ask(post("/echo", "some text"))), "200 some text");
  EXPECT_EQ(brief(client.ask(get("/hello", "Connection: close\r\n"))), "200 hello");
  EXPECT_EQ(client.receive_all(), "");
}

}  // namespace
}  // namespace weir::net
