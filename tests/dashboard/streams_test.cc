#include "sinks/dashboard/streams.h"

#include <gtest/gtest.h>

#include "tests/dashboard/told.h"

namespace weir::dashboard {
namespace {

/// What a client got: "event id: data", one a line.
class Heard final : public net::EventStream {
 public:
  bool send(std::string_view event, std::string_view data, std::string_view id) override {
    if (!open_) return false;
    text += fmt::format("{} {}: {}\n", event, id, data);
    return true;
  }
  bool open() const override { return open_; }
  void go() { open_ = false; }

  std::string text;

 private:
  bool open_ = true;
};

struct StreamsTest : testing::Test {
  Told told;
  Streams streams{told.view};

  std::shared_ptr<Heard> listen(std::vector<std::pair<std::string, std::string>> more = {},
                                net::HeaderList headers = {}) {
    net::HttpRequest request = asking({{"scope", "service"}, {"window", "1m"}});
    request.query.insert(request.query.end(), more.begin(), more.end());
    request.headers = std::move(headers);
    auto heard = std::make_shared<Heard>();
    const auto refusal = streams.add(request, heard);
    if (refusal) heard->text = fmt::format("{} {}", refusal->status, refusal->body);
    return heard;
  }
  void tell(TimeUs end_s, std::int64_t requests) {
    told.tell(end_s, requests);
    ASSERT_TRUE(told.view.update());
    streams.tell();
  }
};

/// The requests of rows, in their order.
std::string requests_of(const std::string& text) {
  std::string found;
  for (std::size_t at = 0; (at = text.find("\"requests\":", at)) != std::string::npos; ++at)
    found += text.substr(at + 11, text.find(',', at) - at - 11) + " ";
  return found;
}

TEST_F(StreamsTest, TellWhatIsNewAndWhereToGoOn) {
  told.tell(10, 1);
  ASSERT_TRUE(told.view.open());
  const auto first = listen();
  const auto again = listen({{"position", "0"}});
  const auto reconnected = listen({{"position", "7"}}, {{"Last-Event-ID", "0"}});

  tell(20, 2);

  EXPECT_EQ(first->text.substr(0, 9), "rows 2: [");
  EXPECT_EQ(requests_of(first->text), "2 ");
  EXPECT_EQ(requests_of(again->text), "1 2 ");
  EXPECT_EQ(requests_of(reconnected->text), "1 2 ");
}

TEST_F(StreamsTest, AskToReadAgainWhereMemoryDoesNotReach) {
  told.tell(10, 1);
  ASSERT_TRUE(told.view.open());
  const auto foreign = listen({{"position", "1,2,3"}});
  const auto nonsense = listen({{"position", "soon"}});

  tell(20, 2);

  EXPECT_EQ(foreign->text, "reset 2: {}\n");
  EXPECT_EQ(nonsense->text, "reset 2: {}\n");
}

TEST_F(StreamsTest, AWrongRequestIsRefusedAsAQueryIs) {
  told.tell(10, 1);
  ASSERT_TRUE(told.view.open());
  const auto wrong = listen({{"limit", "5"}});
  const auto unknown = listen({{"where", "tenant=a"}});

  EXPECT_EQ(wrong->text.substr(0, 46), "400 {\"error\":\"'limit': there is no such parame");
  EXPECT_EQ(unknown->text.substr(0, 13), "400 {\"error\":");
  EXPECT_EQ(wrong.use_count() + unknown.use_count(), 2);
}

TEST_F(StreamsTest, OneThatIsGoneIsForgotten) {
  told.tell(10, 1);
  ASSERT_TRUE(told.view.open());
  const auto gone = listen();
  const auto stays = listen();
  gone->go();

  streams.tell_all("pipeline", "{}");

  EXPECT_EQ(gone.use_count(), 1);
  EXPECT_EQ(stays->text, "pipeline : {}\n");
}

TEST_F(StreamsTest, TooMuchAtOnceIsAskedForAgain) {
  told.tell(10, 1);
  ASSERT_TRUE(told.view.open());
  const auto heard = listen();
  for (TimeUs end_s = 20; end_s <= 1'030; end_s += 10) told.tell(end_s, 1);  // 102 ends

  tell(1'040, 1);

  EXPECT_EQ(heard->text, "reset 104: {}\n");
}

}  // namespace
}  // namespace weir::dashboard
