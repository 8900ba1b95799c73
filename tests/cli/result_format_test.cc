#include "tools/weir/result_format.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <absl/strings/str_split.h>

namespace weir::cli {
namespace {

using results::KpiRow;
using testing::ElementsAre;
using testing::EndsWith;
using testing::StartsWith;

constexpr TimeUs kEnd = 1'767'571'200 * kSecondUs;
constexpr windows::Window kMinute = {kMinuteUs, 10 * kSecondUs};

/// What was told of one end.
class OneEnd final : public results::ToldRows {
 public:
  explicit OneEnd(std::vector<KpiRow> rows) : rows_(std::move(rows)) {}

  TimeUs next_end() const override { return rows_.empty() ? kMaxTime : kEnd; }
  Result<void> take(TimeUs, results::Told& told) override {
    for (KpiRow& row : std::exchange(rows_, {})) told[row.series].push_back(std::move(row));
    return {};
  }
  TimeUs last_end() const override { return kEnd; }

 private:
  std::vector<KpiRow> rows_;
};

KpiRow row(const std::string& service, std::int64_t requests,
           std::optional<std::int64_t> restated = {}) {
  KpiRow made{.end_time_us = kEnd, .series = {service}, .restates = restated.has_value()};
  made.window.set_complete(true);
  made.window.mutable_value()->set_requests(requests);
  if (restated) {
    made.window.mutable_restated()->set_requests(*restated);
    made.window.mutable_difference()->set_requests(requests - *restated);
  }
  return made;
}

TEST(KpiTable, TellsAFirstValueThatCameLateFromOneThatReplacesAnother) {
  const results::OpenRows open = [](const results::KpiSelection&) {
    std::vector<std::unique_ptr<results::ToldRows>> partitions;
    partitions.push_back(std::make_unique<OneEnd>(
        std::vector{row("chat", 3), row("chat", 5, 3), row("late", 1, 0)}));
    return Result<std::vector<std::unique_ptr<results::ToldRows>>>(std::move(partitions));
  };
  const results::KpiResults results(
      {.scope = {"service"}, .window = kMinute, .values = {std::nullopt}, .all = true},
      std::make_shared<const results::Catalog>(), open);

  testing::internal::CaptureStdout();
  ASSERT_TRUE(write_kpi(results, Format::table));
  const std::string shown = testing::internal::GetCapturedStdout();
  const std::vector<std::string> lines = absl::StrSplit(shown, '\n', absl::SkipEmpty());
  EXPECT_THAT(lines, ElementsAre(StartsWith("windows of 1m/10s"), StartsWith("end "), EndsWith("-"),
                                 EndsWith("  restates (+2 requests)"),
                                 EndsWith("  late, was empty (+1 request)")));
}

}  // namespace
}  // namespace weir::cli
